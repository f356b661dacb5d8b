"""Agencies in their tree, and their units."""
