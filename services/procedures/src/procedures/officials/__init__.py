"""A local copy of the officials of agencies and the posts they hold, from identity's events."""
