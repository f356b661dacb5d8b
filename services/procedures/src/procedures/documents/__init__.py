"""Documents: what applicants and officials send, kept in an object store under its fingerprint."""
