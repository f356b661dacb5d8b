"""Consultations: a draft, the period in which everyone may comment on it, and the agency's answer."""
