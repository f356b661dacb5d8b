"""What payment providers tell us, what each agency reconciles, and what is given back."""
