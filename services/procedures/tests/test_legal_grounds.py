"""A rejection names its legal ground; what was decided before that was asked for stays as it is."""

from datetime import UTC, datetime
from typing import Any

from procedures.cases.store import entry_of
from procedures.domain.acts import Decided
from procedures.domain.case import Outcome
from procedures.domain.log import Link

REJECTED = {"outcome": "rejected", "reason": "Chưa đủ điều kiện."}


async def test_a_rejection_without_a_legal_ground_is_refused_and_with_one_it_is_told(world: Any) -> None:
    case, justice = await world.accepted(), world.official("justice")
    for body in (REJECTED, {**REJECTED, "legalGround": ""}):
        refused = await world.act(case, "decision", justice, body)
        assert refused.status_code == 400
        assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/legalGround"]
    ground = "Luật Hộ tịch 2014, Điều 19"
    rejected = await world.act(case, "decision", justice, {**REJECTED, "legalGround": ground})
    assert (rejected.json()["outcome"], rejected.json()["legalGround"]) == ("rejected", ground)
    assert (await world.acts(case))[-1]["legal_ground"] == ground


async def test_a_grant_needs_none(world: Any) -> None:
    granted = {"outcome": "granted", "reason": "Đủ."}
    answer = await world.act(await world.accepted(), "decision", world.official("justice"), granted)
    assert answer.status_code == 201


def test_a_decision_in_an_old_log_is_read_without_a_ground() -> None:
    act = {"kind": "decided", "outcome": "rejected", "reason": "x", "number": None, "by_silence": False}
    link = Link(4, datetime(2026, 1, 5, tzinfo=UTC), {"subject": "a", "kind": "official"}, act, b"")
    assert entry_of(link).act == Decided(Outcome.REJECTED, "x", None)
