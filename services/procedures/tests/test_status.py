"""The legal table: total over every status and action."""

from itertools import product

import pytest

from procedures.domain.status import ALLOWED, STATUS_TEXT, Action, ActionNotAllowed, Status, require_allowed


def test_the_table_is_total() -> None:
    assert set(ALLOWED) == set(Status) == set(STATUS_TEXT)


@pytest.mark.parametrize(("status", "action"), tuple(product(Status, Action)))
def test_every_action_is_allowed_or_refused_with_what_may_be_done(status: Status, action: Action) -> None:
    if action in ALLOWED[status]:
        require_allowed(status, action)
        return
    with pytest.raises(ActionNotAllowed) as refused:
        require_allowed(status, action)
    assert refused.value.extensions["nextActions"] == sorted(ALLOWED[status])


def test_every_action_is_possible_somewhere() -> None:
    assert set().union(*ALLOWED.values()) == set(Action)


def test_a_case_that_has_ended_allows_nothing() -> None:
    ended = {Status.CLOSED, Status.REFUSED, Status.WITHDRAWN, Status.LAPSED}
    assert {status for status in Status if status.ended} == ended


def test_a_decided_case_cannot_be_withdrawn_or_decided_again() -> None:
    assert not {Action.WITHDRAW, Action.DECIDE} & ALLOWED[Status.DECIDED]
