"""The view of the studio's users."""
