"""Kept answers to idempotency keys: whoever is given one again is shown its cases again, and that is recorded again.

Beside the answer stand the cases that it shows, so that it goes when the key of one of them is destroyed.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.tables import answers
from shared import outbox
from shared.db import gathered
from shared.events.procedures import AccessRecorded
from shared.ids import new_id
from shared.web.idempotency import AnswerKey


class Shown:
    """The cases that a transaction shows and the records of that, kept beside the answer that it gives, if it is kept."""

    def __init__(self) -> None:
        self.cases: set[UUID] = set()
        self.looks: list[AccessRecorded] = []
        self.answer: AnswerKey | None = None

    async def add(self, tx: AsyncConnection) -> None:
        """Keep them."""
        if self.answer is not None and self.cases:
            looks = [look.model_dump(mode="json") for look in self.looks]
            beside = update(answers).where(_is(self.answer))
            await tx.execute(beside.values(cases=sorted(self.cases), looks=looks))


class AnswerWitness:
    """Is told of kept answers."""

    async def kept(self, tx: AsyncConnection, answer: AnswerKey) -> None:
        """What the transaction shows stands in this answer."""
        gathered(tx, Shown).answer = answer

    async def given_again(self, tx: AsyncConnection, answer: AnswerKey, now: datetime) -> None:
        """Record that whoever was shown its cases is shown them again."""
        looks = (await tx.execute(select(answers.c.looks).where(_is(answer)))).scalar_one()
        for look in looks or ():
            event = AccessRecorded.model_validate(look)
            await outbox.add(tx, event.envelope(subject=new_id(), sequence=1, at=now))


def _is(answer: AnswerKey) -> ColumnElement[bool]:
    return and_(
        answers.c.client == answer.client, answers.c.route == answer.route, answers.c.key == answer.key
    )
