"""Event logs of an agency for process mining, as XES and as OCEL 2.0."""
