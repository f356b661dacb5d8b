"""A payment is given back in parts, which never come to more than what was paid."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from procedures.domain.acts import Actor, Entry, Submitted
from procedures.domain.case import Case, fold
from procedures.domain.definition import END, Definition, Step, Transition
from procedures.domain.fee_acts import FeeDemanded, FeePaid, RefundAnswered, RefundOrdered
from procedures.domain.fee_rules import payment_of, state_of
from procedures.domain.fees import FeeState, Payment, PaymentVerdict, RefundState
from procedures.domain.handling import Official
from procedures.domain.refund_rules import AlreadyRefunded, RefundTooLarge, answer_refund, order_refund
from procedures.domain.terms import NO_TERM
from shared.errors import Text

MONDAY = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
WORDS = Text("Mẫu", "Sample")
PROCEDURE = Definition("P", WORDS, "A", NO_TERM, "S", (Step("S", WORDS, "DESK", (Transition(END),)),))
DESK = Official("A", frozenset({("DESK", "R")}))
PAID, PAYMENT = 1000, UUID(int=7)
WHY = {"reason": "Nộp thừa.", "legalGround": "Luật Phí và lệ phí 2015, Điều 14"}
PART = {**WHY, "amount": 50000}


def log_of_a_paid_fee() -> list[Entry]:
    acts = (
        Submitted("P", 1, "A", "citizen", "", (), (), None),
        FeeDemanded(1, PAID, "VND", None, stops_clock=False, by_hand=False),
        FeePaid(1, Payment(PAYMENT, "napas", "FT1", PAID, "VND", MONDAY), "0000001/2026/BL"),
    )
    return [Entry(at, MONDAY, Actor("x", "system"), act) for at, act in enumerate(acts, 1)]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("order"), st.none() | st.integers(1, PAID + 200)),
            st.tuples(st.just("answer"), st.integers(0, 40), st.booleans(), st.sampled_from([0, 0, 0, 1])),
        ),
        max_size=40,
    )
)
def test_what_is_given_back_and_ordered_never_comes_to_more_than_what_was_paid(steps: list[Any]) -> None:
    log = log_of_a_paid_fee()
    case = fold(UUID(int=1), log)

    def do(act: Any) -> None:
        nonlocal case
        log.append(Entry(case.sequence + 1, MONDAY, Actor("x", "official", "A"), act))
        case = case.after(log[-1])

    for number, (kind, *details) in enumerate(steps):
        paid = payment_of(case, PAYMENT)
        if kind == "order":
            (amount,) = details
            try:
                (act,) = order(case, number, amount)
            except (AlreadyRefunded, RefundTooLarge):
                assert paid.refundable < (amount or 1)
                continue
            do(act)
        elif paid.refunds:
            which, done, off = details
            refund = paid.refunds[which % len(paid.refunds)]
            verdict, acts = answer(case, refund.id, refund.amount + off, done=done)
            waited = refund.state is RefundState.ORDERED
            assert (verdict is PaymentVerdict.ACCEPTED) is bool(acts) is (waited and not off)
            for one in acts:
                do(one)
        paid = payment_of(case, PAYMENT)
        standing = sum(one.amount for one in paid.refunds if one.state is not RefundState.FAILED)
        assert 0 <= paid.refunded <= standing == PAID - paid.refundable <= PAID
        (fee,) = case.fees
        given_back = {0: FeeState.PAID, PAID: FeeState.REFUNDED}
        assert state_of(case, fee) is given_back.get(paid.refunded, FeeState.PARTLY_REFUNDED)
    assert fold(case.id, log) == case


def order(case: Case, number: int, amount: int | None) -> Any:
    return order_refund(
        case, PROCEDURE, DESK, PAYMENT, UUID(int=100 + number), amount=amount, reason="x", legal_ground="y"
    )


def answer(case: Case, refund: UUID, amount: int, *, done: bool) -> Any:
    return answer_refund(
        case, refund, provider="napas", reference="R", amount=amount, currency="VND", done=done
    )


def test_a_log_from_before_there_were_parts_folds_to_the_whole_given_back() -> None:
    old = (
        RefundOrdered(PAYMENT, UUID(int=1), "x", "y"),
        RefundAnswered(PAYMENT, "R1", done=False),
        RefundOrdered(PAYMENT, UUID(int=2), "x", "y"),
        RefundAnswered(PAYMENT, "R2", done=True),
    )
    log = log_of_a_paid_fee()
    log += [replace(log[0], sequence=len(log) + at, act=act) for at, act in enumerate(old, 1)]
    paid = payment_of(fold(UUID(int=1), log), PAYMENT)
    assert [(one.amount, one.state, one.reference) for one in paid.refunds] == [
        (PAID, RefundState.FAILED, "R1"),
        (PAID, RefundState.DONE, "R2"),
    ]
    assert (paid.refunded, paid.refundable) == (PAID, 0)


async def paid_case(provider: Any) -> tuple[str, dict[str, Any], str]:
    """A case whose fee is paid, the fee, and the path to have it given back."""
    case, fee = await provider.asked()
    await provider.pay(fee["reference"])
    (paid,) = (await provider.world.read(case)).json()["payments"]
    return case, fee, f"payments/{paid['id']}/refund"


async def test_a_payment_is_given_back_in_parts_and_receipt_list_and_events_follow(
    world: Any, provider: Any
) -> None:
    case, fee, path = await paid_case(provider)
    desk = world.official("desk")
    refunds = []
    for _ in range(2):
        ordered = await world.act(case, path, desk, PART)
        assert ordered.status_code == 201, ordered.text
        refunds.append(ordered.json()["payments"][0]["refunds"][-1])
    too_much = await world.act(case, path, desk, {**PART, "amount": 50001})
    assert (too_much.status_code, too_much.json()["type"]) == (409, "/problems/refund-too-large")
    assert too_much.json()["refundable"] == 50000
    back = {"kind": "refunded", "refund": refunds[1]["id"]}
    assert (await provider.pay(fee["reference"], **back))["verdict"] == "too_much"
    assert (await provider.pay(fee["reference"], **back, amount=50000))["verdict"] == "accepted"
    view = (await world.read(case)).json()
    assert (view["fees"][0]["state"], view["payments"][0]["refundable"]) == ("partly_refunded", 50000)
    assert [one["state"] for one in view["payments"][0]["refunds"]] == ["ordered", "done"]
    rest = await world.act(case, path, desk, WHY)
    assert rest.json()["payments"][0]["refund"]["amount"] == 50000
    nothing = await world.act(case, path, desk, WHY)
    assert (nothing.status_code, nothing.json()["type"]) == (409, "/problems/already-refunded")
    receipt_path = f"/procedures/v1/cases/{case}/fees/1/receipt"
    receipt = (await world.http.get(receipt_path, headers=world.citizen())).json()
    assert (receipt["refundedAt"], [one["amount"] for one in receipt["refunds"]]) == (None, [50000])
    for refund in (refunds[0], rest.json()["payments"][0]["refund"]):
        await provider.pay(fee["reference"], **{**back, "refund": refund["id"]}, amount=50000)
    receipt = (await world.http.get(receipt_path, headers=world.citizen())).json()
    assert (receipt["refundedAt"] is not None, len(receipt["refunds"])) == (True, 3)
    listed = (await world.http.get("/procedures/v1/payments?verdict=accepted", headers=desk)).json()
    paid = next(one for one in listed["items"] if one["kind"] == "paid")
    assert (paid["refundState"], paid["refunded"]) == ("done", 150000)
    events = await world.told("procedures.case.v1", "code", view["code"])
    told = [row.payload for row in events if "refund" in row.type]
    assert [(one["amount"], one["paid"]) for one in told] == [(50000, 150000)] * 6


async def test_what_is_no_amount_is_not_given_back(world: Any, provider: Any) -> None:
    case, _, path = await paid_case(provider)
    for amount in (0, -1, 1.5, 10**16):
        refused = await world.act(case, path, world.official("desk"), {**WHY, "amount": amount})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/amount")
