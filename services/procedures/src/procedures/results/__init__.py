"""Results of cases: written, signed, issued, verified by anyone, revoked and superseded."""
