"""Which cases somebody sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, or_, select, true

from procedures.links.visibility import linked_to
from procedures.tables import cases, tasks


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose eyes: an applicant's, or those of an agency."""

    subject: str
    agency: str | None


@dataclass(frozen=True, slots=True)
class Sight:
    """Which cases somebody sees: a condition, made once for all, and the values of its parameters."""

    condition: ColumnElement[bool]
    values: Mapping[str, Any]


def owned_by(viewer: Viewer) -> ColumnElement[bool]:
    """The viewer's own cases: the person's, or those the agency answers for."""
    return cases.c.applicant == viewer.subject if viewer.agency is None else cases.c.agency == viewer.agency


def visible_to(viewer: Viewer) -> Sight:
    """The viewer's own cases; those that wait at the viewer's agency for its part of the work; those that are a
    part of a case of the agency, and those against which an appeal is with it."""
    if viewer.agency is None:
        return Sight(_OF_PERSON, {"viewer": viewer.subject})
    return Sight(_OF_AGENCY, {"viewer": viewer.agency})


_VIEWER: ColumnElement[str] = bindparam("viewer", type_=Text)
_OF_PERSON = cases.c.applicant == _VIEWER
_WAITING = select(tasks.c.case_id).where(tasks.c.case_id == cases.c.id, tasks.c.agency == _VIEWER)
_OF_AGENCY = or_(cases.c.agency == _VIEWER, _WAITING.exists(), linked_to(_VIEWER))
ANY_CASE = Sight(true(), {})
