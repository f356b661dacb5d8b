"""Comments over HTTP: while the consultation is open, in public, under no name."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

CONSULTATIONS = "/participation/v1/consultations"
OWN = "/participation/v1/comments"
PROCESS = "participation.process.v1"
NOBODY = {"vi": "Người dân", "en": "A citizen"}


def comments_of(consultation: dict[str, Any]) -> str:
    return f"{CONSULTATIONS}/{consultation['id']}/comments"


async def test_a_comment_is_read_by_everyone_under_no_name(world: Any) -> None:
    consultation = await world.consultation()
    made = await world.comment(consultation["id"], "hoa", passage=2, text="Nên lùi đến 19 giờ.")
    public = (await world.http.get(comments_of(consultation))).json()["items"]
    assert public == [
        {
            "id": made["id"],
            "author": NOBODY,
            "own": False,
            "passage": 2,
            "status": "standing",
            "text": "Nên lùi đến 19 giờ.",
            "at": "2026-11-23T02:00:00Z",
            "hiddenAt": None,
            "hiddenReason": None,
        }
    ]


async def test_authors_alone_see_which_comments_are_their_own(world: Any) -> None:
    consultation = await world.consultation()
    await world.comment(consultation["id"], "hoa")
    path = comments_of(consultation)
    for headers, own in (
        ({}, False),
        (world.commenter("hoa"), True),
        (world.commenter("bao"), False),
        (world.official(), False),
    ):
        (item,) = (await world.http.get(path, headers=headers)).json()["items"]
        assert item["own"] is own
        assert "hoa" not in str(item)


async def test_own_comments_are_listed_to_their_author_alone(world: Any, all_pages: Any) -> None:
    one, other = await world.consultation(), await world.consultation()
    made = [await world.comment(one["id"], "an"), await world.comment(other["id"], "an", passage=1)]
    await world.comment(one["id"], "binh")
    items = await all_pages(f"{OWN}?limit=1", world.commenter("an"))
    assert items == made[::-1]
    assert await all_pages(OWN, world.commenter("nobody")) == []


async def test_comments_come_in_pages_and_by_passage(world: Any, all_pages: Any) -> None:
    consultation = await world.consultation()
    made = [await world.comment(consultation["id"], f"p{n}", passage=1 + n % 2) for n in range(5)]
    path = comments_of(consultation)
    items = await all_pages(f"{path}?limit=2")
    assert [item["id"] for item in items] == [item["id"] for item in made[::-1]]
    second = await all_pages(f"{path}?passage=2")
    assert [item["id"] for item in second] == [made[3]["id"], made[1]["id"]]


@pytest.mark.parametrize("days", [0, 12])
async def test_comments_are_taken_while_the_consultation_is_open_only(world: Any, days: int) -> None:
    consultation = await world.consultation(opens_in=1, days=10)
    world.clock.advance(timedelta(days=days))
    path, who = comments_of(consultation), world.commenter("early-or-late")
    refused = await world.http.post(path, json={"text": "Ý kiến."}, headers=who)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/consultation-not-open")
    assert refused.json()["opensAt"] == "2026-11-23T17:00:00+00:00"
    assert (await world.http.get(path)).json()["items"] == []


async def test_a_draft_takes_no_comments(world: Any, new_draft: Any) -> None:
    drafted = await world.http.post(
        CONSULTATIONS, json=new_draft(world.clock.now()), headers=world.official()
    )
    refused = await world.http.post(
        comments_of(drafted.json()), json={"text": "Ý kiến."}, headers=world.commenter("x")
    )
    assert refused.status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"text": " "}, "/text"),
        ({"text": "x" * 5001}, "/text"),
        ({"text": "a\u0000b"}, "/text"),
        ({"text": "a", "passage": 3}, "/passage"),
        ({"text": "a", "passage": 0}, "/passage"),
        ({"text": "a", "author": "x"}, "/author"),
    ],
)
async def test_a_wrong_comment_is_refused_with_its_fault(
    world: Any, body: dict[str, Any], pointer: str
) -> None:
    consultation = await world.consultation()
    answer = await world.http.post(comments_of(consultation), json=body, headers=world.commenter("x"))
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_the_same_key_comments_once(world: Any) -> None:
    consultation = await world.consultation()
    headers = {**world.commenter("twice"), "idempotency-key": "c1"}
    path = comments_of(consultation)
    answers = await asyncio.gather(
        *[world.http.post(path, json={"text": "Một lần."}, headers=headers) for _ in range(4)]
    )
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await world.http.get(path)).json()["items"]) == 1


async def test_a_withdrawn_comment_is_gone_for_everyone_and_its_text_erased(world: Any) -> None:
    consultation = await world.consultation()
    made = await world.comment(consultation["id"], "dung", text="Tôi rút lại.")
    path, who = comments_of(consultation), world.commenter("dung")
    withdrawn = await world.http.post(f"{path}/{made['id']}/withdrawal", headers=who)
    assert withdrawn.status_code == 201
    again = await world.http.post(f"{path}/{made['id']}/withdrawal", headers=who)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/comment-not-standing")
    assert (await world.http.get(path, headers=who)).json()["items"] == []
    (own,) = (await world.http.get(OWN, headers=who)).json()["items"]
    assert (own["status"], own["text"]) == ("withdrawn", None)


async def test_a_comment_can_be_withdrawn_after_the_closing(world: Any) -> None:
    consultation = await world.consultation(days=1)
    made = await world.comment(consultation["id"], "em")
    world.clock.advance(timedelta(days=2))
    path = f"{comments_of(consultation)}/{made['id']}/withdrawal"
    assert (await world.http.post(path, headers=world.commenter("em"))).status_code == 201


async def test_another_persons_comment_cannot_be_withdrawn(world: Any) -> None:
    consultation, other = await world.consultation(), await world.consultation()
    made = await world.comment(consultation["id"], "author")
    elsewhere = f"{comments_of(other)}/{made['id']}/withdrawal"
    here = f"{comments_of(consultation)}/{made['id']}/withdrawal"
    for path, subject in ((here, "stranger"), (elsewhere, "author")):
        refused = await world.http.post(path, headers=world.commenter(subject))
        assert (refused.status_code, refused.json()["type"]) == (404, "/problems/comment-not-found")
    assert len((await world.http.get(comments_of(consultation))).json()["items"]) == 1


async def test_a_hidden_comment_shows_why_and_is_recorded(world: Any) -> None:
    consultation = await world.consultation()
    made = await world.comment(consultation["id"], "giang", text="Gọi 0900 000 000.")
    path = comments_of(consultation)
    official = world.official(subject="moderator")
    reason = {"reason": "Nêu số điện thoại của một người."}
    hidden = await world.http.post(f"{path}/{made['id']}/hiding", json=reason, headers=official)
    assert hidden.status_code == 201
    (public,) = (await world.http.get(path)).json()["items"]
    assert (public["status"], public["text"], public["hiddenReason"]) == ("hidden", None, reason["reason"])
    assert "moderator" not in str(public)
    (own,) = (await world.http.get(OWN, headers=world.commenter("giang"))).json()["items"]
    assert (own["text"], own["hiddenReason"]) == ("Gọi 0900 000 000.", reason["reason"])
    log = (await world.http.get(f"{CONSULTATIONS}/{consultation['id']}/log", headers=official)).json()
    assert log["items"][-1]["official"] == "moderator"
    assert log["items"][-1]["particulars"] == {"comment": made["id"], **reason}
    again = await world.http.post(f"{path}/{made['id']}/hiding", json=reason, headers=official)
    withdrawal = await world.http.post(f"{path}/{made['id']}/withdrawal", headers=world.commenter("giang"))
    assert (again.status_code, withdrawal.status_code) == (409, 409)


async def test_officials_of_another_agency_cannot_hide_a_comment(world: Any) -> None:
    consultation = await world.consultation()
    made = await world.comment(consultation["id"], "someone")
    path = f"{comments_of(consultation)}/{made['id']}/hiding"
    refused = await world.http.post(path, json={"reason": "x"}, headers=world.official(agency="H99.77"))
    assert (refused.status_code, refused.json()["type"]) == (404, "/problems/comment-not-found")
    assert (await world.http.get(comments_of(consultation))).json()["items"][0]["status"] == "standing"


async def test_hiding_without_a_reason_is_refused(world: Any) -> None:
    consultation = await world.consultation()
    made = await world.comment(consultation["id"], "someone")
    path = f"{comments_of(consultation)}/{made['id']}/hiding"
    for body in ({}, {"reason": " "}):
        refused = await world.http.post(path, json=body, headers=world.official())
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/reason")


async def test_each_comment_is_told_by_id_and_passage_alone(world: Any) -> None:
    consultation = await world.consultation()
    made = await asyncio.gather(
        *[world.comment(consultation["id"], f"crowd-{n}", passage=n % 3 or None) for n in range(6)]
    )
    opened, *commented = await world.told(PROCESS)
    assert opened.type == "participation.process.opened.v1"
    assert [event.sequence for event in (opened, *commented)] == list(range(1, 8))
    assert {event.type for event in commented} == {"participation.process.commented.v1"}
    assert {(event.payload["comment"], event.payload["passage"]) for event in commented} == {
        (comment["id"], comment["passage"]) for comment in made
    }
    assert {frozenset(event.payload) for event in commented} == {
        frozenset({"kind", "agency", "comment", "passage"})
    }


THERE = f"{CONSULTATIONS}/{UUID(int=1)}/comments"
PROTECTED = [
    ("POST", THERE, "participation:comments:write", "person", {"text": "x"}),
    ("GET", OWN, "participation:comments:write", "person", None),
    ("POST", f"{THERE}/{UUID(int=2)}/withdrawal", "participation:comments:write", "person", None),
    (
        "POST",
        f"{THERE}/{UUID(int=2)}/hiding",
        "participation:consultations:write",
        "official",
        {"reason": "x"},
    ),
]


@pytest.mark.parametrize(("method", "path", "scope", "kind", "body"), PROTECTED)
async def test_nobody_comments_or_hides_without_scope_or_as_another_kind(
    world: Any, method: str, path: str, scope: str, kind: str, body: dict[str, Any] | None
) -> None:
    assert (await world.http.request(method, path, json=body)).status_code == 401
    unscoped = world.bearer("participation:ratings:write", kind=kind, agency=world.agency)
    refused = await world.http.request(method, path, json=body, headers=unscoped)
    assert (refused.status_code, refused.json()["scope"]) == (403, scope)
    for other in {"person", "official", "client"} - {kind}:
        wrong = world.bearer(scope, kind=other, agency=world.agency)
        refused = await world.http.request(method, path, json=body, headers=wrong)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-for-this-caller")
