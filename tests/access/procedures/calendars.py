"""Calendars, and the statistics that count by them."""

from tests.access.procedures.world import BASE, World, recipe
from tests.access.walk import AGENCY, Attempt


@recipe("GET /procedures/v1/agencies/{agency}/calendar")
async def get_calendar(_: World) -> Attempt:
    return Attempt(f"{BASE}/agencies/{AGENCY}/calendar")


@recipe("PUT /procedures/v1/agencies/{agency}/calendar")
async def put_calendar(world: World) -> Attempt:
    present = await world.http.get(f"{BASE}/agencies/{AGENCY}/calendar")
    return Attempt(
        f"{BASE}/agencies/{AGENCY}/calendar",
        rightful=world.official("desk"),
        strangers=world.strangers_to_a_procedure(),
        json={"calendar": present.json()["calendar"], "reason": "Đóng cửa vì bão."},
        headers={"if-match": present.headers["etag"]},
        private="timeZone",
    )


@recipe("GET /procedures/v1/agencies/{agency}/calendar/redatings")
async def list_redatings(world: World) -> Attempt:
    path = f"{BASE}/agencies/{AGENCY}/calendar"
    present = await world.http.get(path)
    calendar = present.json()["calendar"]
    closed = {**calendar, "closures": ["2027-03-01"] if not calendar["closures"] else []}
    headers = {**world.client(), "if-match": present.headers["etag"]}
    body = {"calendar": closed, "reason": "Đóng cửa vì bão."}
    answer = await world.http.put(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return Attempt(
        f"{path}/redatings",
        rightful=world.client(),
        strangers=world.strangers_to_a_procedure(),
        private="Đóng cửa",
    )


@recipe("GET /procedures/v1/agencies/{agency}/statistics")
async def get_statistics(_: World) -> Attempt:
    return Attempt(f"{BASE}/agencies/{AGENCY}/statistics?firstMonth=2026-01&lastMonth=2026-02")


@recipe("GET /procedures/v1/agencies/{agency}/quality-index")
async def get_quality_index(_: World) -> Attempt:
    return Attempt(f"{BASE}/agencies/{AGENCY}/quality-index?firstMonth=2026-01&lastMonth=2026-02")


@recipe("GET /procedures/v1/agencies/{agency}/reports")
async def list_reports(_: World) -> Attempt:
    return Attempt(f"{BASE}/agencies/{AGENCY}/reports")
