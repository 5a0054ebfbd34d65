"""What a studio is: its people, projects, files, versions and who holds which track. Pure: no I/O, no Qt."""
