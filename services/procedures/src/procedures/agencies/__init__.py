"""The local copy of identity's agencies and their units."""
