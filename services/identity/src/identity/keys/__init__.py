"""Signing keys: their rotation, and the ring that signs and publishes."""
