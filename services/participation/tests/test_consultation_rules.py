"""The period of a consultation, and what may be done in it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from participation.domain.consultation import (
    ALLOWED,
    Action,
    AlreadyPublished,
    AnswerNotDue,
    ConsultationFixed,
    ConsultationNotOpen,
    Draft,
    Moment,
    Passage,
    Status,
    answer,
    drafted,
    due,
    publish,
    require_allowed,
    revise,
)
from shared.errors import Invalid, Text

OPENS, CLOSES = date(2026, 12, 1), date(2026, 12, 20)
DRAFT = Draft(
    title=Text(vi="Phố đi bộ", en="A pedestrian street"),
    summary=Text(vi="Tóm tắt", en="Summary"),
    passages=(Passage(1, "Điều 1."), Passage(2, "Điều 2.")),
    opens_date=OPENS,
    closes_date=CLOSES,
)
BEFORE = datetime(2026, 11, 23, 2, tzinfo=UTC)
OPENING = datetime(2026, 11, 30, 17, tzinfo=UTC)
CLOSING = datetime(2026, 12, 20, 17, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)

DRAFTED = drafted(UUID(int=1), "H99.01", DRAFT, BEFORE)
PUBLISHED = publish(DRAFTED, BEFORE)
ANSWERED = answer(PUBLISHED, Text(vi="Tiếp thu.", en="Taken up."), CLOSING)

STANDING = {
    Status.DRAFTED: (DRAFTED, BEFORE),
    Status.ANNOUNCED: (PUBLISHED, BEFORE),
    Status.OPEN: (PUBLISHED, OPENING),
    Status.CLOSED: (PUBLISHED, CLOSING),
    Status.ANSWERED: (ANSWERED, CLOSING),
}
REFUSALS = {
    Action.REVISE: ConsultationFixed,
    Action.PUBLISH: AlreadyPublished,
    Action.COMMENT: ConsultationNotOpen,
    Action.ANSWER: AnswerNotDue,
}


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (OPENING - INSTANT, Status.ANNOUNCED),
        (OPENING, Status.OPEN),
        (CLOSING - INSTANT, Status.OPEN),
        (CLOSING, Status.CLOSED),
    ],
)
def test_a_published_consultation_opens_and_closes_by_its_dates(now: datetime, status: Status) -> None:
    assert PUBLISHED.status(now) is status


def test_a_draft_that_nobody_published_stays_a_draft() -> None:
    assert DRAFTED.status(CLOSING + timedelta(days=365)) is Status.DRAFTED


@pytest.mark.parametrize(("status", "action"), list(product(Status, Action)))
def test_the_table_of_what_may_be_done_holds_for_every_pair(status: Status, action: Action) -> None:
    consultation, now = STANDING[status]
    assert consultation.status(now) is status
    if action in ALLOWED[status]:
        require_allowed(consultation, action, now)
    else:
        with pytest.raises(REFUSALS[action]) as refused:
            require_allowed(consultation, action, now)
        assert refused.value.extensions["stands"] == status.value


def test_what_others_were_told_stays_true_for_a_clock_that_runs_behind() -> None:
    opened = replace(PUBLISHED, opening_told_at=OPENING)
    closed = replace(opened, closing_told_at=CLOSING)
    assert opened.status(OPENING - INSTANT) is Status.OPEN
    assert closed.status(CLOSING - INSTANT) is Status.CLOSED


def test_a_revision_is_another_version_of_the_same_consultation() -> None:
    shorter = replace(DRAFT, passages=DRAFT.passages[:1], closes_date=OPENS)
    revised = revise(PUBLISHED, shorter, BEFORE)
    assert (revised.id, revised.version, revised.passage_count) == (PUBLISHED.id, 3, 1)
    assert revised.closes_at == OPENING + timedelta(days=1)
    assert revised.edition(BEFORE) != PUBLISHED.edition(BEFORE)


def test_the_edition_changes_when_the_consultation_opens() -> None:
    assert PUBLISHED.edition(OPENING - INSTANT) != PUBLISHED.edition(OPENING)


def test_all_faults_of_a_draft_are_named_at_once() -> None:
    wrong = replace(
        DRAFT,
        opens_date=date(2026, 11, 22),
        closes_date=date(2026, 11, 21),
        passages=(Passage(1, "a"), Passage(3, "b")),
    )
    with pytest.raises(Invalid) as refused:
        drafted(UUID(int=1), "H99.01", wrong, BEFORE)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [
        ("/opensDate", "opens_in_past"),
        ("/closesDate", "closes_before_opening"),
        ("/passages/1/number", "passage_number"),
    ]


def test_a_draft_whose_opening_day_went_by_cannot_be_published() -> None:
    with pytest.raises(Invalid):
        publish(DRAFTED, OPENING + timedelta(days=1))


def test_a_consultation_may_open_on_the_day_on_which_it_is_published() -> None:
    assert publish(DRAFTED, OPENING).status(OPENING) is Status.OPEN


FIRST = datetime(2026, 11, 1, tzinfo=UTC)
instants = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=90)).map(FIRST.__add__)


@given(st.lists(instants, max_size=8))
def test_opening_and_closing_are_told_once_in_order_and_never_early(looks: list[datetime]) -> None:
    consultation, told = PUBLISHED, []
    for now in sorted(looks):
        for moment in due(consultation, now):
            told.append((moment, now))
            consultation = replace(consultation, **{f"{moment}_told_at": now})
    assert [moment for moment, _ in told] == list(Moment)[: len(told)]
    starts = {Moment.OPENING: OPENING, Moment.CLOSING: CLOSING}
    assert all(now >= starts[moment] for moment, now in told)


@given(instants)
def test_nothing_is_told_of_a_draft(now: datetime) -> None:
    assert not due(DRAFTED, now)
