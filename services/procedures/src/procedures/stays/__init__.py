"""How long cases stay at the steps of procedures, counted from their logs."""
