"""Ratings: how people say a closed case went, and what becomes public of it."""
