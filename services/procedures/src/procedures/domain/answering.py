"""Who speaks for the agency that answers for a case, wherever the case waits at present."""

from procedures.domain.agency import AnotherAgency
from procedures.domain.case import Case
from procedures.domain.definition import Definition
from procedures.domain.handling import NotThisUnit, Official


def answering_unit(case: Case, definition: Definition, official: Official) -> str:
    """The unit for which the official works on such cases: where the case waits, or else where it comes by.

    A case that waits at another agency alone is late for the citizen all the same, and somebody has to say so.

    Raises:
        AnotherAgency, NotThisUnit
    """
    if official.agency != case.agency:
        raise AnotherAgency
    places = [(task.agency, task.unit, task.role) for task in case.tasks]
    places += [(step.agency or case.agency, step.unit, step.role) for step in definition.steps]
    for agency, unit, role in places:
        if official.holds(agency, unit, role):
            return unit
    raise NotThisUnit
