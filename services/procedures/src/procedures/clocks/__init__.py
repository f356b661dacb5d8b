"""The legal clocks of cases, explained."""
