"""The audio library's view: every file of the studio, what it sounds like, and what is done with it."""
