"""The quality index: what is measured, what stands once it was reported, and what is left out."""

from collections.abc import Mapping
from datetime import date, datetime
from random import Random
from typing import Any

import pytest

from procedures.consumers import HANDLERS
from procedures.domain.quality import (
    Group,
    Indicator,
    Measure,
    Ratio,
    basis_of,
    measures,
    scores,
    together,
    total,
)
from procedures.domain.statistics import Fact, Figure, contribution
from procedures.statistics import store
from procedures.statistics.operations import freeze_months, quality_of
from shared.events.participation import FeedbackRated
from shared.ids import new_id

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
FIGURES = {
    Figure.EARLY: 60, Figure.ON_TIME: 30, Figure.LATE: 10, Figure.GRANTED: 95, Figure.REJECTED: 5,
    Figure.WITH_ELECTRONIC_RESULT: 50, Figure.WITH_FEE: 8, Figure.FEE_PAID_ONLINE: 6,
    Figure.APPEALS_IN_TIME: 1, Figure.APPEALS_LATE: 1,
}  # fmt: skip


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T03:00:00+00:00")


def test_the_index_scores_what_can_be_measured_and_leaves_out_the_rest() -> None:
    parts = scores(measures(basis_of(FIGURES, Ratio(3, 4), {})))
    assert {part.group: (part.points and float(part.points), part.measurable) for part in parts} == {
        Group.TRANSPARENCY: (13.5, 18),
        Group.PROGRESS: (18.0, 20),
        Group.ONLINE: (7.5, 10),
        Group.DIGITISATION: (11.0, 22),
        Group.SATISFACTION: (3.0, 6),
    }
    assert [float(number) for number in total(parts)] == [53.0, 76.0]
    satisfaction = scores(measures(basis_of(FIGURES, Ratio(3, 4), {5: 5, 4: 3, 1: 2})))[-1]
    assert (float(satisfaction.points or 0), satisfaction.measurable) == (7.8, 12)
    nothing = scores(measures(basis_of({}, Ratio(0, 0), {})))
    assert {part.points for part in nothing} == {None}
    assert total(nothing) == (0, 0)


def test_what_was_counted_adds_up_over_months_and_the_catalogue_is_that_of_the_last() -> None:
    first, second = basis_of(FIGURES, Ratio(1, 4), {5: 10}), basis_of(FIGURES, Ratio(3, 4), {1: 10})
    both = together([first, second])
    assert both[Indicator.IN_TIME] == (180, 200)
    assert both[Indicator.SATISFIED] == (10, 20)
    assert both[Indicator.COMPLETE_PROCEDURES] == (3, 4)


DECIDED = {2: Fact("accepted", at("2026-01-05"), at("2026-01-08")),
           9: Fact("decided", at("2026-01-07"), at("2026-01-08"), "granted")}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "figures"),
    [
        ([], set()),
        ([("fee_demanded", 1)], {Figure.WITH_FEE}),
        ([("fee_demanded", 1), ("fee_exempted", 1)], set()),
        ([("fee_demanded", 1), ("fee_paid", 1)], {Figure.WITH_FEE, Figure.FEE_PAID_ONLINE}),
        ([("fee_demanded", 1), ("fee_demanded", 2), ("fee_paid", 1)], {Figure.WITH_FEE}),
        ([("fee_demanded", 1), ("fee_demanded", 2), ("fee_exempted", 2), ("fee_paid", 1)],
         {Figure.WITH_FEE, Figure.FEE_PAID_ONLINE}),
        ([("ruled", None)], {Figure.APPEALS_IN_TIME}),
    ],
)  # fmt: skip
def test_a_decided_case_paid_online_when_every_fee_that_it_owed_was(
    facts: list[tuple[str, int | None]], figures: set[Figure]
) -> None:
    more = {
        3 + place: Fact(kind, at("2026-01-06"), at("2026-01-08"), fee=fee)
        for place, (kind, fee) in enumerate(facts)
    }
    found = contribution({**DECIDED, **more})
    added = found - contribution(DECIDED)
    assert {figure for _, figure in added} == figures
    assert contribution({2: DECIDED[2], **more})[JANUARY, Figure.WITH_FEE] == 0


async def index(world: Any, agency: str, first: str, last: str) -> Any:
    query = {"firstMonth": first, "lastMonth": last}
    answer = await world.http.get(f"/procedures/v1/agencies/{agency}/quality-index", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def rated(world: Any, agency: str, month: str, grades: Mapping[int, int]) -> None:
    """Have procedures told of ratings: scores by their numbers."""
    async with world.database.transaction() as tx:
        for number, score in grades.items():
            rating = FeedbackRated(agency=agency, procedure="X", score=score, month=month)
            told = rating.envelope(subject=new_id(), sequence=number, at=world.clock.now())
            await HANDLERS[FeedbackRated](tx, told, rating)


def grades(first: int, *scores: int) -> dict[int, int]:
    return dict(enumerate(scores, start=first))


async def satisfied(world: Any, agency: str, first: date, last: date) -> tuple[int, int]:
    async with world.database.reading() as tx:
        found = await quality_of(tx, agency, first, last)
    (one,) = [one for one in found.measures if one.indicator is Indicator.SATISFIED]
    assert (one.points is None) == (one.whole == 0)
    return one.part, one.whole


async def test_a_month_that_was_reported_keeps_its_index_and_tells_it(world: Any) -> None:
    agency = f"H99.{new_id().hex[-6:]}"
    code = await world.publish(agency=agency, legalBasis=["Luật Mẫu"])
    desk = world.official("desk", agency)
    case = (await world.submit(code))["id"]
    await world.act(case, "acceptance", desk)
    decision = {"outcome": "granted", "reason": "Đủ điều kiện."}
    await world.act(case, "decision", world.official("justice", agency), decision)
    await world.count(agency)
    await rated(world, agency, "2026-01", grades(1, *[5] * 9))
    running = await index(world, agency, "2026-01", "2026-01")
    assert running["frozenAt"] is None
    await freeze_months(world.database, at("2026-02-09"))
    reported = await index(world, agency, "2026-01", "2026-01")
    assert reported["frozenAt"] == "2026-02-09T03:00:00Z"
    assert reported == {**running, "frozenAt": reported["frozenAt"]}
    (event,) = await world.told("procedures.statistics.v1", "agency", agency)
    told = {one["indicator"]: one for one in event.payload["quality"]}
    assert (told["complete_procedures"]["part"], told["complete_procedures"]["points"]) == (1, "18.0")
    assert "part" not in told["satisfied"] or told["satisfied"]["part"] is None

    await world.publish(agency=agency)
    await rated(world, agency, "2026-01", grades(10, *[5] * 9))
    await rated(world, agency, "2026-02", grades(1, *[5] * 4, *[1] * 7))
    assert await index(world, agency, "2026-01", "2026-01") == reported
    both = {one["indicator"]: one for one in (await index(world, agency, "2026-01", "2026-02"))["measures"]}
    assert (both["complete_procedures"]["part"], both["complete_procedures"]["whole"]) == (1, 2)
    assert (both["satisfied"]["part"], both["satisfied"]["whole"]) == (4, 10)
    assert both["in_time"]["part"] == 1
    async with world.database.reading() as tx:
        later = await quality_of(tx, agency, FEBRUARY, FEBRUARY)
    assert later.frozen_at is None


async def test_a_procedure_in_force_is_complete_when_law_time_and_documents_are_told(world: Any) -> None:
    agency = f"H99.{new_id().hex[-6:]}"
    documents = [{"code": "GIAY_TO", "title": {"vi": "Giấy tờ", "en": "Paper"}}]
    law, asked = {"legalBasis": ["Luật Mẫu"]}, {"documents": documents}
    for told in ({**law, **asked}, {**law, "documents": [], "form": None}, {**asked, "legalBasis": []}):
        await world.publish(agency=agency, **told)
    await world.publish(agency=agency, term={"kind": "none"}, **law, **asked)
    async with world.database.reading() as tx:
        assert await store.procedures_in_force(tx, agency) == (1, 4)


async def test_in_whatever_order_ratings_are_heard_of_no_look_at_any_months_tells_fewer_than_ten(
    world: Any,
) -> None:
    agency, chance = f"H99.{new_id().hex[-6:]}", Random(7)
    scores_of = {month: [chance.randrange(1, 6) for _ in range(13 + 5 * month)] for month in (1, 2)}
    arrivals = [
        (month, number) for month, scores in scores_of.items() for number in range(1, len(scores) + 1)
    ]
    chance.shuffle(arrivals)
    heard: set[tuple[int, int]] = set()
    before = dict.fromkeys(((1, 1), (2, 2), (1, 2)), (0, 0))
    for month, number in arrivals:
        await rated(world, agency, f"2026-0{month}", {number: scores_of[month][number - 1]})
        heard.add((month, number))
        for (first, last), (part, whole) in before.items():
            groups = [
                scores_of[each][begin : begin + 10]
                for each in range(first, last + 1)
                for begin in (0, 10)
                if all((each, begin + place) in heard for place in range(1, 11))
            ]
            now = await satisfied(world, agency, date(2026, first, 1), date(2026, last, 1))
            assert now == (sum(score >= 4 for group in groups for score in group), 10 * len(groups))
            assert now[1] - whole in (0, 10)
            assert 0 <= now[0] - part <= now[1] - whole
            before[first, last] = now
    assert [whole for _, whole in before.values()] == [10, 20, 30]


async def test_a_rating_that_is_told_again_counts_once(world: Any) -> None:
    agency = f"H99.{new_id().hex[-6:]}"
    for _ in range(2):
        await rated(world, agency, "2026-01", grades(1, *[5] * 9))
    assert await satisfied(world, agency, JANUARY, JANUARY) == (0, 0)


async def test_a_month_is_reported_with_whole_groups_of_ratings(world: Any) -> None:
    agency = f"H99.{new_id().hex[-6:]}"
    async with world.database.transaction() as tx:
        await store.add(tx, {(agency, "TP01", JANUARY, Figure.RECEIVED): 1})
    await rated(world, agency, "2026-01", grades(1, *[5] * 8, 1, 1, 5, 1, 1))
    await freeze_months(world.database, at("2026-02-09"))
    (event,) = await world.told("procedures.statistics.v1", "agency", agency)
    told = {one["indicator"]: one for one in event.payload["quality"]}["satisfied"]
    assert (told["part"], told["whole"], told["points"]) == (8, 10, "4.8")
    await rated(world, agency, "2026-01", grades(14, *[5] * 7))
    await rated(world, agency, "2026-02", grades(1, *[4] * 12))
    assert await satisfied(world, agency, JANUARY, JANUARY) == (8, 10)
    assert await satisfied(world, agency, JANUARY, FEBRUARY) == (18, 20)


async def test_what_a_reported_month_did_not_tell_is_in_no_sum(world: Any) -> None:
    """Releases before kept what they measured also where it was too little to tell."""
    agency = f"H99.{new_id().hex[-6:]}"
    hidden = Measure(Indicator.SATISFIED, Group.SATISFACTION, 6, 7, None, 6)
    async with world.database.transaction() as tx:
        await store.freeze(tx, agency, JANUARY, new_id(), at("2026-02-09"), [], (hidden,))
    await rated(world, agency, "2026-02", grades(1, *[4] * 10))
    assert await satisfied(world, agency, JANUARY, FEBRUARY) == (10, 10)
