"""What an admin does, one use case a module."""
