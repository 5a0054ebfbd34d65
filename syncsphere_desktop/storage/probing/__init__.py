"""Looking into audio files: in child processes with limits, for mutagen and the decoders are no match for every file."""
