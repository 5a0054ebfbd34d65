"""Everything that speaks SQL. Nothing of SQLAlchemy or psycopg2 leaves this layer."""
