"""Which cases are likely to be late, told while something can be done about it."""
