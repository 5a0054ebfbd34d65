"""What an admin does with the stored versions of projects, one use case a module."""
