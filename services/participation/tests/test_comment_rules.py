"""What may become of a comment."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from participation.domain.comment import (
    Comment,
    CommentNotStanding,
    CommentStatus,
    Hiding,
    check_passage,
    hide,
    withdraw,
)
from participation.domain.consultation import Consultation
from shared.errors import Invalid, Text

NOW = datetime(2026, 12, 2, 2, tzinfo=UTC)
COMMENT = Comment(UUID(int=2), UUID(int=1), "someone", 1, "Nên lùi giờ.", NOW)
HIDDEN = hide(COMMENT, Hiding(NOW, "Nêu số điện thoại."))
WITHDRAWN = withdraw(COMMENT, NOW)
WORDS = Text(vi="Chữ", en="Words")
CONSULTATION = Consultation(
    id=UUID(int=1),
    agency="H99.01",
    title=WORDS,
    summary=WORDS,
    passage_count=3,
    opens_date=date(2026, 12, 1),
    closes_date=date(2026, 12, 20),
)


def test_a_withdrawn_comment_keeps_no_text() -> None:
    assert WITHDRAWN.status is CommentStatus.WITHDRAWN
    assert WITHDRAWN.text is None


def test_a_hidden_comment_keeps_its_text_and_the_reason_on_record() -> None:
    assert HIDDEN.status is CommentStatus.HIDDEN
    assert replace(HIDDEN, hiding=None) == COMMENT
    assert HIDDEN.hiding == Hiding(NOW, "Nêu số điện thoại.")


@pytest.mark.parametrize("comment", [HIDDEN, WITHDRAWN])
def test_what_does_not_stand_is_neither_withdrawn_nor_hidden(comment: Comment) -> None:
    with pytest.raises(CommentNotStanding):
        withdraw(comment, NOW)
    with pytest.raises(CommentNotStanding):
        hide(comment, Hiding(NOW, "Lại."))


@pytest.mark.parametrize("passage", [None, 1, 3])
def test_comments_are_on_the_whole_or_on_a_passage_of_the_draft(passage: int | None) -> None:
    check_passage(CONSULTATION, passage)


@pytest.mark.parametrize("passage", [0, 4, -1])
def test_a_passage_that_the_draft_does_not_have_is_a_fault(passage: int) -> None:
    with pytest.raises(Invalid) as refused:
        check_passage(CONSULTATION, passage)
    assert refused.value.faults[0].pointer == "/passage"
