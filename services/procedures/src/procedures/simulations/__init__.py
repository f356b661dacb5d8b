"""Drafts tried out in simulated time."""
