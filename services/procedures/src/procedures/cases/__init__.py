"""Cases: submission, handling, work lists, tracking."""
