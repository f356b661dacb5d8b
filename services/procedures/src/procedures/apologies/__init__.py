"""Apologies of agencies that are late."""
