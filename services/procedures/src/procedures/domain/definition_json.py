"""Definitions as plain JSON, and back.

    {
      "code": "HT-KHAI-SINH",
      "title": {"vi": "Đăng ký khai sinh", "en": "Registration of a birth"},
      "legalBasis": ["Luật Hộ tịch 2014, điều 16"],
      "agency": "H99.01",
      "documents": [{"code": "GIAY_CHUNG_SINH", "title": {…}, "required": true,
                     "mediaTypes": ["application/pdf"], "maxBytes": 10000000}],
      "form": {…JSON Schema 2020-12 of the answers…},
      "fee": {"amount": 5000, "currency": "VND"},            null: free of charge
      "feeDemand": {…see `fee_demand`…},                       null: nobody is asked for it
      "term": {"kind": "working_days", "amount": 3},
      "first": "TIEP_NHAN",
      …and what `time_rules` and `appeal_rule` list…,
      "stages": [{"code": "XU_LY", "title": {…}, "allowance": {…a term…}}],
      "steps": [{"code": "TIEP_NHAN", "title": {…}, "unit": "BP_MOT_CUA", "role": "TIEP_NHAN", "agency": null,
                 "stage": null, "allowance": {…a term…},
                 "pausesClock": false, "resumesClock": false, "completesProcessing": false, "decides": false,
                 "join": null, "exempt": false, "silenceConsents": false, "external": {"attempts": 3},
                 "opensCase": null,
                 "transitions": [{"to": "THAM_TRA", "outcome": null, "title": null}]}]
    }

A transition leads to a step, to several at once (`"to": ["HOI_THUE", "HOI_CONG_AN"]`), or with `null` to the
end. A step with `"join": {"needed": null}` waits for all branches that lead to it, with `{"needed": 2}` for
two of them. A step that is `exempt` does not count towards the term while it is open; with `silenceConsents`
it is taken for done on its first way when nobody does it in time. One that is `external` is done by systems of
its agency.

`code`, `title`, `agency`, `term`, `first` and `steps` must be there, and each transition's `to`; the rest may
be left out. A member of another name is a fault, so that no slip of the pen is lost in silence.
"""

import re
from collections.abc import Mapping
from typing import Any

from procedures.domain.appeal_rule import AppealRule
from procedures.domain.automation import Automation
from procedures.domain.definition import (
    END,
    Definition,
    Fee,
    Join,
    RequiredDocument,
    Stage,
    Step,
    Transition,
)
from procedures.domain.external_work import ExternalWork
from procedures.domain.fee_demand import FeeDemand
from procedures.domain.json_input import Node, note_unstorable
from procedures.domain.linked_cases import CaseToOpen
from procedures.domain.result import ResultType
from procedures.domain.retention import read_rules
from procedures.domain.rules import read_rules as read_decision_tables
from procedures.domain.terms import NO_TERM, Term
from procedures.domain.time_rules import MEMBERS as TIME_RULES
from procedures.domain.time_rules import TimeRules
from shared.errors import Fault, Invalid, Text

LARGEST_DOCUMENT = 1_000_000_000
LARGEST_FEE = 10**15
LONGEST_CODE = 50
"""Characters of a procedure's code, which is part of addresses."""
LONGEST_BASIS = 500
MOST_BRANCHES = 50
MOST_STEPS = 300
"""Steps of one procedure, or ways on from one of them; those in use have a tenth at most."""

_CURRENCY = re.compile(r"[A-Z]{3}")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")


class DefinitionMalformed(Invalid):
    """What was sent cannot be read as a definition; the faults say where."""

    slug = "definition-malformed"
    title = Text(
        vi="Nội dung gửi lên không phải là một định nghĩa thủ tục.",
        en="What was sent is not the definition of a procedure.",
    )


def definition_to_json(definition: Definition) -> dict[str, Any]:
    """The definition as plain JSON, every member spelled out; `definition_from_json` gives it back equal."""
    return {
        "code": definition.code,
        "title": _text_to_json(definition.title),
        "legalBasis": list(definition.legal_basis),
        "agency": definition.agency,
        "documents": [_document_to_json(document) for document in definition.documents],
        "form": definition.form,
        "fee": None if definition.fee is None else _fee_to_json(definition.fee),
        "term": definition.term.to_json(),
        "first": definition.first_step,
        "stages": [
            {"code": stage.code, "title": _text_to_json(stage.title), "allowance": stage.allowance.to_json()}
            for stage in definition.stages
        ],
        "steps": [_step_to_json(step) for step in definition.steps],
        "results": [kind.to_json() for kind in definition.results],
        **definition.time_rules.to_json(),
        "retention": [rule.to_json() for rule in definition.retention],
        "rules": [rule.to_json() for rule in definition.rules],
        "automation": definition.automation.to_json(),
        "feeDemand": None if definition.fee_demand is None else definition.fee_demand.to_json(),
        "appeal": None if definition.appeal is None else definition.appeal.to_json(),
    }


def definition_from_json(value: object) -> Definition:
    """The definition that parsed JSON describes; `findings` tells whether it is fit to be published.

    Raises:
        DefinitionMalformed: with all its faults at once.
    """
    faults: list[Fault] = []
    node = Node(value, "", faults)
    if node.object():
        definition = _definition(node)
        if not faults:
            return definition
    raise DefinitionMalformed(faults=faults)


def _definition(node: Node) -> Definition:
    node.only(
        "code",
        "title",
        "legalBasis",
        "agency",
        "documents",
        "form",
        "fee",
        "term",
        "first",
        "stages",
        "steps",
        "results",
        *TIME_RULES,
        "retention",
        "rules",
        "automation",
        "feeDemand",
        "appeal",
    )
    return Definition(
        code=node.get("code").code(LONGEST_CODE),
        title=_text(node.get("title")),
        agency=node.get("agency").code(),
        term=Term.read(node.get("term")),
        first_step=node.get("first").code(),
        steps=tuple(_step(item) for item in _bounded(node.get("steps"))),
        stages=tuple(_stage(item) for item in _optional_items(node.get("stages"))),
        legal_basis=tuple(item.code(LONGEST_BASIS) for item in _optional_items(node.get("legalBasis"))),
        documents=tuple(_document(item) for item in _optional_items(node.get("documents"))),
        form=_form(node.get("form")),
        fee=_fee(node.get("fee")),
        results=tuple(ResultType.read(item) for item in _optional_items(node.get("results"))),
        time_rules=TimeRules.read(node),
        retention=read_rules(node.get("retention")),
        rules=read_decision_tables(node.get("rules")),
        automation=Automation.read(node.get("automation")),
        fee_demand=FeeDemand.read(node.get("feeDemand")),
        appeal=AppealRule.read(node.get("appeal")),
    )


def _step(node: Node) -> Step:
    node.object()
    node.only(
        "code",
        "title",
        "unit",
        "role",
        "agency",
        "stage",
        "allowance",
        "pausesClock",
        "resumesClock",
        "completesProcessing",
        "decides",
        "join",
        "exempt",
        "silenceConsents",
        "external",
        "opensCase",
        "transitions",
    )
    return Step(
        code=node.get("code").code(),
        title=_text(node.get("title")),
        unit=node.get("unit").code(),
        transitions=tuple(_transition(item) for item in _bounded(node.get("transitions"))),
        role=_optional_code(node.get("role")),
        agency=_optional_code(node.get("agency")),
        stage=_optional_code(node.get("stage")),
        allowance=Term.read(node.get("allowance")) if node.get("allowance").given else NO_TERM,
        pauses_clock=node.get("pausesClock").flag(),
        resumes_clock=node.get("resumesClock").flag(),
        completes_processing=node.get("completesProcessing").flag(),
        decides=node.get("decides").flag(),
        join=_join(node.get("join")),
        exempt=node.get("exempt").flag(),
        silence_consents=node.get("silenceConsents").flag(),
        external=ExternalWork.read(node.get("external")),
        opens_case=CaseToOpen.read(node.get("opensCase")),
    )


def _join(node: Node) -> Join | None:
    if not node.given or not node.object():
        return None
    node.only("needed")
    needed = node.get("needed")
    return Join(needed.whole(least=1, most=MOST_BRANCHES) if needed.given else None)


def _transition(node: Node) -> Transition:
    node.object()
    node.only("to", "outcome", "title")
    to, title = node.get("to"), node.get("title")
    targets: tuple[str, ...] = ()
    if isinstance(to.value, list):
        targets = tuple(item.code() for item in to.items())
        if len(targets) < 2 or len(set(targets)) < len(targets) or len(targets) > MOST_BRANCHES:
            to.fault(
                "wrong_fork",
                vi=f"Cần từ 2 đến {MOST_BRANCHES} bước khác nhau, hoặc chỉ một mã bước.",
                en=f"From 2 to {MOST_BRANCHES} different steps are needed, or the code of one.",
            )
    elif to.value is not None:
        targets = (to.code(),)
    first, *beside = targets or (END,)
    return Transition(
        to=first,
        beside=tuple(code for code in beside if code is not END),
        outcome=_optional_code(node.get("outcome")),
        title=_text(title) if title.given else None,
    )


def _stage(node: Node) -> Stage:
    node.object()
    node.only("code", "title", "allowance")
    return Stage(node.get("code").code(), _text(node.get("title")), Term.read(node.get("allowance")))


def _document(node: Node) -> RequiredDocument:
    node.object()
    node.only("code", "title", "required", "mediaTypes", "maxBytes")
    required, most = node.get("required"), node.get("maxBytes")
    return RequiredDocument(
        code=node.get("code").code(),
        title=_text(node.get("title")),
        required=required.flag() if required.given else True,
        media_types=tuple(_media_type(item) for item in _optional_items(node.get("mediaTypes"))),
        max_bytes=most.whole(least=1, most=LARGEST_DOCUMENT) if most.given else None,
    )


def _media_type(node: Node) -> str:
    text = node.text()
    if not _MEDIA_TYPE.fullmatch(text):
        node.fault(
            "not_media_type",
            vi="Cần một loại tệp như application/pdf.",
            en="Needs a type like application/pdf.",
        )
    return text


def _fee(node: Node) -> Fee | None:
    if not node.given or not node.object():
        return None
    node.only("amount", "currency")
    currency = node.get("currency").text()
    if currency and not _CURRENCY.fullmatch(currency):
        node.get("currency").fault(
            "not_currency", vi="Cần mã tiền tệ ISO 4217 như VND.", en="Needs an ISO 4217 code such as VND."
        )
    return Fee(node.get("amount").whole(least=0, most=LARGEST_FEE), currency)


def _form(node: Node) -> Mapping[str, Any] | None:
    if not node.given or not node.object():
        return None
    note_unstorable(node)
    assert isinstance(node.value, dict)
    return node.value


def _text(node: Node) -> Text:
    node.object()
    node.only("vi", "en")
    return Text(vi=node.get("vi").text(), en=node.get("en").text())


def _optional_code(node: Node) -> str | None:
    return node.code() if node.given else None


def _optional_items(node: Node) -> tuple[Node, ...]:
    return node.items() if node.given else ()


def _bounded(node: Node) -> tuple[Node, ...]:
    """The items of a list that nobody writes longer by hand."""
    items = node.items()
    if len(items) > MOST_STEPS:
        node.fault(
            "too_many",
            vi=f"Nhiều nhất {MOST_STEPS} mục; ở đây có {len(items)}.",
            en=f"At most {MOST_STEPS} items are taken; here are {len(items)}.",
        )
    return items[:MOST_STEPS]


def _text_to_json(text: Text) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}


def _fee_to_json(fee: Fee) -> dict[str, Any]:
    return {"amount": fee.amount, "currency": fee.currency}


def _document_to_json(document: RequiredDocument) -> dict[str, Any]:
    return {
        "code": document.code,
        "title": _text_to_json(document.title),
        "required": document.required,
        "mediaTypes": list(document.media_types),
        "maxBytes": document.max_bytes,
    }


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "code": step.code,
        "title": _text_to_json(step.title),
        "unit": step.unit,
        "role": step.role,
        "agency": step.agency,
        "stage": step.stage,
        "allowance": step.allowance.to_json(),
        "pausesClock": step.pauses_clock,
        "resumesClock": step.resumes_clock,
        "completesProcessing": step.completes_processing,
        "decides": step.decides,
        "join": None if step.join is None else {"needed": step.join.needed},
        "exempt": step.exempt,
        "silenceConsents": step.silence_consents,
        "external": None if step.external is None else step.external.to_json(),
        "opensCase": None if step.opens_case is None else step.opens_case.to_json(),
        "transitions": [
            {
                "to": list(way.targets) if way.beside else way.to,
                "outcome": way.outcome,
                "title": None if way.title is None else _text_to_json(way.title),
            }
            for way in step.transitions
        ],
    }
