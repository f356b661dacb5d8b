"""The routes of statistics: what an agency's service comes to is open to everybody."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic.alias_generators import to_camel

from procedures.domain.quality import Measure, scores, total
from procedures.domain.reports import key_of
from procedures.pages import key_after, page_of, text_of
from procedures.statistics import operations
from procedures.statistics.schemas import (
    Figures,
    GroupScore,
    MeasureView,
    MonthReport,
    ProcedureRow,
    QualityIndex,
)
from shared.auth import public
from shared.db import AnyRow
from shared.errors import Fault, Invalid, Text
from shared.pagination import Cursor, Limit, Page
from shared.web import Db, conditional

router = APIRouter(prefix="/procedures/v1/agencies/{agency}", tags=["statistics"])

Agency = Annotated[str, Path(max_length=50, examples=["H99.01"])]
MonthText = Annotated[str, Query(pattern=r"^(19|20|21)\d{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])]
First = Annotated[MonthText, Query(alias="firstMonth", description="The first month, in Viet Nam's time")]
Last = Annotated[MonthText, Query(alias="lastMonth", description="The last month, included")]
Procedure = Annotated[str | None, Query(max_length=50, examples=["TP01"], description="Code of a procedure")]


@router.get("/statistics", response_model=Figures, dependencies=[public()])
async def get_statistics(
    request: Request, agency: Agency, db: Db, first: First, last: Last, procedure: Procedure = None
) -> Response:
    """What the agency's cases came to over some months, as it is known now, a few seconds behind the cases."""
    begin, end = months(first, last)
    async with db.reading() as tx:
        found = await operations.figures(tx, agency, begin, end, procedure)
    figures = {to_camel(figure.value): number for figure, number in sorted(found.items()) if number}
    body = Figures(agency=agency, procedure=procedure, first_month=first, last_month=last, figures=figures)
    return conditional(request, body)


@router.get("/reports", response_model=Page[MonthReport], dependencies=[public()])
async def list_reports(
    request: Request, agency: Agency, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """The months that the agency has reported, newest first. A month is reported on the fifth working day after it."""
    after = key_after(cursor, lambda part: date.fromisoformat(text_of(part)))
    async with db.reading() as tx:
        rows = await operations.list_reports(tx, agency, after=after, limit=limit + 1)
    return page_of(request, rows, limit, key=lambda row: [row.month.isoformat()], view=_report)


@router.get("/quality-index", response_model=QualityIndex, dependencies=[public()])
async def get_quality_index(request: Request, agency: Agency, db: Db, first: First, last: Last) -> Response:
    """The quality index of the agency over some months, after Decision 766/QĐ-TTg, with its parts.

    A month that was reported is told as it was then.
    """
    begin, end = months(first, last)
    async with db.reading() as tx:
        quality = await operations.quality_of(tx, agency, begin, end)
    groups = scores(quality.measures)
    points, measurable = total(groups)
    body = QualityIndex(
        agency=agency,
        first_month=first,
        last_month=last,
        frozen_at=quality.frozen_at,
        groups=[GroupScore.model_validate(score) for score in groups],
        measures=[_measure(one) for one in quality.measures],
        points=points,
        measurable=measurable,
    )
    return conditional(request, body)


def months(first: str, last: str) -> tuple[date, date]:
    begin, end = date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{last}-01")
    if begin > end:
        words = Text(vi="Tháng cuối phải sau tháng đầu.", en="The last month must not be before the first.")
        raise Invalid(faults=[Fault("/query/lastMonth", "months_reversed", words)])
    return begin, end


def _measure(measure: Measure) -> MeasureView:
    told = measure.points is not None
    return MeasureView(
        indicator=measure.indicator,
        group=measure.group,
        part=measure.part if told else None,
        whole=measure.whole if told else None,
        points=measure.points,
        most=measure.most,
    )


def _report(row: AnyRow) -> MonthReport:
    return MonthReport(
        agency=row.agency,
        month=key_of(row.month),
        frozen_at=row.frozen_at,
        procedures=[
            ProcedureRow(
                procedure=one["procedure"],
                figures=_camel(one["figures"]),
                corrections={month: _camel(changes) for month, changes in one["corrections"].items()},
            )
            for one in row.rows
        ],
    )


def _camel(figures: Mapping[str, int]) -> dict[str, int]:
    return {to_camel(name): number for name, number in figures.items()}
