"""Officials: who is appointed where, with which posts."""
