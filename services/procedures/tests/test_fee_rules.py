"""The rules of fees, without a database: what is asked for, when, and what a payment is good for."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from procedures.domain import fee_rules, handling
from procedures.domain.acts import Act, Actor, Entry, Submitted
from procedures.domain.automation import Approval, Automation, Routing
from procedures.domain.by_rule import follow
from procedures.domain.case import Case, fold, opened
from procedures.domain.clock import Stop
from procedures.domain.definition import END, Definition, Fee, Step, Transition
from procedures.domain.definition_json import DefinitionMalformed, definition_from_json, definition_to_json
from procedures.domain.fee_demand import DemandedAt, FeeDemand
from procedures.domain.fees import FeeReference, Payment, PaymentVerdict, receipt_number, reference_from
from procedures.domain.findings import findings
from procedures.domain.firing import fire
from procedures.domain.handling import Official
from procedures.domain.holidays_vn import vietnam
from procedures.domain.rule_acts import RuleApplied
from procedures.domain.rule_inputs import inputs_of
from procedures.domain.rules import Rule
from procedures.domain.terms import NO_TERM, Term, TermKind
from procedures.domain.time_rules import TimeRules
from procedures.domain.time_to_pay import Unpaid
from shared.errors import MotcuaError, Text

CALENDAR = vietnam(range(2026, 2028))
MONDAY = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
DESK = Official("A", frozenset({("DESK", "R")}))
WORDS = Text("Mẫu", "Sample")
PROCEDURE = Definition(
    "P",
    WORDS,
    "A",
    Term(TermKind.WORKING_DAYS, Decimal(3)),
    "RECEIVE",
    (
        Step("RECEIVE", WORDS, "DESK", (Transition("CHECK"),)),
        Step("CHECK", WORDS, "DESK", (Transition("ASK"),)),
        Step("ASK", WORDS, "DESK", (Transition("CHECK", "back"), Transition("HAND", "on"))),
        Step("HAND", WORDS, "DESK", (Transition(END),)),
    ),
    fee=Fee(5000),
    fee_demand=FeeDemand(DemandedAt.SUBMISSION),
)


def table(*rows: dict[str, str], outputs: tuple[str, ...] = ("amount", "exemption")) -> Rule:
    """A decision table over the number of copies and whether the applicant is poor."""
    columns = [
        {"id": "a", "name": "Số bản", "field": "form.copies"},
        {"id": "b", "name": "Hộ nghèo", "field": "form.poor"},
    ]
    content = {
        "hitPolicy": "first",
        "inputs": columns,
        "outputs": [{"id": name, "name": name, "field": name} for name in outputs],
        "rules": [{"_id": str(at), **row} for at, row in enumerate(rows)],
    }
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in"},
        {"id": "table", "type": "decisionTableNode", "name": "table", "content": content},
        {"id": "out", "type": "outputNode", "name": "out"},
    ]
    edges = [
        {"id": "1", "sourceId": "in", "targetId": "table"},
        {"id": "2", "sourceId": "table", "targetId": "out"},
    ]
    return Rule.of("LE_PHI", {"nodes": nodes, "edges": edges})


FEES = table(
    {"a": "", "b": "true", "amount": "0", "exemption": '"Luật Người nghèo, điều 3"'},
    {"a": "> 10", "b": "", "amount": "50000", "exemption": '""'},
    {"a": "[1..10]", "b": "", "amount": "form.copies * 2000", "exemption": '""'},
)
BY_RULE = replace(
    PROCEDURE,
    fee=None,
    rules=(FEES,),
    fee_demand=FeeDemand(DemandedAt.SUBMISSION, rule="LE_PHI", stops_clock=True),
)
CLOSES = Automation(approval=Approval("X"))
AT_ACCEPTANCE = {"fee_demand": FeeDemand(DemandedAt.ACCEPTANCE)}


def days(number: int) -> Term:
    return Term(TermKind.WORKING_DAYS, Decimal(number))


def submitted(definition: Definition = PROCEDURE) -> Case:
    task = handling.receiving_task(definition, CALENDAR, MONDAY)
    act = Submitted("P", 1, "A", "citizen", "", (), (task,), None)
    return opened(UUID(int=1), Entry(1, MONDAY, Actor("citizen", "person"), act))


def payment(amount: int = 5000, currency: str = "VND", number: int = 1) -> Payment:
    return Payment(UUID(int=number), "napas", f"FT{number}", amount, currency, MONDAY)


def followed(definition: Definition, **form: Any) -> tuple[list[Act], Case]:
    """What follows by itself from the submission, and the case then."""
    case = submitted(definition)
    acts = follow(case, definition, CALENDAR, inputs_of(form, (), MONDAY.date()), MONDAY)
    return list(acts), act_on(case, acts, MONDAY)


@pytest.mark.parametrize(
    ("form", "amount", "exempted_by"),
    [
        ({"copies": 3, "poor": False}, 6000, None),
        ({"copies": 11, "poor": False}, 50000, None),
        ({"copies": 11, "poor": True}, 0, "Luật Người nghèo, điều 3"),
    ],
)
def test_a_decision_table_says_what_a_case_costs_or_on_what_ground_nothing(
    form: dict[str, Any], amount: int, exempted_by: str | None
) -> None:
    (asked, _), case = followed(BY_RULE, **form)
    (fee,) = case.fees
    assert (fee.amount, fee.exempted_by, fee.open) == (amount, exempted_by, exempted_by is None)
    assert isinstance(asked, RuleApplied)
    assert (asked.purpose, asked.rule, asked.version) == ("fee", "LE_PHI", FEES.version)
    assert asked.inputs == {"form.copies": str(form["copies"]), "form.poor": str(form["poor"]).lower()}
    assert not fee_rules.falls_due(case, BY_RULE)


@pytest.mark.parametrize(
    ("rule", "failure"),
    [
        (None, "not_there"),
        (Rule.of("LE_PHI", {}), "unreadable"),
        (table({"a": "> 99", "b": "", "amount": "1", "exemption": '""'}), "no_row"),
        (table({"a": "", "b": "", "amount": "0", "exemption": '""'}), "unfit_answer"),
        (table({"a": "", "b": "", "amount": "1.5", "exemption": '""'}), "unfit_answer"),
        (table({"a": "", "b": "", "amount": "-1", "exemption": '""'}), "unfit_answer"),
        (table({"a": "", "b": "", "amount": '"x"', "exemption": '""'}), "unfit_answer"),
        (table({"a": "", "b": "", "amount": "1", "exemption": "2"}), "unfit_answer"),
        (
            table({"a": "", "b": "", "amount": "1", "currency": '"dong"'}, outputs=("amount", "currency")),
            "unfit_answer",
        ),
    ],
)
def test_a_rule_that_gives_no_amount_does_not_stop_the_case_and_is_not_asked_again(
    rule: Rule | None, failure: str
) -> None:
    definition = replace(BY_RULE, rules=() if rule is None else (rule,))
    (asked,), case = followed(definition, copies=3, poor=False)
    assert isinstance(asked, RuleApplied)
    assert (asked.failure, case.fees) == (failure, ())
    assert not fee_rules.falls_due(case, definition)
    accepted = act_on(case, handling.accept(case, definition, CALENDAR, DESK, MONDAY), MONDAY)
    assert accepted.stops == ()


def test_a_case_that_a_rule_grants_waits_for_its_fee_first() -> None:
    grants = table({"a": "", "b": "", "approve": "true"}, outputs=("approve",))
    definition = replace(
        BY_RULE,
        rules=(FEES, Rule("DUYET", grants.canonical)),
        automation=Automation(approval=Approval("DUYET")),
    )
    acts, case = followed(definition, copies=3, poor=False)
    assert [act.kind for act in acts] == ["rule_applied", "fee_demanded"]
    paid = fee_rules.settle(case, CALENDAR, MONDAY, 1, payment(6000), "1").change(case, MONDAY)
    after = follow(paid, definition, CALENDAR, inputs_of({}, (), MONDAY.date()), MONDAY)
    assert [act.kind for act in after] == ["rule_applied", "accepted", "decided", "closed"]
    unknown, _ = followed(definition, copies=0, poor=False)
    assert [act.kind for act in unknown] == ["rule_applied"]  # which gave no amount: an official has to
    free, _ = followed(definition, copies=3, poor=True)
    assert [act.kind for act in free] == [
        *("rule_applied", "fee_exempted", "rule_applied", "accepted", "decided", "closed")
    ]


def test_a_step_that_a_rule_leads_on_from_asks_for_its_fee_nevertheless() -> None:
    way = table({"a": "", "b": "", "outcome": '"on"'}, outputs=("outcome",))
    definition = replace(
        PROCEDURE,
        rules=(Rule("TUYEN", way.canonical),),
        automation=Automation(routing=(Routing("ASK", "TUYEN"),)),
        fee_demand=FeeDemand(DemandedAt.STEP, "ASK"),
    )
    case = act_on(
        submitted(definition), handling.accept(submitted(), definition, CALENDAR, DESK, MONDAY), MONDAY
    )
    case = act_on(
        case,
        handling.complete_task(
            case, definition, CALENDAR, DESK, MONDAY, step="CHECK", outcome=None, note=None
        ),
        MONDAY,
    )
    acts = follow(case, definition, CALENDAR, inputs_of({}, (), MONDAY.date()), MONDAY)
    assert [act.kind for act in acts] == ["fee_demanded", "rule_applied", "task_completed"]


def act_on(case: Case, acts: tuple[Act, ...], at: datetime) -> Case:
    for act in acts:
        case = act.change(case, at)
    return case


def test_payment_settles_a_fee_only_to_the_very_amount_and_once() -> None:
    case = submitted()
    case = act_on(case, follow(case, PROCEDURE, CALENDAR, {}, MONDAY), MONDAY)
    (fee,) = case.fees
    assert fee_rules.verdict_on(case, fee, payment(4999)) is PaymentVerdict.TOO_LITTLE
    assert fee_rules.verdict_on(case, fee, payment(5001)) is PaymentVerdict.TOO_MUCH
    assert fee_rules.verdict_on(case, fee, payment(5000, "USD")) is PaymentVerdict.WRONG_CURRENCY
    assert fee_rules.verdict_on(case, fee, payment()) is PaymentVerdict.ACCEPTED
    paid = fee_rules.settle(case, CALENDAR, MONDAY, 1, payment(), "1").change(case, MONDAY)
    assert fee_rules.verdict_on(paid, paid.fees[0], payment(number=2)) is PaymentVerdict.DUPLICATE
    over = act_on(case, handling.withdraw(case, reason=None), MONDAY)
    assert fee_rules.verdict_on(over, over.fees[0], payment()) is PaymentVerdict.LATE


def test_a_fee_is_named_by_the_code_of_its_case_and_nothing_else_is_taken_for_one() -> None:
    reference = FeeReference("H99.01-X", "H99.01-X-260105-10001", 12)
    assert reference_from(f" {reference} ") == reference
    for other in (
        "",
        "/1",
        "H99.01-260105-0001",
        "H99.01-260105-0001/0",
        "H99.01-260105-0001/1/1",
        "H-26-1/1",
    ):
        assert reference_from(other) is None
    assert receipt_number(7, 2026) == "0000007/2026/BL"
    assert receipt_number(12345678, 2026) == "12345678/2026/BL"


@pytest.mark.parametrize("seed", range(60))
def test_whatever_happens_the_clock_stands_still_for_payment_exactly_while_such_a_fee_is_open(
    seed: int,
) -> None:
    """And the procedure asks once, no payment settles two fees, and the log folds to the same case."""
    chance = random.Random(seed)
    demand = FeeDemand(
        *chance.choice(
            [(DemandedAt.SUBMISSION, None), (DemandedAt.ACCEPTANCE, None), (DemandedAt.STEP, "ASK")]
        ),
        stops_clock=chance.random() < 0.7,
        pay_within=chance.choice([NO_TERM, Term(TermKind.WORKING_HOURS, Decimal(4))]),
        on_expiry=chance.choice(list(Unpaid)),
    )
    definition = replace(PROCEDURE, fee_demand=demand)
    case, now = submitted(definition), MONDAY
    log = [
        Entry(1, now, Actor("citizen", "person"), Submitted("P", 1, "A", "citizen", "", (), case.tasks, None))
    ]

    def do(*acts: Act) -> None:
        nonlocal case
        for act in acts:
            log.append(Entry(case.sequence + 1, now, Actor("x", "official", "A"), act))
            case = case.after(log[-1])

    for number in range(2, 40):
        now += timedelta(minutes=chance.randrange(200))
        do(*follow(case, definition, CALENDAR, {}, now))
        do(*fire(case, definition, CALENDAR, now))
        over = case.decided_at is not None or case.ended_at is not None
        assert over or not any(fee.running_out and fee.running_out.by < now for fee in case.fees)
        try:
            do(*_something(case, definition, now, chance, number))
        except MotcuaError:
            continue
        waits = case.clock is not None and case.decided_at is None and not case.status.ended
        open_fees = [fee for fee in case.fees if fee.open and fee.stops_clock and not fee.expired]
        assert (Stop.PAYMENT in case.stops) is bool(open_fees) or not waits
        assert (case.due_at is None) is bool(case.stops) or not waits
    assert sum(not fee.by_hand for fee in case.fees) <= 1
    settled = [fee.paid_by for fee in case.fees if fee.paid_by]
    assert len(set(settled)) == len(settled)
    assert fold(case.id, log) == case


def _something(
    case: Case, definition: Definition, now: datetime, chance: random.Random, number: int
) -> tuple[Act, ...]:
    step = chance.choice(case.tasks).step if case.tasks else "RECEIVE"
    match chance.randrange(8):
        case 0 | 1 if case.received_at is None:
            return handling.accept(case, definition, CALENDAR, DESK, now)
        case 0 | 1:
            way = chance.choice(["on", "back"]) if step == "ASK" else None
            return handling.complete_task(
                case, definition, CALENDAR, DESK, now, step=step, outcome=way, note=None
            )
        case 2:
            return fee_rules.demand_by_hand(
                case,
                definition,
                CALENDAR,
                DESK,
                now,
                Fee(7),
                legal_ground="x",
                stops_clock=chance.random() < 0.5,
            )
        case 3:
            return fee_rules.exempt(
                case, definition, CALENDAR, DESK, now, chance.randint(1, 3), reason="x", legal_ground="y"
            )
        case 4:
            return handling.withdraw(case, reason=None) if chance.random() < 0.1 else ()
        case 5:
            return handling.request_supplement(case, CALENDAR, DESK, now, [])
        case _:
            fee = fee_rules.fee_of(case, chance.randint(1, 3))
            paid = payment(fee.amount + chance.choice([0, 0, 1]), number=number)
            verdict = fee_rules.verdict_on(case, fee, paid)
            if verdict is PaymentVerdict.ACCEPTED:
                return (fee_rules.settle(case, CALENDAR, now, fee.number, paid, str(number)),)
            return (fee_rules.set_aside(fee.number, paid, verdict),)


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"fee_demand": FeeDemand(DemandedAt.STEP, "NOWHERE")}, "fee_step_unknown", "/feeDemand/step"),
        (
            {"fee": None, "fee_demand": FeeDemand(DemandedAt.SUBMISSION, rule="X")},
            "fee_rule_unknown",
            "/feeDemand/rule",
        ),
        ({"fee": None}, "fee_of_unknown_amount", "/feeDemand"),
        ({**AT_ACCEPTANCE, "automation": CLOSES}, "fee_not_awaited", "/feeDemand"),
        (
            {"fee_demand": FeeDemand(DemandedAt.SUBMISSION, rule="LE_PHI"), "rules": (FEES,)},
            "fee_twice",
            "/fee",
        ),
        (
            {
                "fee": None,
                "fee_demand": FeeDemand(DemandedAt.SUBMISSION, rule="LE_PHI"),
                "rules": (table({"a": "", "b": "", "price": "1"}, outputs=("price",)),),
            },
            "fee_rule_without_amount",
            "/feeDemand/rule",
        ),
        (
            {"fee_demand": FeeDemand(DemandedAt.SUBMISSION, on_expiry=Unpaid.CONTINUE)},
            "fee_never_expires",
            "/feeDemand/onExpiry",
        ),
        (
            {"fee_demand": FeeDemand(DemandedAt.SUBMISSION, pay_within=days(3))},
            "fee_expires_after_term",
            "/feeDemand/payWithin",
        ),
        (
            {
                "fee_demand": FeeDemand(DemandedAt.SUBMISSION, pay_within=days(1)),
                "time_rules": TimeRules(reminder=days(1)),
            },
            "fee_reminder_too_early",
            "/reminder",
        ),
    ],
)
def test_the_linter_finds_what_is_wrong_with_a_demand(
    changes: dict[str, Any], code: str, pointer: str
) -> None:
    def of_fees(definition: Definition) -> list[tuple[str, str]]:
        return [(one.code, one.pointer) for one in findings(definition) if one.code.startswith("fee_")]

    timely = replace(PROCEDURE, fee_demand=FeeDemand(DemandedAt.SUBMISSION, pay_within=days(2)))
    awaited = replace(PROCEDURE, automation=CLOSES)
    assert of_fees(PROCEDURE) == of_fees(BY_RULE) == of_fees(timely) == of_fees(awaited) == []
    assert of_fees(replace(PROCEDURE, **changes)) == [(code, pointer)]


def test_a_demand_is_read_back_as_it_was_written_and_its_faults_are_named() -> None:
    asked = FeeDemand(DemandedAt.STEP, "ASK", "LE_PHI", True, days(5), Unpaid.CONTINUE)
    for demand in (None, FeeDemand(DemandedAt.SUBMISSION), asked):
        definition = replace(PROCEDURE, fee_demand=demand)
        assert definition_from_json(definition_to_json(definition)) == definition
    for wrong, pointer in (
        ({"at": "whenever"}, "/feeDemand/at"),
        ({"at": "step"}, "/feeDemand/step"),
        ({"at": "submission", "step": "ASK"}, "/feeDemand/step"),
        ({"at": "submission", "when": 1}, "/feeDemand/when"),
        ({"at": "submission", "payWithin": {"kind": "weeks", "amount": 1}}, "/feeDemand/payWithin/kind"),
        ({"at": "submission", "onExpiry": "reject"}, "/feeDemand/onExpiry"),
    ):
        with pytest.raises(DefinitionMalformed) as refused:
            definition_from_json({**definition_to_json(PROCEDURE), "feeDemand": wrong})
        assert [fault.pointer for fault in refused.value.faults] == [pointer]
