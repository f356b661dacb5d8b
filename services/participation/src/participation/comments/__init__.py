"""Comments on the draft of a consultation."""
