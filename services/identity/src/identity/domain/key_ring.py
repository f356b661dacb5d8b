"""The life of a signing key, so that no verifier ever meets a token whose key it could not know.

pending ──(published for `publish_ahead`)──▶ active ──(its successor is active)──▶ retiring
    in the key set, signs nothing           signs         in the key set, signs nothing
                                               retiring ──(`linger` later)──▶ retired
                                                             out of the key set, private half erased
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class KeyState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    RETIRING = "retiring"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class KeyAge:
    """A key by its id, its state, and since when it has been in it."""

    kid: str
    state: KeyState
    since: datetime


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """How long a key signs, how long it is published before that, and after it.

    `publish_ahead` must exceed the time for which verifiers keep the key set; `linger` the life of an access
    token and that time together.
    """

    lifetime: timedelta
    publish_ahead: timedelta
    linger: timedelta


@dataclass(frozen=True, slots=True)
class Create:
    """Make a key, in this state."""

    state: KeyState


@dataclass(frozen=True, slots=True)
class Move:
    """Take a key to another state."""

    kid: str
    to: KeyState


def rotation(
    keys: Sequence[KeyAge], now: datetime, policy: RotationPolicy, *, asked: bool = False
) -> list[Create | Move]:
    """What is due, in the order in which it must be done. `asked` begins a rotation before its time."""
    active = _oldest(keys, KeyState.ACTIVE)
    pending = _oldest(keys, KeyState.PENDING)
    steps: list[Create | Move] = [
        Move(key.kid, KeyState.RETIRED)
        for key in keys
        if key.state is KeyState.RETIRING and now - key.since >= policy.linger
    ]
    if active is None:
        steps.append(Move(pending.kid, KeyState.ACTIVE) if pending else Create(KeyState.ACTIVE))
    elif pending is None:
        if asked or now - active.since >= policy.lifetime - policy.publish_ahead:
            steps.append(Create(KeyState.PENDING))
    elif now - pending.since >= policy.publish_ahead:
        steps += [Move(active.kid, KeyState.RETIRING), Move(pending.kid, KeyState.ACTIVE)]
    return steps


def emergency(keys: Sequence[KeyAge]) -> list[Create | Move]:
    """A key has leaked: every key goes at once, and all tokens signed with them are worthless."""
    gone = [Move(key.kid, KeyState.RETIRED) for key in keys if key.state is not KeyState.RETIRED]
    return [*gone, Create(KeyState.ACTIVE)]


def _oldest(keys: Sequence[KeyAge], state: KeyState) -> KeyAge | None:
    return min((key for key in keys if key.state is state), key=lambda key: key.since, default=None)
