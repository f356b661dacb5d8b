"""Moving running cases to another version of their procedure: planned first, then for all of them or none."""
