"""Bundles are read and compared by a child process under limits: what it does never holds up the window."""
