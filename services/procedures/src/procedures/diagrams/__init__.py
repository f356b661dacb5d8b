"""Procedures as BPMN diagrams, drawn elsewhere and drawn here."""
