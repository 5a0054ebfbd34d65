"""The bundle versions of projects: their timeline, what each one holds, and what differs between two."""
