"""Importing audio files: plan first, then store, describe and remember; nothing is half done after."""
