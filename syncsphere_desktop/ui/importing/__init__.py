"""Bringing audio files into the library: dropping, choosing, pasting, the preview, the job and its report."""
