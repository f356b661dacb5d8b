"""The routes of migrations of running cases."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.case_migrations import operations
from procedures.case_migrations.operations import (
    AlreadyExecuted,
    CasesInTheWay,
    CasesTouched,
    MigrationNotFound,
    TooManyCases,
    etag_of_migration,
)
from procedures.case_migrations.schemas import CaseInTheWay, Execution, MigrationPlan, MigrationView
from procedures.catalogue.operations import NotInForce, ProcedureNotFound
from procedures.catalogue.routes import Code, Editor, Version
from procedures.dependencies import actor_of, agency_of, look_of
from procedures.pages import key_after, page_of, text_of
from shared.db import AnyRow
from shared.errors import PreconditionFailed, PreconditionRequired, Unprocessable
from shared.pagination import Cursor, Limit, Page
from shared.web import Answer, Db, IfMatch, Now, Once, Tx, conditional, problems

router = APIRouter(prefix="/procedures/v1", tags=["migrations"])

MigrationId = Annotated[UUID, Path(description="Id of the migration")]


def _id_of(part: Any) -> UUID:
    """A part of a cursor that is an id.

    Raises:
        TypeError, ValueError: it is none, so the cursor is not ours.
    """
    return UUID(text_of(part))


def _view(row: AnyRow) -> MigrationView:
    return MigrationView.model_validate(
        {
            "id": row.id,
            "procedure": row.procedure,
            "from_version": row.from_version,
            "to_version": row.to_version,
            "steps": row.steps,
            "term": "new" if row.new_term else "kept",
            "status": row.status,
            "planned_at": row.planned_at,
            "executed_at": row.executed_at,
            "report": row.report,
        }
    )


def _answer(row: AnyRow) -> Answer:
    headers = {"etag": etag_of_migration(row), "location": f"{router.prefix}/migrations/{row.id}"}
    return Answer(_view(row), 201, headers)


@router.post(
    "/procedures/{code}/versions/{version}/migrations",
    status_code=201,
    response_model=MigrationView,
    responses=problems(ProcedureNotFound, NotInForce, TooManyCases, Unprocessable),
)
async def plan_migration(
    body: MigrationPlan, code: Code, version: Version, who: Editor, tx: Tx, now: Now, once: Once
) -> Response:
    """Plan to move the running cases of an earlier version to this one, which is in force.

    Nothing moves yet: the report says what would become of every case, and what keeps cases from moving; what
    the rules of the version then do by themselves it only counts as cases that may be led on.
    A plan that is not executed is kept for seven days.
    """

    async def answer() -> Answer:
        return _answer(
            await operations.plan_migration(
                tx,
                now,
                agency=agency_of(who),
                code=code,
                from_version=body.from_version,
                to_version=version,
                steps=body.steps,
                new_term=body.term == "new",
            )
        )

    return await once(tx, answer)


@router.get("/migrations", response_model=Page[MigrationView])
async def list_migrations(
    request: Request, who: Editor, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """The migrations of your agency, newest first."""
    after = key_after(cursor, _id_of)
    async with db.reading() as tx:
        rows = await operations.list_migrations(
            tx, agency_of(who), after=after[0] if after else None, limit=limit + 1
        )
    return page_of(request, rows, limit, key=lambda row: [str(row.id)], view=_view)


@router.get("/migrations/{migration_id}", response_model=MigrationView, responses=problems(MigrationNotFound))
async def get_migration(request: Request, migration_id: MigrationId, who: Editor, db: Db) -> Response:
    """A migration of your agency with its report."""
    async with db.reading() as tx:
        row = await operations.get_migration(tx, migration_id, agency=agency_of(who))
    return conditional(request, _view(row), etag=etag_of_migration(row))


@router.get(
    "/migrations/{migration_id}/obstacles",
    response_model=Page[CaseInTheWay],
    responses=problems(MigrationNotFound),
)
async def list_obstacles(
    request: Request,
    migration_id: MigrationId,
    who: Editor,
    db: Db,
    now: Now,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The cases that cannot move by this plan, each with everything that keeps it."""
    after = key_after(cursor, _id_of)
    look = look_of(who, now, Purpose.CASE_LIST)
    async with looking(db, look) as tx:
        rows = await operations.list_obstacles(
            tx, look, migration_id, agency=agency_of(who), after=after[0] if after else None, limit=limit + 1
        )
    return page_of(request, rows, limit, key=lambda row: [str(row.case_id)], view=_case)


def _case(row: AnyRow) -> CaseInTheWay:
    return CaseInTheWay.model_validate({"id": row.case_id, "code": row.code, "obstacles": row.obstacles})


@router.post(
    "/migrations/{migration_id}/execution",
    status_code=201,
    response_model=MigrationView,
    responses=problems(
        MigrationNotFound,
        AlreadyExecuted,
        CasesInTheWay,
        CasesTouched,
        NotInForce,
        TooManyCases,
        PreconditionRequired,
        PreconditionFailed,
        Unprocessable,
    ),
)
async def execute_migration(
    body: Execution,
    migration_id: MigrationId,
    who: Editor,
    tx: Tx,
    now: Now,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """Move all cases of the plan, each with an entry in its log and an event, or none of them.

    Cases that were touched, came or ended since the plan are noticed: nothing moves unless you accept that.
    """

    async def answer() -> Answer:
        return _answer(
            await operations.execute_migration(
                tx,
                now,
                by=actor_of(who),
                agency=agency_of(who),
                migration=migration_id,
                accept_touched=body.accept_touched,
                if_match=if_match,
            )
        )

    try:
        return await once(tx, answer)
    except (CasesInTheWay, CasesTouched) as refused:
        await tx.rollback()  # nothing moves; what remains is the record of the cases that the refusal names
        await operations.show_named(tx, look_of(who, now, Purpose.CASE_LIST), refused)
        await tx.commit()
        raise
