"""The applicant of the whole sees what is to be paid for a part of it, and pays it there."""

from typing import Any


def step(code: str, unit: str, to: str | None, **more: Any) -> dict[str, Any]:
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": unit, "transitions": [{"to": to}], **more}


async def publish_part(world: Any, inner: str | None = None) -> str:
    """A procedure of the tax office; of cases of it another procedure handles a part."""
    asks = {"opensCase": {"procedure": inner, "form": {"fullName": "fullName"}}} if inner else {}
    code: str = await world.publish(
        agency="H99.02",
        first="NHAN",
        steps=[
            step("NHAN", "BP_THUE", "HOI"),
            step("HOI", "BP_THUE", "TRA", **asks),
            step("TRA", "BP_THUE", None),
        ],
    )
    return code


async def filed(world: Any, part: str) -> tuple[dict[str, Any], str]:
    """The receipt of a case that waits for a part, and the part's id."""
    opens = {"procedure": part, "form": {"fullName": "fullName"}}
    code = await world.publish(
        steps=[
            step("TIEP_NHAN", "BP_MOT_CUA", "HOI"),
            step("HOI", "PHONG_TU_PHAP", "TRA_KET_QUA", opensCase=opens),
            step("TRA_KET_QUA", "BP_MOT_CUA", None),
        ]
    )
    receipt = await world.submit(code)
    answer = await world.act(receipt["id"], "acceptance", world.official("desk"))
    (child,) = answer.json()["children"]
    return receipt, child["id"]


async def accept(world: Any, part: str) -> Any:
    return (await world.act(part, "acceptance", world.official("tax"))).json()


async def demand(world: Any, part: str, amount: int, stops_clock: bool = True) -> str:
    """The reference of a fee that an official asks for."""
    body = {"amount": amount, "currency": "VND", "legalGround": "Thông tư 85", "stopsClock": stops_clock}
    answer = await world.act(part, "fees", world.official("tax"), body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["fees"][-1]["reference"])


async def shown(world: Any, receipt: dict[str, Any]) -> list[list[Any]]:
    """What is to be paid for the parts, in the applicant's view and in tracking."""
    seen = (await world.read(receipt["id"])).json()["children"]
    body = {"code": receipt["code"], "secret": receipt["trackingSecret"]}
    tracked = (await world.http.post("/procedures/v1/tracking", json=body)).json()["parts"]
    return [[fee for part in parts for fee in part["feesDue"]] for parts in (seen, tracked)]


async def test_a_fee_for_a_part_is_shown_with_the_whole_until_it_is_paid(world: Any, provider: Any) -> None:
    receipt, part = await filed(world, await publish_part(world))
    await accept(world, part)
    before = (await world.read(receipt["id"])).headers["etag"]
    reference = await demand(world, part, 5000)
    assert (await world.read(receipt["id"])).headers["etag"] != before
    due = {"reference": reference, "amount": 5000, "currency": "VND"}
    assert await shown(world, receipt) == [[due], [due]]
    assert (await provider.pay(reference, amount=5000))["verdict"] == "accepted"
    assert await shown(world, receipt) == [[], []]
    assert (await world.read(part)).json()["stoppedAt"] is None


async def test_a_fee_for_a_part_of_a_part_is_shown_with_the_whole_too(world: Any) -> None:
    receipt, part = await filed(world, await publish_part(world, await publish_part(world)))
    (inner,) = (await accept(world, part))["children"]
    await accept(world, inner["id"])
    references = [await demand(world, inner["id"], 7000), await demand(world, part, 9000)]
    seen, tracked = await shown(world, receipt)
    assert seen == tracked
    assert {(fee["reference"], fee["amount"]) for fee in seen} == set(
        zip(references, (7000, 9000), strict=True)
    )
    await world.act(receipt["id"], "withdrawal", world.citizen(), {})
    assert await shown(world, receipt) == [[], []]


async def test_what_comes_of_a_part_is_kept_back_until_its_fee_is_paid(world: Any, provider: Any) -> None:
    receipt, part = await filed(world, await publish_part(world))
    await accept(world, part)
    reference, tax = await demand(world, part, 5000, stops_clock=False), world.official("tax")
    await world.act(part, "decision", tax, {"outcome": "granted", "reason": "Đủ."})
    paper = {"document": "TRICH_LUC", "id": (await world.send(b"%PDF-1.7 extract", headers=tax))["id"]}
    await world.act(part, "result", tax, {"documents": [paper]})
    for withheld, status in ((True, 409), (False, 200)):
        (child,) = (await world.read(receipt["id"])).json()["children"]
        assert (child["documents"], child["documentsWithheld"]) == ([paper["id"]], withheld)
        content = f"/procedures/v1/documents/{paper['id']}/content"
        assert (await world.http.get(content, headers=world.citizen())).status_code == status
        await provider.pay(reference, amount=5000)
