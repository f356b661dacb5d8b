"""How a callback is doing: when it is spared for a while, when its owner is warned, when it is given up."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

WARN_AFTER = timedelta(hours=12)
DISABLE_AFTER = timedelta(days=3)

_FIRST_HOLD = timedelta(seconds=5)
_LONGEST_HOLD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Health:
    """Of a callback since it last took something.

    `troubles`: how often in a row it was in trouble itself. `held_until`: nothing is sent to it before.
    """

    troubles: int = 0
    held_until: datetime | None = None
    failing_since: datetime | None = None
    warned_at: datetime | None = None

    def after_failure(
        self, now: datetime, *, in_trouble: bool, retry_after: timedelta | None = None
    ) -> "Health":
        """After something was not taken.

        A callback that is `in_trouble` is spared for a time that doubles, and for as long as it asks
        (`retry_after`) when that is longer; a refusal of one event says nothing about others.
        """
        failed = replace(self, failing_since=self.failing_since or now)
        if not in_trouble:
            return failed
        hold = min(_FIRST_HOLD * 2 ** min(self.troubles, 10), _LONGEST_HOLD)
        until = now + max(hold, retry_after or hold)
        if self.held_until is not None:
            until = max(until, self.held_until)
        return replace(failed, troubles=self.troubles + 1, held_until=until)

    def warning_due(self, now: datetime) -> bool:
        """Whether it is time to tell the owner; once until the callback takes something again."""
        return (
            self.warned_at is None
            and self.failing_since is not None
            and now >= self.failing_since + WARN_AFTER
        )

    def hopeless(self, now: datetime) -> bool:
        """Whether it has taken nothing for so long that it is given up."""
        return self.failing_since is not None and now >= self.failing_since + DISABLE_AFTER
