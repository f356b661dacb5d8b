"""Which cases one sees because of others that they are linked to."""

from sqlalchemy import ColumnElement, or_, select

from procedures.tables import case_links, cases


def linked_to(agency: ColumnElement[str]) -> ColumnElement[bool]:
    """Cases that are a part of one of the agency's, and those against which an appeal is with it."""
    part = select(case_links.c.case_id).where(
        case_links.c.case_id == cases.c.id,
        case_links.c.kind == "child",
        case_links.c.to_agency == agency,
    )
    appealed = select(case_links.c.case_id).where(
        case_links.c.to_case == cases.c.id,
        case_links.c.kind == "appeal",
        case_links.c.agency == agency,
    )
    return or_(part.exists(), appealed.exists())


def filed_alone() -> ColumnElement[bool]:
    """Cases that are no part of another: those that their applicants know as theirs."""
    part = select(case_links.c.case_id).where(
        case_links.c.case_id == cases.c.id, case_links.c.kind == "child"
    )
    return ~part.exists()
