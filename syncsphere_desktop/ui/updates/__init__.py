"""Newer versions of the app: asked for, told, and never installed by itself."""
