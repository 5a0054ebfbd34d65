"""What is tried, a module a part. Each function works in an empty folder and says in short what it found."""
