"""Looking into audio files, in child processes with limits: some files are more than decoders can bear."""
