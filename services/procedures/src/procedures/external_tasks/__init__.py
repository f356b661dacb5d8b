"""Steps that systems of agencies do: claimed for a while, and answered in time or given to another."""
