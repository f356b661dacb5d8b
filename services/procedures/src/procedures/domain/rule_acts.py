"""A rule was asked: what it is in which version, what it looked at and what it answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from procedures.domain.automation import AppliedRule, Purpose
from procedures.domain.case import Case
from procedures.domain.personal import PersonalText


@dataclass(frozen=True, slots=True)
class RuleApplied:
    """What follows from the answer are acts of their own."""

    purpose: Purpose
    rule: str
    version: str
    inputs: Mapping[str, PersonalText] = field(default_factory=dict)
    """What it looked at, each value as JSON; all of it may be personal, so that it is sealed."""
    answer: Mapping[str, PersonalText] = field(default_factory=dict)
    """By output, likewise; empty when there is none."""
    step: str | None = None
    """Which way on is asked for."""
    failure: str | None = None
    """Why there is no answer, or none that can be followed; then people decide."""
    kind: Literal["rule_applied"] = "rule_applied"

    def change(self, case: Case, at: datetime) -> Case:
        applied = AppliedRule(at, self.purpose, self.rule, self.version, self.step, self.failure)
        return replace(case, rules_applied=(*case.rules_applied, applied))
