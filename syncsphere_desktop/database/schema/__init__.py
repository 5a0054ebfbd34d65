"""The schema: what the database has, how it compares with what is expected, and the embedded migrations."""
