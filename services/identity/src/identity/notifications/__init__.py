"""Messages to applicants about their cases: written once for each event, sent until they arrive."""
