"""The self-test: every part that the program needs on a machine, tried for real, each in a child process."""
