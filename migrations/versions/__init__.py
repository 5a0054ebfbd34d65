"""The revisions in one line; each file's number is its revision, its first line says what it does."""
