"""The keys under which personal data is stored."""
