"""Register sheets of one-stop shops, read into drafts of definitions.

A sheet is JSON: `{"sheet", "code", "title", "total_days", "fee", "steps": [{"unit", "name", "days", "role",
"tasks": [{"code", "name", "days", "next"}]}], "form": […]}`, as they were kept for years by hand. So it
may say anything, and whatever it says is read as far as it goes: nothing here raises.

How a sheet becomes a definition:

- Each *task* becomes a step, at the unit and role of the sheet's step; each sheet's *step* becomes a stage.
- The days of a sheet's step are what the unit answers for, and add up to the total: they are the stage's
  allowance. The days of a task are its own part of them. A task of 0 days has no part of its own, and takes
  what the others leave; the only task of a step takes all of it.
- `next` names the task that follows, `NULL` ends. `pauses_clock`, `resumes_clock` and `business_done` take
  effect when their task is completed.
- -1 days stand for no fixed term.
- A fee is a number of dong; `50.000` is read as 50000, nothing and 0 as free of charge.
- Sheets are Vietnamese; the English titles are the same words until somebody translates them.

Found besides what `findings` finds, with pointers into the sheet:

| code                        | severity | what it says                                                     |
|-----------------------------|----------|------------------------------------------------------------------|
| unreadable_sheet            | error    | it is not JSON, or too large                                     |
| missing, wrong_type,        | error    | something is absent, or not of the kind it must be: no draft,    |
| empty, too_long             |          | unless it belongs to a field of the form                         |
| unreadable_text             | error    | characters that no screen can show                               |
| unreadable_days             | error    | not a number of days that can be                                 |
| fee_unreadable              | error    | not an amount of money                                           |
| fee_format                  | warning  | the amount is written with thousands dots                        |
| no_fixed_term               | warning  | -1 days, of the procedure or of a step                           |
| code_mismatch               | warning  | the code is not the sheet's name                                 |
| foreign_task                | warning  | the code of a task names another procedure                       |
| unknown_key                 | warning  | something that sheets do not have, left out                      |
| duplicate_field             | warning  | two fields of one id; the later got another                      |
| unlabelled_field            | warning  | a field without a label, not beside a check box                  |
| unknown_widget, unknown_rule| warning  | a type or rule of a field that nobody knows; it became text      |
| rule_mismatch               | warning  | a rule that contradicts the type or the label of its field       |
| not_a_field                 | warning  | a button                                                         |
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from procedures.domain.allowances import in_words, sum_of
from procedures.domain.definition import END, Definition, Stage, Step, Transition
from procedures.domain.definition_json import LONGEST_CODE
from procedures.domain.finding import Finding, Severity, error, warning
from procedures.domain.findings import findings
from procedures.domain.json_input import Node, quoted
from procedures.domain.sheet_amounts import read_days, read_fee
from procedures.domain.sheet_form import SheetForm, read_form
from procedures.domain.terms import NO_TERM, Term, TermKind
from shared.errors import Fault, Text

LARGEST = 256_000
"""Bytes of a sheet that are read; those in use have at most a tenth."""

_END = "NULL"
_UNDRAFTED = ("missing", "wrong_type", "empty", "too_long")


@dataclass(frozen=True, slots=True)
class Imported:
    """A sheet as it was read: the draft, if there can be one, and everything that is wrong with it."""

    definition: Definition | None
    findings: tuple[Finding, ...]

    @property
    def publishable(self) -> bool:
        """Whether there is a draft and no error keeps it from being published."""
        return self.definition is not None and all(
            finding.severity is not Severity.ERROR for finding in self.findings
        )


def read_sheet(raw: object, *, agency: str, known_units: Collection[str] | None = None) -> Imported:
    """A register sheet, as bytes or as parsed JSON, read for the agency with this code.

    Never raises; what cannot be read is a finding.
    """
    if isinstance(raw, bytes | bytearray | memoryview):
        try:
            raw = _parsed(bytes(raw))
        except (ValueError, RecursionError):
            return Imported(None, (_unreadable_sheet(),))
    sheet = Node(raw, "", [])
    if not sheet.object():
        return Imported(None, _from_faults(sheet.faults))
    reading = _Reading()
    draft = reading.definition(sheet, agency)
    own = (*_from_faults(sheet.faults), *_from_faults(reading.form_faults), *reading.findings)
    of_draft = reading.in_sheet(findings(draft, known_units)) if draft.steps else ()
    drafted = all(fault.code not in _UNDRAFTED for fault in sheet.faults)
    return Imported(draft if drafted else None, _joined(own, of_draft))


@dataclass(slots=True)
class _Reading:
    """What is read of a sheet besides the definition itself."""

    findings: list[Finding] = field(default_factory=list)
    form_faults: list[Fault] = field(default_factory=list)
    """Faults of single fields: they leave the field out, and a draft can still be made."""
    places: dict[str, str] = field(default_factory=dict)
    """Where in the sheet a part of the definition stands."""

    def definition(self, sheet: Node, agency: str) -> Definition:
        sheet.only("sheet", "code", "title", "total_days", "fee", "steps", "form")
        code, title = sheet.get("code").code(LONGEST_CODE), sheet.get("title").text()
        self._compare_codes(sheet.get("sheet"), code)
        stages: list[Stage] = []
        steps: list[Step] = []
        for item in sheet.get("steps").items():
            if item.object():
                self._read_stage(item, code, stages, steps)
        if not steps:
            sheet.get("steps").fault("empty", vi="Phiếu không có công việc nào.", en="The sheet has no task.")
        form = self._form(sheet.get("form"))
        return Definition(
            code=code,
            title=Text(vi=title, en=title),
            agency=agency,
            term=self._term(sheet.get("total_days"), stages),
            first_step=steps[0].code if steps else "",
            steps=tuple(steps),
            stages=tuple(stages),
            documents=tuple(form.documents),
            form=form.schema,
            fee=read_fee(sheet.get("fee"), self.findings),
        )

    def in_sheet(self, found: Iterable[Finding]) -> Iterator[Finding]:
        """Findings about the definition, with pointers into the sheet."""
        for finding in found:
            yield replace(finding, pointer=self._place(finding.pointer))

    def _place(self, pointer: str) -> str:
        """Where a part of the definition stands in the sheet: at the nearest place that is known."""
        if pointer in self.places:
            return self.places[pointer]
        part, _, rest = pointer[1:].partition("/")
        number, _, member = rest.partition("/")
        place = self.places.get(f"/{part}/{number}")
        if place is None:
            return _PARTS.get(part, f"/{part}")
        return place + _MEMBERS.get(member, "")

    def _compare_codes(self, named: Node, code: str) -> None:
        name = named.text() if named.given else ""
        if name and code and name != code:
            self.findings.append(
                warning(
                    "code_mismatch",
                    "/code",
                    vi=f"Phiếu tên là {quoted(name)} nhưng ghi mã thủ tục {quoted(code)}; đã dùng mã {quoted(code)}.",
                    en=f"The sheet is called {quoted(name)} but gives the code {quoted(code)}, which was used.",
                )
            )

    def _read_stage(self, node: Node, code: str, stages: list[Stage], steps: list[Step]) -> None:
        """Adds a step of the sheet to the stages, and its tasks to the steps."""
        node.only("unit", "name", "days", "role", "tasks")
        name, unit, role = node.get("name").text(), node.get("unit").code(), node.get("role")
        stage = Stage(str(len(stages) + 1), Text(vi=name, en=name), self._days(node.get("days"), name))
        self.places[f"/stages/{len(stages)}"] = node.pointer
        stages.append(stage)
        tasks = [item for item in node.get("tasks").items() if item.object()]
        for item in tasks:
            step = replace(
                self._step(item, code),
                unit=unit,
                role=role.code() if role.given else None,
                stage=stage.code,
            )
            if step.allowance == NO_TERM and len(tasks) == 1:
                step = replace(step, allowance=stage.allowance)
            if step.code:
                self.places[f"/steps/{len(steps)}"] = item.pointer
                self.places[f"/steps/{len(steps)}/unit"] = f"{node.pointer}/unit"
                steps.append(step)

    def _step(self, node: Node, code: str) -> Step:
        """The step of a task, but for what its sheet's step says about it."""
        node.only("code", "name", "days", "next", "pauses_clock", "resumes_clock", "business_done")
        task, name, following = node.get("code").code(), node.get("name").text(), node.get("next").code()
        own = self._days(node.get("days"), name)
        if code and "::" in task and code not in task.split("::"):
            self.findings.append(
                warning(
                    "foreign_task",
                    f"{node.pointer}/code",
                    vi=f"Công việc {quoted(task)} mang mã của thủ tục khác, không phải {quoted(code)}.",
                    en=f"The task {quoted(task)} bears the code of another procedure, not {quoted(code)}.",
                )
            )
        return Step(
            code=task,
            title=Text(vi=name, en=name),
            unit="",
            transitions=(Transition(END if following == _END else following),),
            allowance=own if own.amount else NO_TERM,
            pauses_clock=node.get("pauses_clock").flag(),
            resumes_clock=node.get("resumes_clock").flag(),
            completes_processing=node.get("business_done").flag(),
        )

    def _days(self, node: Node, name: str) -> Term:
        """The days of a step or task of the sheet."""
        term = read_days(node, self.findings)
        if term is not None:
            return term
        self.findings.append(
            warning(
                "no_fixed_term",
                node.pointer,
                vi=f"Phiếu ghi -1 ngày cho {quoted(name)}: phần này không có thời hạn cố định.",
                en=f"The sheet gives -1 days to {quoted(name)}: this part has no fixed term.",
            )
        )
        return NO_TERM

    def _term(self, node: Node, stages: list[Stage]) -> Term:
        """The term of the procedure; without one, the finding says what the steps come to."""
        term = read_days(node, self.findings)
        if term is not None:
            return term
        total = sum_of([stage.allowance for stage in stages], TermKind.WORKING_DAYS) or NO_TERM
        words = in_words(total)
        sums = Text(f" Các bước cộng lại là {words.vi}.", f" Its steps add up to {words.en}.")
        if not total.amount:
            sums = Text("", "")
        self.findings.append(
            warning(
                "no_fixed_term",
                node.pointer,
                vi="Phiếu ghi -1 ngày: thủ tục không có thời hạn cố định, nên hồ sơ không bao giờ bị coi là"
                f" quá hạn.{sums.vi}",
                en=f"The sheet gives -1 days: there is no fixed term, so no case is ever late.{sums.en}",
            )
        )
        return NO_TERM

    def _form(self, node: Node) -> SheetForm:
        if not node.given:
            return SheetForm()
        form = read_form(Node(node.value, node.pointer, self.form_faults))
        self.findings.extend(form.findings)
        self.places.update({f"/documents/{at}": place for at, place in enumerate(form.places)})
        return form


_PARTS = {"term": "/total_days", "first": "/steps"}
"""What the parts of a definition are called in a sheet, where they are called otherwise."""

_MEMBERS = {
    "code": "/code",
    "title": "/name",
    "allowance": "/days",
    "resumesClock": "/resumes_clock",
    "transitions/0/to": "/next",
}
"""What the members of stages and steps are called in a sheet."""


def _parsed(raw: bytes) -> object:
    if len(raw) > LARGEST:
        raise ValueError(len(raw))
    parsed: object = json.loads(raw.decode("utf-8-sig"))
    return parsed


def _unreadable_sheet() -> Finding:
    return error(
        "unreadable_sheet",
        "",
        vi=f"Không đọc được phiếu: cần một tệp JSON, mã UTF-8, không quá {LARGEST} byte.",
        en=f"The sheet cannot be read: it must be JSON in UTF-8 of at most {LARGEST} bytes.",
    )


def _from_faults(faults: Iterable[Fault]) -> tuple[Finding, ...]:
    """What a sheet lacks is an error; what it has besides is left out with a warning."""
    return tuple(
        Finding(
            fault.code,
            Severity.WARNING if fault.code == "unknown_key" else Severity.ERROR,
            fault.pointer,
            fault.detail,
        )
        for fault in faults
    )


def _joined(own: Iterable[Finding], of_draft: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once: what is known of the sheet itself is not said again about the draft."""
    joined = {(finding.code, finding.pointer): finding for finding in own}
    broken = {finding.pointer for finding in own if finding.severity is Severity.ERROR}
    for finding in of_draft:
        if finding.pointer not in broken:
            joined.setdefault((finding.code, finding.pointer), finding)
    return tuple(joined.values())
