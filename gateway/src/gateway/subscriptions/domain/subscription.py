"""A webhook subscription: what is asked for, where it goes, how it stands.

    unproven   the callback has not shown yet that it wants to be called; its events are kept
    active     events are sent
    paused     by its owner; its events are kept
    disabled   the callback answered 410 or took nothing for days: its events are kept;
               or its client may not have events any more: none are

How its callback is doing (`Health`) changes with each delivery and is no change of the subscription.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from gateway.stream.domain.interest import Interest
from gateway.stream.domain.sight import Sight
from gateway.subscriptions.domain.health import Health
from shared.errors import Conflict, NotFound, Text


class NoSuchSubscription(NotFound):
    slug = "no-such-subscription"
    title = Text(vi="Không có đăng ký nhận sự kiện này.", en="There is no such subscription.")


class NotInThisStatus(Conflict):
    slug = "subscription-status"
    title = Text(
        vi="Trạng thái của đăng ký không cho phép việc này.",
        en="The status of the subscription does not allow this.",
    )


class TooManySubscriptions(Conflict):
    slug = "too-many-subscriptions"
    title = Text(
        vi="Ứng dụng đã có đủ số đăng ký cho phép. Hãy xóa bớt đăng ký không dùng.",
        en="The client has as many subscriptions as it may. Delete one that is not used.",
    )


class Status(StrEnum):
    UNPROVEN = "unproven"
    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


class Action(StrEnum):
    """What may be done with a subscription, by its owner or (prove, disable) by the gateway."""

    CHANGE = "change"
    ROTATE = "rotate"
    PAUSE = "pause"
    RESUME = "resume"
    ASK_PROOF = "ask_proof"
    TEST = "test"
    REDELIVER = "redeliver"
    PROVE = "prove"
    DISABLE = "disable"


_ALWAYS = frozenset({Action.CHANGE, Action.ROTATE, Action.REDELIVER})
ALLOWED: Mapping[Status, frozenset[Action]] = {
    Status.UNPROVEN: _ALWAYS | {Action.ASK_PROOF, Action.PROVE},
    Status.ACTIVE: _ALWAYS | {Action.PAUSE, Action.TEST, Action.DISABLE},
    Status.PAUSED: _ALWAYS | {Action.RESUME, Action.DISABLE},
    Status.DISABLED: _ALWAYS | {Action.ASK_PROOF},
}

PROOF_RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
"""After each of these a callback that did not prove itself is asked again; then no more, until its owner asks."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The sealed secret that signs, and the one before it, which signs beside it until `old_until`."""

    current: bytes
    old: bytes | None = None
    old_until: datetime | None = None

    def signing(self, now: datetime) -> list[bytes]:
        """The sealed secrets that sign at `now`, the current one first."""
        overlaps = self.old is not None and self.old_until is not None and now < self.old_until
        return [self.current, self.old] if overlaps and self.old else [self.current]


@dataclass(frozen=True, slots=True)
class Proof:
    """When the callback is asked next (None: not any more), how often it was asked, what went wrong last."""

    at: datetime | None
    tries: int = 0
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription. `sight`: what its client may see, as its token said when it last wrote it.

    `version` counts the changes and names the state to its owner; `sequence` counts its events.
    """

    id: UUID
    client: str
    callback: str
    name: str | None
    interest: Interest
    sight: Sight
    secrets: Secrets
    created_at: datetime
    changed_at: datetime
    proof: Proof
    status: Status = Status.UNPROVEN
    reason: str | None = None
    version: int = 1
    sequence: int = 1
    health: Health = field(default_factory=Health)

    def require(self, action: Action) -> None:
        """Refuse what the status does not allow.

        Raises:
            NotInThisStatus
        """
        if action not in ALLOWED[self.status]:
            raise NotInThisStatus(stands=self.status.value)

    def change(
        self, *, callback: str, name: str | None, interest: Interest, sight: Sight, now: datetime
    ) -> "Subscription":
        """With other details. A new callback has to prove itself first."""
        self.require(Action.CHANGE)
        changed = replace(self, callback=callback, name=name, interest=interest, sight=sight)
        if callback != self.callback:
            changed = replace(
                changed, status=Status.UNPROVEN, reason=None, proof=Proof(at=now), health=Health()
            )
        return changed._next(now)

    def pause(self, now: datetime) -> "Subscription":
        self.require(Action.PAUSE)
        return replace(self, status=Status.PAUSED)._next(now)

    def resume(self, now: datetime) -> "Subscription":
        self.require(Action.RESUME)
        return replace(self, status=Status.ACTIVE, health=Health())._next(now)

    def rotate(self, secret: bytes, *, overlap: timedelta, now: datetime) -> "Subscription":
        """With a new sealed secret; the present one signs beside it for `overlap`."""
        self.require(Action.ROTATE)
        return replace(self, secrets=Secrets(secret, self.secrets.current, now + overlap))._next(now)

    def ask_proof(self, sight: Sight, now: datetime) -> "Subscription":
        """The callback is asked (again) to prove itself. `sight`: what its client may see now."""
        self.require(Action.ASK_PROOF)
        proof = Proof(at=now)
        unproven = replace(
            self, status=Status.UNPROVEN, reason=None, sight=sight, proof=proof, health=Health()
        )
        return unproven._next(now)

    def prove(self, now: datetime) -> "Subscription":
        """The callback has shown that it wants to be called."""
        self.require(Action.PROVE)
        return replace(self, status=Status.ACTIVE, proof=Proof(at=None))._next(now)

    def fail_proof(self, fault: str, now: datetime) -> "Subscription":
        """The callback has not; it is asked again later, for some time."""
        tries = self.proof.tries
        again = now + PROOF_RETRIES[tries] if tries < len(PROOF_RETRIES) else None
        return replace(self, proof=Proof(again, tries + 1, fault))

    def disable(self, reason: str, now: datetime) -> "Subscription":
        self.require(Action.DISABLE)
        return replace(self, status=Status.DISABLED, reason=reason)._next(now)

    def confine(self, bound: Sight, *, withdrawn: bool, now: datetime) -> "Subscription":
        """With no more in sight than `bound`, and disabled when its client is `withdrawn`; itself if nothing changes."""
        sight = self.sight.within(bound)
        disabled = withdrawn and Action.DISABLE in ALLOWED[self.status]
        if sight == self.sight and not disabled:
            return self
        confined = replace(self, sight=sight)
        if disabled:
            confined = replace(confined, status=Status.DISABLED, reason="withdrawn")
        return confined._next(now)

    def tell(self) -> "Subscription":
        """With one more event that is no change."""
        return replace(self, sequence=self.sequence + 1)

    def _next(self, now: datetime) -> "Subscription":
        return replace(self, version=self.version + 1, sequence=self.sequence + 1, changed_at=now)
