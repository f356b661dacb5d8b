"""Participation: closed cases, consultations at every station, comments, and one attempt at each route."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from participation.consumers import HANDLERS
from shared.events.procedures import CaseClosed
from shared.ids import new_id
from tests.access.walk import AGENCY, OTHER_AGENCY, Attempt, Ground, Headers, recipes

recipe = recipes("participation")

BASE = "/participation/v1"
_PERSON = "participation:ratings:write participation:comments:write"
_OFFICIAL = "participation:consultations:write participation:ratings:read"


class World(Ground):
    """The service, one person who takes part, and officials."""

    citizen = str(new_id())

    def person(self, subject: str | None = None) -> dict[str, str]:
        return self.bearer(_PERSON, subject=subject or str(new_id()))

    def official(self, agency: str | None = AGENCY) -> dict[str, str]:
        return self.bearer(_OFFICIAL, kind="official", agency=agency)

    def strangers(self) -> dict[str, dict[str, str]]:
        return {
            "an official of another agency": self.official(OTHER_AGENCY),
            "an official of no agency": self.official(None),
        }

    async def closed_case(self) -> str:
        """A case of the citizen that was closed now."""
        now, case = self.clock.now(), new_id()
        event = CaseClosed(
            code="H99.01-261110-0001",
            procedure="TP01",
            version=1,
            agency=AGENCY,
            applicant=self.citizen,
            status="closed",
            outcome="granted",
            received_at=now - timedelta(days=5),
            decided_at=now - timedelta(days=1),
        )
        async with self.database.transaction() as tx:
            await HANDLERS[CaseClosed](tx, event.envelope(subject=case, sequence=7, at=now), event)
        return str(case)

    async def post(self, path: str, body: Any, who: Headers, etag: str = "") -> dict[str, Any]:
        headers = {**who, **({"if-match": etag} if etag else {})}
        answer = await self.http.post(f"{BASE}/{path}", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return {**answer.json(), "etag": answer.headers.get("etag")}

    def draft(self, *, opens_in: int = 0) -> dict[str, Any]:
        opens = (self.clock.now() + timedelta(hours=7, days=opens_in)).date()
        return {
            "title": {"vi": "Phố đi bộ", "en": "A pedestrian street"},
            "summary": {"vi": "Về phố đi bộ.", "en": "About a pedestrian street."},
            "passages": [{"number": 1, "text": "Điều 1."}],
            "opensDate": opens.isoformat(),
            "closesDate": (opens + timedelta(days=9)).isoformat(),
        }

    async def drafted(self, *, opens_in: int = 0) -> dict[str, Any]:
        return await self.post("consultations", self.draft(opens_in=opens_in), self.official())

    async def published(self) -> dict[str, Any]:
        drafted = await self.drafted()
        path = f"consultations/{drafted['id']}/publication"
        return await self.post(path, None, self.official(), drafted["etag"])

    async def commented(self) -> dict[str, Any]:
        consultation = await self.published()
        path = f"consultations/{consultation['id']}/comments"
        return await self.post(path, {"text": "Nên lùi giờ bắt đầu."}, self.person(self.citizen))

    def command(self, consultation: dict[str, Any], name: str, body: Any = None) -> Attempt:
        """A command on a consultation of the agency."""
        return Attempt(
            f"{BASE}/consultations/{consultation['id']}{name}",
            rightful=self.official(),
            strangers=self.strangers(),
            json=body,
            headers={"if-match": consultation["etag"]},
            private=consultation["id"],
            status=201,
        )


@recipe("GET /participation/v1/rating-invitations")
async def list_rating_invitations(world: World) -> Attempt:
    case = await world.closed_case()
    rightful, strangers = world.person(world.citizen), {"another person": world.person()}
    return Attempt(f"{BASE}/rating-invitations", rightful, strangers, private=case)


@recipe("POST /participation/v1/cases/{case_id}/rating")
async def rate_case(world: World) -> Attempt:
    return Attempt(
        f"{BASE}/cases/{await world.closed_case()}/rating",
        world.person(world.citizen),
        {"another person": world.person()},
        {"score": 4, "reason": "Đúng hẹn."},
        private="Đúng hẹn.",
        status=201,
    )


@recipe("GET /participation/v1/cases/{case_id}/rating")
async def get_rating(world: World) -> Attempt:
    case, citizen = await world.closed_case(), world.person(world.citizen)
    await world.post(f"cases/{case}/rating", {"score": 2, "reason": "Chờ lâu quá."}, citizen)
    path = f"{BASE}/cases/{case}/rating"
    return Attempt(path, citizen, {"another person": world.person()}, private="Chờ lâu quá.")


@recipe("GET /participation/v1/ratings")
async def list_ratings(world: World) -> Attempt:
    case, reason = await world.closed_case(), f"Chờ lâu quá, {new_id()}."
    await world.post(f"cases/{case}/rating", {"score": 2, "reason": reason}, world.person(world.citizen))
    return Attempt(f"{BASE}/ratings?limit=200", world.official(), world.strangers(), private=reason)


@recipe("GET /participation/v1/rating-statistics")
async def list_rating_statistics(_: World) -> Attempt:
    return Attempt(f"{BASE}/rating-statistics")


@recipe("POST /participation/v1/consultations")
async def draft_consultation(world: World) -> Attempt:
    strangers = {"an official of no agency": world.official(None)}
    return Attempt(
        f"{BASE}/consultations", world.official(), strangers, world.draft(), private=AGENCY, status=201
    )


@recipe("GET /participation/v1/consultations")
async def list_consultations(_: World) -> Attempt:
    return Attempt(f"{BASE}/consultations")


@recipe("GET /participation/v1/consultations/{consultation_id}")
async def get_consultation(world: World) -> Attempt:
    return Attempt(f"{BASE}/consultations/{(await world.published())['id']}")


@recipe("PUT /participation/v1/consultations/{consultation_id}")
async def revise_consultation(world: World) -> Attempt:
    attempt = world.command(await world.drafted(opens_in=3), "", world.draft(opens_in=4))
    return replace(attempt, status=200)


@recipe("POST /participation/v1/consultations/{consultation_id}/publication")
async def publish_consultation(world: World) -> Attempt:
    return world.command(await world.drafted(), "/publication")


@recipe("POST /participation/v1/consultations/{consultation_id}/answer")
async def answer_consultation(world: World) -> Attempt:
    consultation = await world.published()
    world.clock.advance(timedelta(days=20))
    present = await world.http.get(f"{BASE}/consultations/{consultation['id']}")
    body = {"answer": {"vi": "Đã tiếp thu.", "en": "Taken up."}}
    return world.command({**consultation, "etag": present.headers["etag"]}, "/answer", body)


@recipe("GET /participation/v1/consultations/{consultation_id}/log")
async def get_consultation_log(world: World) -> Attempt:
    path = f"{BASE}/consultations/{(await world.drafted())['id']}/log"
    return Attempt(path, world.official(), world.strangers(), private="drafted")


@recipe("POST /participation/v1/consultations/{consultation_id}/comments")
async def comment_on_consultation(world: World) -> Attempt:
    path = f"{BASE}/consultations/{(await world.published())['id']}/comments"
    return Attempt(path, world.person(), json={"text": "Đồng ý."}, status=201)


@recipe("GET /participation/v1/consultations/{consultation_id}/comments")
async def list_comments(world: World) -> Attempt:
    return Attempt(f"{BASE}/consultations/{(await world.commented())['consultationId']}/comments")


@recipe("GET /participation/v1/comments")
async def list_own_comments(world: World) -> Attempt:
    comment = await world.commented()
    rightful, strangers = world.person(world.citizen), {"another person": world.person()}
    return Attempt(f"{BASE}/comments", rightful, strangers, private=comment["id"])


async def _on_comment(world: World, command: str) -> str:
    comment = await world.commented()
    return f"{BASE}/consultations/{comment['consultationId']}/comments/{comment['id']}/{command}"


@recipe("POST /participation/v1/consultations/{consultation_id}/comments/{comment_id}/withdrawal")
async def withdraw_comment(world: World) -> Attempt:
    rightful, strangers = world.person(world.citizen), {"another person": world.person()}
    return Attempt(await _on_comment(world, "withdrawal"), rightful, strangers, status=201)


@recipe("POST /participation/v1/consultations/{consultation_id}/comments/{comment_id}/hiding")
async def hide_comment(world: World) -> Attempt:
    path, body = await _on_comment(world, "hiding"), {"reason": "Nêu số điện thoại của người khác."}
    return Attempt(path, world.official(), world.strangers(), body, status=201)
