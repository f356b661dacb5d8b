"""Public tracking: where a case stands, for whoever holds its code and secret."""
