"""Consultations: other units and agencies are asked about a case, and answer."""
