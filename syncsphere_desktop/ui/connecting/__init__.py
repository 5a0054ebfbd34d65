"""Connecting: the welcome page, the form of a connection, its test, and the question about the schema."""
