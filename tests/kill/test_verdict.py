"""The judge of the kill tests sees each kind of fault."""

from uuid import UUID

from shared.ids import new_id
from tests.kill.verdict import Told, Verdict, judge

CASE, OTHER = new_id(), new_id()
OUTBOX = [Told(new_id(), CASE, 1), Told(new_id(), OTHER, 1), Told(new_id(), CASE, 2)]


def judged(effects: list[Told], *, acknowledged: set[UUID] | None = None, dead_letters: int = 0) -> Verdict:
    return judge(
        OUTBOX, effects, acknowledged or set(), {new_id()}, records=len(effects), dead_letters=dead_letters
    )


def test_all_once_and_in_order_is_without_fault() -> None:
    assert judged(OUTBOX, acknowledged={OUTBOX[0].id}).faults == 0


def test_the_order_among_cases_does_not_matter() -> None:
    assert judged([OUTBOX[1], OUTBOX[0], OUTBOX[2]]).faults == 0


def test_an_event_without_effect_is_lost() -> None:
    assert judged(OUTBOX[:2]).lost == 1


def test_a_second_effect_is_a_doubled_one() -> None:
    assert judged([*OUTBOX, OUTBOX[2]]).doubled == 1


def test_a_case_that_is_told_backwards_is_out_of_order() -> None:
    assert judged([OUTBOX[2], OUTBOX[1], OUTBOX[0]]).disordered == 2


def test_an_effect_of_what_was_never_committed_is_a_fault() -> None:
    assert judged([*OUTBOX, Told(new_id(), OTHER, 2)]).told_though_undone == 1


def test_an_acknowledged_commit_that_is_gone_is_a_fault() -> None:
    assert judged(OUTBOX, acknowledged={new_id()}).commits_forgotten == 1


def test_a_dead_letter_is_a_fault() -> None:
    assert judged(OUTBOX, dead_letters=1).faults == 1
