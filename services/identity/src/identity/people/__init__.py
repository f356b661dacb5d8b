"""People: registration, their own details, their passwords."""
