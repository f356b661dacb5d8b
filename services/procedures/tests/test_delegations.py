"""Acting for another official: for a time, with their posts, and the log says so."""

from datetime import timedelta
from typing import Any

import pytest

from procedures.officials.operations import learn_official
from shared.events.identity import OfficialAppointed, OfficialPostsChanged, Post
from shared.ids import new_id

PATH = "/procedures/v1/delegations"
SCOPE = "procedures:cases:read procedures:cases:process"
AGENCY = "H99.01"
JUSTICE = [("PHONG_TU_PHAP", "XU_LY")]
DESK = [("BP_MOT_CUA", "TIEP_NHAN")]


async def appoint(
    world: Any, posts: list[tuple[str, str]], *, agency: str = AGENCY, manages: bool = False
) -> tuple[str, dict[str, str]]:
    """An official whom identity has told of: subject and token."""
    subject = new_id()
    held = tuple(Post(unit=unit, role=role) for unit, role in posts)
    async with world.database.transaction() as tx:
        await learn_official(
            tx, str(subject), 1, OfficialAppointed(agency=agency, posts=held), world.clock.now()
        )
    scope = f"{SCOPE} procedures:work:manage" if manages else SCOPE
    token = world.bearer(scope, subject=str(subject), kind="official", agency=agency, posts=posts)
    return str(subject), token


def order(world: Any, delegate: str, posts: Any = JUSTICE, **changes: Any) -> dict[str, Any]:
    now = world.clock.now()
    return {
        "delegate": delegate,
        "posts": [{"unit": unit, "role": role} for unit, role in posts],
        "beginsAt": now.isoformat(),
        "endsAt": (now + timedelta(days=5)).isoformat(),
        "reason": "Nghỉ phép năm.",
        **changes,
    }


async def record(world: Any, who: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    answer = await world.http.post(PATH, json=body, headers=who)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def accepted(world: Any) -> str:
    case = str((await world.submit(await world.publish()))["id"])
    assert (await world.act(case, "acceptance", world.official("desk"))).status_code == 201
    return case


DECISION = {"outcome": "granted", "reason": "Đủ."}


async def test_a_delegate_does_what_the_posts_allow_and_the_log_says_for_whom(world: Any) -> None:
    (boss, giving), (deputy, taking) = await appoint(world, JUSTICE), await appoint(world, DESK)
    case = await accepted(world)
    delegation = (await record(world, giving, order(world, deputy)))["id"]
    assert (await world.act(case, "decision", taking, DECISION)).status_code == 403
    acting = {**taking, "acting-for": delegation}
    assert (await world.act(case, "decision", acting, DECISION)).status_code == 201
    log = (await world.http.get(f"/procedures/v1/cases/{case}/log", headers=world.citizen())).json()
    assert log["sound"] is True
    expected = {"official": boss, "delegation": delegation}
    assert log["entries"][-1]["by"] == {
        "subject": deputy,
        "kind": "official",
        "agency": AGENCY,
        "acting_for": expected,
    }
    assert "acting_for" not in log["entries"][-2]["by"]
    # Whoever acts for another has that one's posts, not their own.
    other = str((await world.submit(await world.publish()))["id"])
    assert (await world.act(other, "acceptance", acting)).status_code == 403
    assert (await world.act(other, "acceptance", taking)).status_code == 201


async def test_a_delegation_begins_and_ends_by_itself_and_can_be_revoked(world: Any) -> None:
    (_, giving), (deputy, taking) = await appoint(world, JUSTICE), await appoint(world, DESK)
    begins = world.clock.now() + timedelta(days=1)
    body = order(world, deputy, beginsAt=begins.isoformat())
    delegation = await record(world, giving, body)

    async def works(one: dict[str, Any]) -> int:
        acting = {**taking, "acting-for": one["id"]}
        return int((await world.http.get("/procedures/v1/work-list", headers=acting)).status_code)

    assert await works(delegation) == 403
    world.clock.advance(timedelta(days=1))
    assert await works(delegation) == 200
    world.clock.advance(timedelta(days=4))
    assert await works(delegation) == 403
    again = await record(world, giving, order(world, deputy))
    assert await works(again) == 200
    path = f"{PATH}/{again['id']}"
    etag = (await world.http.get(path, headers=taking)).headers["etag"]
    refused = await world.http.post(f"{path}/revocation", headers={**taking, "if-match": etag})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-your-posts")
    assert (await world.http.post(f"{path}/revocation", headers=giving)).status_code == 428
    revoked = await world.http.post(f"{path}/revocation", headers={**giving, "if-match": etag})
    assert (revoked.status_code, bool(revoked.json()["revokedAt"])) == (201, True)
    assert await works(again) == 403
    stale = await world.http.post(f"{path}/revocation", headers={**giving, "if-match": etag})
    assert stale.status_code == 412
    twice = await world.http.post(f"{path}/revocation", headers={**giving, "if-match": "*"})
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/delegation-revoked")


async def test_nobody_lends_what_they_do_not_hold_nor_what_was_lent_to_them(world: Any) -> None:
    (_, giving), (deputy, taking) = await appoint(world, JUSTICE), await appoint(world, DESK)
    third, _ = await appoint(world, DESK)
    delegation = await record(world, giving, order(world, deputy))
    chained = {**taking, "acting-for": delegation["id"]}
    for who, body, codes in (
        (chained, order(world, third), ["post_not_held"]),
        (giving, order(world, third, DESK), ["post_not_held"]),
        (giving, order(world, str(new_id())), ["unknown_official"]),
        (giving, order(world, third, endsAt=world.clock.now().isoformat()), ["ends_too_soon"]),
        (giving, order(world, third, endsAt="2028-01-01T00:00:00Z"), ["too_long"]),
    ):
        refused = await world.http.post(PATH, json=body, headers=who)
        assert refused.status_code == 400, refused.text
        assert [fault["code"] for fault in refused.json()["errors"]] == codes


async def test_all_that_is_wrong_with_a_delegation_is_told_at_once(world: Any) -> None:
    me, mine = await appoint(world, JUSTICE)
    elsewhere, _ = await appoint(world, JUSTICE, agency="H99.03")
    body = order(world, me, DESK, endsAt="2020-01-01T00:00:00Z")
    codes = [one["code"] for one in (await world.http.post(PATH, json=body, headers=mine)).json()["errors"]]
    assert codes == ["post_not_held", "same_official", "ends_too_soon"]
    refused = await world.http.post(PATH, json=order(world, elsewhere), headers=mine)
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/delegate"]


async def test_who_manages_the_work_records_a_delegation_for_an_official_who_is_away(world: Any) -> None:
    (boss, absent), (deputy, taking) = await appoint(world, JUSTICE), await appoint(world, DESK)
    _, manager = await appoint(world, [], manages=True)
    body = order(world, deputy, delegator=boss)
    refused = await world.http.post(PATH, json=body, headers=taking)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-your-posts")
    delegation = await record(world, manager, body)
    refused = await world.http.post(PATH, json={**body, **order(world, deputy, DESK)}, headers=manager)
    assert refused.status_code == 400  # the desk is not the absent official's to lend
    for who, sees in (
        (absent, True),
        (taking, True),
        (manager, True),
        ((await appoint(world, DESK))[1], False),
    ):
        found = (await world.http.get(PATH, headers=who)).json()["items"]
        assert (delegation["id"] in [one["id"] for one in found]) is sees
        answer = await world.http.get(f"{PATH}/{delegation['id']}", headers=who)
        assert answer.status_code == (200 if sees else 404)


@pytest.mark.parametrize("whose", ["nobody's", "another's"])
async def test_a_delegation_that_is_not_the_callers_opens_nothing(world: Any, whose: str) -> None:
    (_, giving), (deputy, _) = await appoint(world, JUSTICE), await appoint(world, DESK)
    _, stranger = await appoint(world, DESK)
    delegation = str(new_id())
    if whose == "another's":
        delegation = (await record(world, giving, order(world, deputy)))["id"]
    case = await accepted(world)
    refused = await world.act(case, "decision", {**stranger, "acting-for": delegation}, DECISION)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/delegation-not-in-force")


async def test_a_post_that_the_delegator_loses_is_lent_no_more(world: Any) -> None:
    (boss, giving), (deputy, taking) = await appoint(world, JUSTICE), await appoint(world, DESK)
    case = await accepted(world)
    delegation = (await record(world, giving, order(world, deputy)))["id"]
    async with world.database.transaction() as tx:
        await learn_official(tx, boss, 2, OfficialPostsChanged(agency=AGENCY), world.clock.now())
    acting = {**taking, "acting-for": delegation}
    assert (await world.act(case, "decision", acting, DECISION)).status_code == 403


async def test_what_was_claimed_for_another_is_theirs_too_and_free_when_the_delegation_ends(
    world: Any,
) -> None:
    (boss, giving), (deputy, taking) = await appoint(world, JUSTICE), await appoint(world, DESK)
    _, colleague = await appoint(world, JUSTICE)
    case = await accepted(world)
    place = f"/procedures/v1/cases/{case}/tasks/THU_LY/claim"
    delegation = (await record(world, giving, order(world, deputy)))["id"]
    acting = {**taking, "acting-for": delegation}
    claimed = (await world.http.post(place, headers=acting)).json()
    assert (claimed["claimedBy"], claimed["actingFor"]) == (deputy, boss)
    assert (await world.act(case, "decision", colleague, DECISION)).status_code == 409
    assert (await world.http.post(place, headers=giving)).json()["claimedBy"] == deputy
    world.clock.advance(timedelta(days=6))
    assert (await world.act(case, "decision", colleague, DECISION)).status_code == 201


async def test_a_delegate_who_leaves_the_agency_keeps_nothing_that_was_claimed_for_another(
    world: Any,
) -> None:
    (boss, giving), (deputy, taking) = await appoint(world, JUSTICE), await appoint(world, DESK)
    case = await accepted(world)
    delegation = (await record(world, giving, order(world, deputy)))["id"]
    place = f"/procedures/v1/cases/{case}/tasks/THU_LY/claim"
    claimed = await world.http.post(place, headers={**taking, "acting-for": delegation})
    assert claimed.json()["claimedBy"] == deputy
    async with world.database.transaction() as tx:
        await learn_official(tx, deputy, 2, OfficialPostsChanged(agency=AGENCY), world.clock.now())
    assert (await world.http.post(place, headers=giving)).json()["claimedBy"] == boss
