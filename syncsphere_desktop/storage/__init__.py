"""The audio file store, and what reads audio: probing and waveforms, in limited child processes."""
