"""The route of stays, and what the routes for those who lead an agency share."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from procedures.dependencies import agency_of
from procedures.statistics.routes import First, Last, months
from procedures.stays.operations import Staying, stays_of_months
from procedures.stays.schemas import Stays, StayView
from procedures.stays.store import Filter
from shared.auth import Principal, requires
from shared.web import Db, conditional

router = APIRouter(prefix="/procedures/v1", tags=["oversight"])

Leader = Annotated[Principal, requires("procedures:work:manage", kinds=["official", "client"])]
Procedure = Annotated[str | None, Query(max_length=50, examples=["TP01"], description="Code of a procedure")]
Unit = Annotated[str | None, Query(max_length=100, examples=["PHONG_TU_PHAP"], description="Code of a unit")]
Step = Annotated[str | None, Query(max_length=100, examples=["THU_LY"], description="Code of a step")]


async def _filter(procedure: Procedure = None, step: Step = None, unit: Unit = None) -> Filter:
    return Filter(procedure, step, unit)


Wanted = Annotated[Filter, Depends(_filter)]


@router.get("/stays", response_model=Stays)
async def get_stays(
    request: Request, who: Leader, db: Db, wanted: Wanted, first: First, last: Last
) -> Response:
    """How long the cases of your agency that left a step in these months had stayed there."""
    begin, end = months(first, last)
    async with db.reading() as tx:
        found = await stays_of_months(tx, agency_of(who), begin, end, wanted)
    return conditional(request, Stays(items=[_stay(one) for one in found]))


def _stay(staying: Staying) -> StayView:
    quantiles = [staying.lengths.quantile(share) for share in (0.5, 0.8, 0.95)]
    median, four_fifths, nineteen_twentieths = quantiles
    assert median is not None
    assert four_fifths is not None
    assert nineteen_twentieths is not None
    return StayView(
        procedure=staying.procedure,
        step=staying.step,
        unit_agency=staying.unit_agency,
        unit=staying.unit,
        number=staying.number,
        mean=staying.mean,
        median=median,
        four_fifths=four_fifths,
        nineteen_twentieths=nineteen_twentieths,
    )
