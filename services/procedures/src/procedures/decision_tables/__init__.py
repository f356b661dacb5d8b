"""Decision tables that were drawn elsewhere."""
