"""More time for a case, as its procedure allows."""
