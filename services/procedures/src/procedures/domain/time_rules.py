"""What a procedure says about time beside its terms: reminders, extensions, supplements, silence.

"reminder": {"kind": "working_days", "amount": 1},       so long before it is due; left out: none
"extension": {"longest": {…a term…}, "times": 1},        null: the procedure allows none
"supplements": {"rounds": 1, "answerWithin": {…a term…}, "onExpiry": "lapse"},
"consentBySilence": false                                true: no answer in time is a grant
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from procedures.domain.json_input import Node
from procedures.domain.terms import NO_TERM, Term, TermKind

MOST_TIMES = 20
"""Extensions, and rounds of supplements, that a procedure may allow."""


class Expiry(StrEnum):
    """What becomes of a case whose applicant does not bring what is missing in time."""

    LAPSE = "lapse"
    """It ends without an answer."""
    REJECT = "reject"
    """It is rejected."""
    CONTINUE = "continue"
    """It is processed with what is there."""


@dataclass(frozen=True, slots=True)
class Extension:
    """How often the agency may give itself more time, and how much each time."""

    longest: Term
    times: int = 1

    @classmethod
    def read(cls, node: Node) -> Self | None:
        """The extension at a node of a definition; None when it allows none."""
        if not node.given or not node.object():
            return None
        node.only("longest", "times")
        longest = Term.read(node.get("longest"))
        if longest.kind is TermKind.NONE and node.get("longest").given:
            node.get("longest").fault(
                "no_term", vi="Gia hạn phải có độ dài.", en="An extension must have a length."
            )
        times = node.get("times")
        return cls(longest, times.whole(least=1, most=MOST_TIMES) if times.given else 1)

    def to_json(self) -> dict[str, Any]:
        return {"longest": self.longest.to_json(), "times": self.times}


@dataclass(frozen=True, slots=True)
class SupplementRule:
    """How often the applicant may be asked for what is missing, and how long there is to bring it."""

    rounds: int | None = None
    """None: as often as needed."""
    answer_within: Term = NO_TERM
    """No term: the case waits for ever."""
    on_expiry: Expiry = Expiry.LAPSE

    @classmethod
    def read(cls, node: Node) -> Self:
        """The rule at a node of a definition; no limits where it says nothing."""
        if not node.given or not node.object():
            return cls()
        node.only("rounds", "answerWithin", "onExpiry")
        rounds, within = node.get("rounds"), node.get("answerWithin")
        return cls(
            rounds=rounds.whole(least=1, most=MOST_TIMES) if rounds.given else None,
            answer_within=Term.read(within) if within.given else NO_TERM,
            on_expiry=_read_expiry(node.get("onExpiry")),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "rounds": self.rounds,
            "answerWithin": self.answer_within.to_json(),
            "onExpiry": self.on_expiry.value,
        }


NO_LIMITS = SupplementRule()
"""As often as needed, and as long as it takes."""


@dataclass(frozen=True, slots=True)
class TimeRules:
    """All that a procedure says about time beside its terms."""

    reminder: Term = NO_TERM
    """How long before it is due the unit at work, and an applicant who was asked for something, is reminded."""
    extension: Extension | None = None
    supplements: SupplementRule = NO_LIMITS
    consent_by_silence: bool = False

    @classmethod
    def read(cls, node: Node) -> Self:
        """The rules among the members of a definition."""
        reminder = node.get("reminder")
        return cls(
            reminder=Term.read(reminder) if reminder.given else NO_TERM,
            extension=Extension.read(node.get("extension")),
            supplements=SupplementRule.read(node.get("supplements")),
            consent_by_silence=node.get("consentBySilence").flag(),
        )

    def to_json(self) -> dict[str, Any]:
        """The members that `read` takes."""
        return {
            "reminder": self.reminder.to_json(),
            "extension": None if self.extension is None else self.extension.to_json(),
            "supplements": self.supplements.to_json(),
            "consentBySilence": self.consent_by_silence,
        }


NO_RULES = TimeRules()

MEMBERS = ("reminder", "extension", "supplements", "consentBySilence")
"""Of a definition."""


def _read_expiry(node: Node) -> Expiry:
    if not node.given:
        return Expiry.LAPSE
    text = node.code()
    if text in set(Expiry):
        return Expiry(text)
    names = ", ".join(Expiry)
    node.fault("unknown_kind", vi=f"Cần một trong: {names}.", en=f"One of these is needed: {names}.")
    return Expiry.LAPSE
