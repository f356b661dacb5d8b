"""Work queues: the work list of a unit, and who has claimed what of it."""
