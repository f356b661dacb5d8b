"""Organisations and the person who represents each."""
