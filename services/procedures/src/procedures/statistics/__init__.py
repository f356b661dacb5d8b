"""Statistics of cases by agency, procedure and month, frozen month by month, and the quality index."""
