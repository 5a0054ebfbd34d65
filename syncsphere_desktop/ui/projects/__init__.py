"""The view of the studio's projects and of who works on them."""
