"""Procedures as BPMN 2.0 diagrams (OMG formal/2013-12-09, ISO/IEC 19510), in both directions.

What is understood: tasks of any kind, exclusive and parallel gateways, merging inclusive ones, timers,
start and end events, lanes and pools. What BPMN has no word for (who pays what, by which calendar a step is
counted) stands in extension attributes of our own namespace, which modelling tools keep.
"""

from procedures.domain.bpmn.importing import read_bpmn
from procedures.domain.bpmn.writing import write_bpmn

__all__ = ["read_bpmn", "write_bpmn"]
