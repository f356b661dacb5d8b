"""`verify` compares what is stored of payments with the logs: no row is changed, lost or made up unseen."""

from typing import Any

from sqlalchemy import delete, insert, literal, select, text

from procedures.cases.soundness import flaws_of_cases
from procedures.series import flaws_of_series
from procedures.tables import payments
from shared.ids import new_id

WHY = {"reason": "Nộp thừa.", "legalGround": "Luật Phí và lệ phí 2015, Điều 14"}


async def paid_and_given_back_in_part(provider: Any) -> tuple[str, str]:
    """The id and the code of a case with a payment, one too many, one that failed to go back, and one that did."""
    world = provider.world
    case, fee = await provider.asked()
    reference = fee["reference"]
    assert (await provider.pay(f" {reference} "))["verdict"] == "accepted"
    assert (await provider.pay(reference))["verdict"] == "duplicate"
    assert (await provider.pay(f"{reference}9"))["verdict"] == "unknown"
    path = f"payments/{(await world.read(case)).json()['payments'][0]['id']}/refund"
    for kind, amount in (("refund_failed", 1000), ("refunded", 2000)):
        ordered = await world.act(case, path, world.official("desk"), {**WHY, "amount": amount})
        refund = ordered.json()["payments"][0]["refund"]["id"]
        answer = {"kind": kind, "refund": refund, "amount": amount}
        assert (await provider.pay(reference, **{**answer, "amount": 1}))["verdict"] == "too_little"
        assert (await provider.pay(reference, **answer))["verdict"] == "accepted"
    return case, (await world.read(case)).json()["code"]


async def flaw_of(tx: Any, code: str) -> str | None:
    (verified,) = await flaws_of_cases(tx, after=None, limit=1, code=code)
    return verified.flaw and str(verified.flaw.en)


CHANGES = {
    "the amount of a payment": "amount = amount + 1 WHERE kind = 'paid' AND verdict = 'accepted'",
    "the number of a receipt": "receipt = '9999999/2026/BL' WHERE verdict = 'accepted' AND kind = 'paid'",
    "the verdict on a payment": "verdict = 'late' WHERE verdict = 'duplicate'",
    "a verdict that nothing follows from": "verdict = 'unknown' WHERE verdict = 'duplicate'",
    "the provider": "provider = 'bidv' WHERE kind = 'paid' AND verdict = 'accepted'",
    "the fee that was paid": "fee = fee || '1' WHERE kind = 'paid' AND verdict = 'accepted'",
    "when it was paid": "at = at - interval '1 s' WHERE kind = 'paid' AND verdict = 'accepted'",
    "whose it is": "agency = 'H99.09' WHERE verdict = 'duplicate'",
    "whether it is given back": "refund_state = 'ordered' WHERE kind = 'paid' AND verdict = 'accepted'",
    "what of it was given back": "refunded = 0 WHERE kind = 'paid' AND verdict = 'accepted'",
    "the amount that was given back": "amount = amount + 1 WHERE kind = 'refunded' AND verdict = 'accepted'",
    "whether a refund failed": "kind = 'refunded' WHERE kind = 'refund_failed' AND verdict = 'accepted'",
    "a refund that was not accepted": "verdict = 'accepted' WHERE kind = 'refunded'",
    "the case that it belongs to": "case_id = NULL WHERE verdict = 'duplicate'",
}


async def test_a_payment_that_was_changed_by_hand_is_found(world: Any, provider: Any) -> None:
    case, code = await paid_and_given_back_in_part(provider)
    async with world.database.transaction() as tx:
        assert await flaw_of(tx, code) is None
    for name, change in CHANGES.items():
        async with world.database.transaction() as tx:
            statement = text(f"UPDATE payments SET {change} AND case_id = :case")
            assert (await tx.execute(statement, {"case": case})).rowcount, name
            assert await flaw_of(tx, code) == "The payments do not follow from the log.", name
            await tx.rollback()


async def test_a_payment_that_was_made_up_or_lost_is_found(world: Any, provider: Any) -> None:
    case, code = await paid_and_given_back_in_part(provider)
    for statement in (
        delete(payments).where(payments.c.verdict == "duplicate", payments.c.kind == "paid"),
        insert(payments).from_select(
            [column.name for column in payments.c],
            select(
                *(
                    literal(new_id())
                    if column.name == "id"
                    else literal("FT-X")
                    if column.name == "reference"
                    else column
                    for column in payments.c
                )
            ).where(payments.c.case_id == case, payments.c.verdict == "duplicate"),
        ),
    ):
        async with world.database.transaction() as tx:
            assert (await tx.execute(statement)).rowcount
            assert await flaw_of(tx, code) == "The payments do not follow from the log."
            await tx.rollback()


async def test_a_series_of_receipts_that_stands_elsewhere_than_at_its_last_is_found(
    world: Any, provider: Any
) -> None:
    agency = "H77.02"
    for _ in range(2):
        _, fee = await provider.asked(agency=agency)
        assert (await provider.pay(fee["reference"]))["verdict"] == "accepted"
    for change in ("last = last + 1", "last = last - 1", "year = year + 1"):
        async with world.database.transaction() as tx:
            assert f"{agency} 2026" not in {series for series, _ in await flaws_of_series(tx)}
            await tx.execute(text(f"UPDATE receipt_series SET {change} WHERE agency = '{agency}'"))
            assert f"{agency} 2026" in {series for series, _ in await flaws_of_series(tx)}
            await tx.rollback()
