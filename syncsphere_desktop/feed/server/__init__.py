"""The feed's server: who is in which project, who holds which box, told to everybody as it happens."""
