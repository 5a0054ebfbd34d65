"""One repository a table: lists, rows by id, and changes that are audited and never lose an update."""
