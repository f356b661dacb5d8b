"""What can be read of a version besides itself: its changes, its form, its files."""
