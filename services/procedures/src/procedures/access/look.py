"""A look at people's data: by whom, at what, what for, when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from procedures.cases.sight import Viewer


class Purpose(StrEnum):
    """What was shown, and so what for. Identity has the words for it."""

    CASE = "case"
    FORMER_STATE = "former_state"
    LOG = "log"
    CLOCK = "clock"
    CASE_LIST = "case_list"
    WORK_LIST = "work_list"
    DOCUMENT = "document"
    HANDLING = "handling"
    DISPOSAL = "disposal"
    PAYMENTS = "payments"
    CONSULTATION = "consultation"


@dataclass(frozen=True, slots=True)
class Look:
    """Whoever asks, and why."""

    viewer: Viewer
    kind: Literal["person", "official", "client"]
    units: tuple[str, ...]
    """Where an official holds a post."""
    purpose: Purpose
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A case that was shown, be it a line of it, and whose it is."""

    case_id: UUID
    code: str
    procedure: str
    person: str
