"""Where cases wait, now and day by day, and which of them are late."""
