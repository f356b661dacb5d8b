"""Who looked at a person's data."""
