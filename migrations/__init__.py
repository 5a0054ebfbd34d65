"""Alembic's environment and the revisions, run by the migration runner in the package."""
