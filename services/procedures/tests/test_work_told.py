"""Who works on what is told to those who share out the work: claims, releases, and acting for another."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from procedures.officials.operations import learn_official
from procedures.reassignments.operations import reassign_next
from shared.events.audience import OFFERED
from shared.events.identity import OfficialAppointed, OfficialPostsChanged, Post
from shared.ids import new_id

SCOPE = "procedures:cases:read procedures:cases:process procedures:work:manage"
ROLE = "XU_LY"


class Office:
    """An agency of its own whose procedure waits at one unit, and officials whom identity has told of."""

    def __init__(self, world: Any) -> None:
        self.world, self.agency = world, f"H99.{new_id().hex[-6:]}"
        self.procedure = ""

    async def appoint(self, unit: str = "PHONG_A") -> tuple[str, dict[str, str]]:
        subject, post = str(new_id()), Post(unit=unit, role=ROLE)
        event = OfficialAppointed(agency=self.agency, posts=(post,))
        async with self.world.database.transaction() as tx:
            await learn_official(tx, subject, 1, event, self.world.clock.now())
        posts = [(unit, ROLE)]
        return subject, self.world.bearer(
            SCOPE, subject=subject, kind="official", agency=self.agency, posts=posts
        )

    async def accepted(self) -> dict[str, Any]:
        case = await self.world.submit(self.procedure)
        answer = await self.world.act(case["id"], "acceptance", self.world.official("desk", self.agency))
        assert answer.status_code == 201, answer.text
        return dict(case)

    async def told(self, topic: str) -> list[Any]:
        """What was told of this agency on a topic: what happened, the aggregate, its sequence, the data."""
        rows = await self.world.told(topic, "agency", self.agency)
        return [(row.type.split(".")[2], row.aggregateid, row.sequence, row.payload) for row in rows]

    async def claims(self) -> list[tuple[str, str, str, str | None]]:
        """Of each event of a claim: what happened, to which case, whose it is, and why."""
        return [
            (kind, data["code"], data["official"], data.get("cause"))
            for kind, _, _, data in await self.told("procedures.claim.v1")
        ]


@pytest.fixture
async def office(world: Any) -> Office:
    office = Office(world)
    await world.learn_agency(office.agency, "BP_MOT_CUA", "PHONG_A", "PHONG_B")
    steps = [
        {"code": "TIEP_NHAN", "unit": "BP_MOT_CUA", "transitions": [{"to": "THU_LY"}]},
        {"code": "THU_LY", "unit": "PHONG_A", "role": ROLE, "transitions": [{"to": None}]},
    ]
    titled = [{**step, "title": {"vi": step["code"], "en": step["code"]}} for step in steps]
    office.procedure = await world.publish(agency=office.agency, steps=titled)
    return office


def place(case: dict[str, Any]) -> str:
    return f"/procedures/v1/cases/{case['id']}/tasks/THU_LY/claim"


async def test_a_claim_is_told_when_it_is_made_and_when_it_is_released_by_codes_and_ids_alone(
    world: Any, office: Office
) -> None:
    case, (me, mine), (_, theirs) = await office.accepted(), await office.appoint(), await office.appoint()
    for who in (mine, mine, theirs):  # again, and a colleague in vain
        await world.http.post(place(case), headers=who)
    assert (await world.http.delete(place(case), headers=mine)).status_code == 204
    assert (await world.http.delete(place(case), headers=mine)).status_code == 404
    made, released = await office.told("procedures.claim.v1")
    data = {
        **{"caseId": case["id"], "code": case["code"], "procedure": office.procedure},
        **{"agency": office.agency, "unit": "PHONG_A", "step": "THU_LY", "official": me},
    }
    assert made == ("made", made[1], 1, {**data, "actingFor": None, "delegation": None})
    assert released == ("released", made[1], 2, {**made[3], "cause": "given_back"})
    assert OFFERED["procedures.claim.v1"].scope == "procedures:work:manage"


async def test_of_many_who_claim_at_once_each_claim_is_told_once(world: Any, office: Office) -> None:
    codes = sorted([(await office.accepted())["code"] for _ in range(3)])
    officials = dict([await office.appoint() for _ in range(8)])
    next_one = "/procedures/v1/work-list/claims"
    answers = await asyncio.gather(
        *(world.http.post(next_one, json={}, headers=token) for token in officials.values())
    )
    won = {
        (answer.json()["code"], answer.json()["claimedBy"]) for answer in answers if answer.status_code == 201
    }
    told = await office.claims()
    assert sorted(code for _, code, _, _ in told) == codes
    assert {(code, official) for _, code, official, _ in told} == won


async def test_what_goes_over_in_bulk_is_told_claim_by_claim(world: Any, office: Office) -> None:
    first, second = await office.accepted(), await office.accepted()
    (me, mine), (other, theirs) = await office.appoint(), await office.appoint()
    await world.http.post(place(first), headers=mine)

    async def reassign(**way: Any) -> None:
        path, body = "/procedures/v1/reassignments", {"reason": "Nghỉ dài ngày.", **way}
        planned = await world.http.post(path, json=body, headers=theirs)
        headers = {**theirs, "if-match": planned.headers["etag"]}
        ordered = await world.http.post(f"{planned.headers['location']}/execution", headers=headers)
        assert ordered.status_code == 201, ordered.text
        while await reassign_next(world.database, world.clock.now()):
            pass

    await reassign(fromOfficial=me, toOfficial=other)
    await world.http.post(place(second), headers=mine)
    await reassign(fromUnit="PHONG_A", toUnit="PHONG_B", claimedToo=True)
    told = await office.claims()
    assert told[:4] == [
        ("made", first["code"], me, None),
        ("released", first["code"], me, "reassigned"),
        ("made", first["code"], other, None),
        ("made", second["code"], me, None),
    ]
    assert sorted(told[4:]) == [
        ("released", first["code"], other, "reassigned"),
        ("released", second["code"], me, "reassigned"),
    ]
    by_claim: dict[Any, list[int]] = {}
    for _, claim, sequence, _ in await office.told("procedures.claim.v1"):
        by_claim.setdefault(claim, []).append(sequence)
    assert list(by_claim.values()) == [[1, 2]] * 3


async def test_what_an_official_cannot_do_any_more_is_told_to_be_free(world: Any, office: Office) -> None:
    case, (me, mine) = await office.accepted(), await office.appoint()
    await world.http.post(place(case), headers=mine)
    async with world.database.transaction() as tx:
        await learn_official(tx, me, 2, OfficialPostsChanged(agency=office.agency), world.clock.now())
    assert (await office.claims())[1:] == [("released", case["code"], me, "post_lost")]


async def test_a_delegation_is_told_when_it_is_given_and_revoked_and_named_by_claims_made_by_it(
    world: Any, office: Office
) -> None:
    case, (boss, giving), (deputy, taking) = (
        await office.accepted(),
        await office.appoint(),
        await office.appoint("PHONG_B"),
    )
    now, path = world.clock.now(), "/procedures/v1/delegations"
    body = {
        "delegate": deputy,
        "posts": [{"unit": "PHONG_A", "role": ROLE}],
        "beginsAt": now.isoformat(),
        "endsAt": (now + timedelta(days=5)).isoformat(),
        "reason": "Nghỉ phép năm của bà Kín.",
    }
    given = await world.http.post(path, json=body, headers=giving)
    acting = {**taking, "acting-for": given.json()["id"]}
    assert (await world.http.post(place(case), headers=acting)).status_code == 201
    headers = {**giving, "if-match": given.headers["etag"]}
    answers = [
        await world.http.post(f"{path}/{given.json()['id']}/revocation", headers=headers) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 412]
    told = await office.told("procedures.delegation.v1")
    assert [(kind, str(subject), sequence) for kind, subject, sequence, _ in told] == [
        ("given", given.json()["id"], 1),
        ("revoked", given.json()["id"], 2),
    ]
    parties = {"agency": office.agency, "delegator": boss, "delegate": deputy}
    assert told[1][3] == parties
    assert told[0][3].items() >= {**parties, "posts": body["posts"]}.items()
    assert "Kín" not in str(told)
    ((_, _, _, claim),) = await office.told("procedures.claim.v1")
    assert (claim["official"], claim["actingFor"], claim["delegation"]) == (deputy, boss, given.json()["id"])
