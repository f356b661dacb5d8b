"""Acting for another official, for a time."""
