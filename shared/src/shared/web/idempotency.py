"""`Idempotency-Key`: a command that is sent again takes effect once and is answered the same.

The key is written in the command's own transaction, before its effect. So a second sender of the same key
waits on the row until the first has committed, and then gets its answer; and when the process is killed,
nothing stays behind that would block the next try.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, NamedTuple, Protocol

import orjson
from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.auth import Principal
from shared.db import AnyRow
from shared.errors import Unprocessable


class Seal(Protocol):
    """Seals answers that are kept, for a service whose answers hold personal data (`app.state.answer_seal`)."""

    def seal(self, content: bytes, *, bound_to: str) -> bytes: ...

    def open(self, sealed: bytes, *, bound_to: str) -> bytes: ...


class AnswerKey(NamedTuple):
    """Which answer is meant."""

    client: str
    route: str
    key: str


class Witness(Protocol):
    """Is told of answers that are kept, for a service that records what they show (`app.state.answer_witness`)."""

    async def kept(self, tx: AsyncConnection, answer: AnswerKey) -> None: ...

    async def given_again(self, tx: AsyncConnection, answer: AnswerKey, now: datetime) -> None: ...


def answers_table(metadata: MetaData) -> Table:
    """Add the table of given answers to a service's tables; rows are kept for 24 hours."""
    return Table(
        "idempotent_answers",
        metadata,
        Column("client", Text, primary_key=True),
        Column("route", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("fingerprint", Text, nullable=False),
        Column("status", Integer),
        Column("headers", JSONB),
        Column("body", JSONB),
        Column("created_at", DateTime(timezone=True), nullable=False, index=True),
    )


_ANSWERS = answers_table(MetaData())
_MINE = and_(*(_ANSWERS.c[name] == bindparam(f"its_{name}") for name in ("client", "route", "key")))
_RESERVE = insert(_ANSWERS).on_conflict_do_nothing().returning(_ANSWERS.c.key)
_GIVEN = select(_ANSWERS).where(_MINE)
_KEEP = update(_ANSWERS).where(_MINE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command is answered: a status, a body, and headers such as Location and ETag."""

    body: BaseModel | None
    status: int = 201
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """The key of a request, if it has one, and what the request is."""

    request: Request
    key: str | None
    fingerprint: str

    @property
    def client(self) -> str:
        """Whose key it is: the same key of another caller is another key."""
        principal: Principal | None = getattr(self.request.state, "principal", None)
        return f"{principal.client_id}/{principal.subject}" if principal else ""

    @property
    def route(self) -> str:
        """What the key was sent to."""
        return f"{self.request.method} {self.request.scope['path']}"

    async def given(self, tx: AsyncConnection) -> AnyRow:
        """The answer that the key was given before: `status`, `headers`, `body`.

        Raises:
            Unprocessable: the key was used for another body.
        """
        row = await self.given_before(tx)
        assert row is not None
        return row

    async def given_before(self, tx: AsyncConnection) -> AnyRow | None:
        """The answer that the key was given before, if it was given one.

        Raises:
            Unprocessable: the key was used for another body.
        """
        if self.key is None:
            return None
        row = (await tx.execute(_GIVEN, self._mine())).one_or_none()
        if row is not None and row.fingerprint != self.fingerprint:
            raise Unprocessable
        return row

    def _mine(self) -> dict[str, Any]:
        return {"its_client": self.client, "its_route": self.route, "its_key": self.key}

    async def __call__(self, tx: AsyncConnection, produce: Callable[[], Awaitable[Answer]]) -> Response:
        """Run `produce` in the transaction, or give the answer that the key was given before.

        Raises:
            Unprocessable: the key was used for another body.
        """
        if self.key is None:
            return _response(*_stored(await produce()))
        reserved = await tx.execute(
            _RESERVE,
            {
                "client": self.client,
                "route": self.route,
                "key": self.key,
                "fingerprint": self.fingerprint,
                "created_at": self.request.app.state.parts.clock.now(),
            },
        )
        if reserved.one_or_none() is None:
            before = await self.given(tx)
            if self._witness is not None:
                now = self.request.app.state.parts.clock.now()
                await self._witness.given_again(tx, AnswerKey(self.client, self.route, self.key), now)
            return _response(before.status, before.headers, self._opened(before.body))
        status, headers, body = _stored(await produce())
        given = {"status": status, "headers": headers, "body": self._sealed(body)}
        await tx.execute(_KEEP, {**self._mine(), **given})
        if self._witness is not None:
            await self._witness.kept(tx, AnswerKey(self.client, self.route, self.key))
        return _response(status, headers, body)

    @property
    def _seal(self) -> Seal | None:
        return getattr(self.request.app.state, "answer_seal", None)

    @property
    def _witness(self) -> Witness | None:
        return getattr(self.request.app.state, "answer_witness", None)

    @property
    def _place(self) -> str:
        return f"answer to {self.client} {self.route} {self.key}"

    def _sealed(self, body: Any) -> Any:
        if self._seal is None or body is None:
            return body
        return {"sealed": self._seal.seal(orjson.dumps(body), bound_to=self._place).hex()}

    def _opened(self, body: Any) -> Any:
        if self._seal is None or body is None:
            return body
        return orjson.loads(self._seal.open(bytes.fromhex(body["sealed"]), bound_to=self._place))


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="Any text of your own, unique to this command; with it, sending again is safe for 24 h",
        examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ),
]


async def idempotent_request(request: Request, key: IdempotencyKey = None) -> IdempotentRequest:
    """The idempotency of the request at hand."""
    body = await request.body() if key is not None else b""
    return IdempotentRequest(request, key, hashlib.sha256(body).hexdigest())


Once = Annotated[IdempotentRequest, Depends(idempotent_request)]


async def forget_answers(tx: AsyncConnection, *, before: datetime) -> int:
    """Drop the answers that were given before an instant; returns how many."""
    return (await tx.execute(delete(_ANSWERS).where(_ANSWERS.c.created_at < before))).rowcount


def _stored(answer: Answer) -> tuple[int, dict[str, str], Any]:
    body = None if answer.body is None else orjson.loads(answer.body.model_dump_json(by_alias=True))
    return answer.status, dict(answer.headers), body


def _response(status: int, headers: Mapping[str, str], body: Any) -> Response:
    content = b"" if body is None else orjson.dumps(body)
    return Response(content, status, headers, "application/json" if content else None)
