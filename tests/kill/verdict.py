"""What was committed beside what took effect."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a case: as it stands in the outbox, or as a listener wrote it down."""

    id: UUID
    case: UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The faults, each of which must be 0, and the figures they were found among."""

    committed: int
    rolled_back: int
    records: int
    lost: int
    doubled: int
    disordered: int
    told_though_undone: int
    commits_forgotten: int
    dead_letters: int

    @property
    def faults(self) -> int:
        return (
            self.lost
            + self.doubled
            + self.disordered
            + self.told_though_undone
            + self.commits_forgotten
            + self.dead_letters
        )

    @property
    def sent_again(self) -> int:
        """Records beyond the first of their event: sent, and dropped by the inbox."""
        return self.records - self.committed

    def __str__(self) -> str:
        return (
            f"{self.committed:,} events committed, {self.rolled_back:,} rolled back, "
            f"{self.sent_again:,} sent again and dropped\n"
            f"lost {self.lost}, doubled {self.doubled}, out of order {self.disordered}, "
            f"told though rolled back {self.told_though_undone}, "
            f"commits forgotten {self.commits_forgotten}, dead letters {self.dead_letters}"
        )


def judge(
    outbox: Sequence[Told],
    effects: Sequence[Told],
    acknowledged: set[UUID],
    undone: set[UUID],
    *,
    records: int,
    dead_letters: int,
) -> Verdict:
    """Compare the outbox with the effects, both in the order in which they came to be.

    `acknowledged` and `undone` are the ids that the writers know to be committed and rolled back; `records` is
    how many stand on the topic.
    """
    committed = {told.id for told in outbox}
    times = Counter(told.id for told in effects)
    return Verdict(
        committed=len(committed),
        rolled_back=len(undone),
        records=records,
        lost=len(committed - times.keys()),
        doubled=sum(count - 1 for count in times.values()),
        disordered=_disordered(outbox) + _disordered(effects),
        told_though_undone=len((undone & committed) | (times.keys() - committed)),
        commits_forgotten=len(acknowledged - committed),
        dead_letters=dead_letters,
    )


def _disordered(all_told: Sequence[Told]) -> int:
    """How many do not follow their predecessor; each case counts from 1, without a gap."""
    last: dict[UUID, int] = defaultdict(int)
    wrong = 0
    for told in all_told:
        wrong += told.sequence != last[told.case] + 1
        last[told.case] = told.sequence
    return wrong
