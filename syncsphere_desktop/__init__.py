"""SyncSphere Desktop: the admin application of a SyncSphere studio."""

__version__ = "0.1.0"
