"""What a check of the audio library found, what can be done about it, and what lies in quarantine."""
