"""Signing in with a browser: the pages, the sessions, and the defence against guessing."""
