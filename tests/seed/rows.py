"""A case of a course, as the rows in which the service would have written it: sealed, chained, folded."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from procedures.cases.sealing import sealed_act
from procedures.cases.store import act_json, actor_json, case_columns, case_text, task_row
from procedures.domain.acts import Act, Actor, Entry, Submitted, Supplemented
from procedures.domain.case import Case, fold
from procedures.domain.log import GENESIS, canonical, chained_bytes, entry_hash
from procedures.domain.personal import commitment
from procedures.domain.retention import due
from procedures.domain.timers import timers_of
from procedures.keys.keyring import SALT_LENGTH, CaseKey, Keyring
from tests.seed.courses import APPLICANT, Course

Row = tuple[Any, ...]
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "cases": ("id", "code", "procedure", "version", "agency", "applicant", "status", "submitted_at", "due_at",
              "sequence", "head", "state", "form", "data_key"),
    "case_log": ("case_id", "sequence", "at", "actor", "act", "hash"),
    "tasks": ("case_id", "step", "agency", "unit", "role", "opened_at", "due_at", "sort_at",
              "procedure", "status"),
    "timers": ("case_id", "kind", "subject", "at", "fires_at"),
    "documents": ("id", "owner", "file_name", "media_type", "size", "sha256", "began_at", "received_at", "case_id"),
    "retentions": ("case_id", "agency", "ended_at", "held", "scheduled", "due_on", "disposal"),
}  # fmt: skip
"""Tables in the order in which they are filled, since later ones refer to earlier ones."""


@dataclass(frozen=True, slots=True)
class Filing:
    """What is this applicant's own."""

    case_id: UUID
    code: str
    applicant: str
    form: Mapping[str, str]


def id_at(at: datetime, dice: Random) -> UUID:
    """A UUIDv7 of an instant, so that ids are in the order of submission here too."""
    milliseconds = int(at.timestamp() * 1000)
    return UUID(
        int=milliseconds << 80 | 7 << 76 | dice.getrandbits(12) << 64 | 2 << 62 | dice.getrandbits(62)
    )


@dataclass(slots=True)
class Rows:
    """Rows of many cases, by table."""

    keyring: Keyring
    dice: Random
    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def add(self, course: Course, filing: Filing) -> None:
        """The case that went the way of the course."""
        key, salt = self.keyring.new_key(filing.case_id), os.urandom(SALT_LENGTH)
        content = canonical(filing.form)
        applicant = Actor(filing.applicant, APPLICANT.kind)
        head, sealed = GENESIS, []
        for entry in course.entries:
            actor = applicant if entry.actor is APPLICANT else entry.actor
            act = self._own(entry.act, filing, entry.at, commitment(salt, content))
            own = Entry(entry.sequence, entry.at, actor, act)
            sealed.append(replace(own, act=sealed_act(key, own)))
            head = self._log(filing, head, sealed[-1])
        case = fold(filing.case_id, sealed)
        self._case(case, filing.code, head, key.seal_form(salt, content), key)
        self._what_follows(course, case)

    def _own(self, act: Act, filing: Filing, at: datetime, form_commitment: str) -> Act:
        """The act with what is this applicant's own in its place."""
        if isinstance(act, Submitted):
            return replace(act, applicant=filing.applicant, form_commitment=form_commitment)
        if isinstance(act, Supplemented):
            brought = tuple(replace(one, id=id_at(at, self.dice)) for one in act.attachments)
            for one in brought:
                name = self.keyring.seal("bản vẽ.pdf".encode(), bound_to=f"name of document {one.id}")
                row = (one.id, filing.applicant, name, one.media_type, one.size, one.sha256, at, at)
                self.tables["documents"].append((*row, filing.case_id))
            return replace(act, attachments=brought)
        return act

    def _log(self, filing: Filing, head: bytes, entry: Entry) -> bytes:
        actor, act = actor_json(entry.actor), act_json(entry.act)
        chained = chained_bytes(head, filing.case_id, entry.sequence, entry.at, actor, act)
        newest = entry_hash(filing.code, chained)
        texts = canonical(actor).decode(), canonical(act).decode()
        self.tables["case_log"].append((filing.case_id, entry.sequence, entry.at, *texts, newest))
        return newest

    def _case(self, case: Case, code: str, head: bytes, form: bytes, key: CaseKey) -> None:
        columns = case_columns(case).values()
        self.tables["cases"].append((case.id, code, *columns, head, case_text(case), form, key.wrapped))

    def _what_follows(self, course: Course, case: Case) -> None:
        """Open tasks, timers, and until when an ended case is kept."""
        self.tables["tasks"] += [(case.id, *task_row(case, task).values()) for task in case.tasks]
        for timer in timers_of(case):
            self.tables["timers"].append((case.id, timer.kind.value, timer.subject, timer.at, timer.at))
        if case.ended_at is not None:
            kept = due(course.definition.retention, case, course.calendar)
            until = (kept.on, kept.then.value) if kept else (None, None)
            self.tables["retentions"].append((case.id, case.agency, case.ended_at, False, True, *until))
