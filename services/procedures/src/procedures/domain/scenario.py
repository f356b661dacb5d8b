"""What is invented of a case that a procedure is tried out with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from procedures.domain.case import Outcome
from procedures.domain.terms import Term


@dataclass(frozen=True, slots=True)
class InventedSupplement:
    """The applicant is asked for something as the case comes to a step."""

    step: str
    takes: Term
    """Until it is brought; no term: it never is."""


@dataclass(frozen=True, slots=True)
class InventedExtension:
    """The agency gives itself more time as the case comes to a step."""

    step: str
    by: Term


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is invented: when a case comes, how long people take, and what comes of their work."""

    starts_at: datetime
    takes: Mapping[str, Term] = field(default_factory=dict)
    """By step; no term: nobody ever does it."""
    outcomes: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    """By step, for the first time it is done, the second, …; the last one from then on."""
    decision: Outcome = Outcome.GRANTED
    form: Mapping[str, Any] = field(default_factory=dict)
    """Answers, for the rules to look at."""
    documents: Sequence[str] | None = None
    """What is attached; None: all that the procedure lists."""
    pays_after: Term | None = None
    """How long after it is asked for the applicant pays a fee; None: at once; no term: never."""
    supplements: Sequence[InventedSupplement] = ()
    extensions: Sequence[InventedExtension] = ()
    explore: bool = False
    """Try every way on of the steps without an outcome, instead of the usual one."""
    most_runs: int = 50
