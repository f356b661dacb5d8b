"""Working calendars of agencies."""
