"""The catalogue: drafts are changed and checked, versions come into force, never change, and retire."""

import asyncio
from typing import Any

import pytest
from httpx import Response

from shared.ids import new_id

PROCEDURES, DRAFTS = "/procedures/v1/procedures", "/procedures/v1/drafts"


@pytest.fixture
def code() -> str:
    return f"MAU-{new_id().hex[-6:].upper()}"


async def draft(world: Any, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    answer: Response = await world.http.post(PROCEDURES, json=body, headers=headers or world.official("desk"))
    return answer


async def publish(world: Any, drafted: Response) -> Response:
    body = drafted.json()
    headers = {**world.official("desk"), "if-match": drafted.headers["etag"]}
    answer: Response = await world.http.post(
        f"{PROCEDURES}/{body['code']}/versions/{body['version']}/publication", headers=headers
    )
    return answer


async def every_page(world: Any, path: str, headers: dict[str, str], limit: int) -> list[dict[str, Any]]:
    """All items of a list, gathered by its `Link` headers."""
    items: list[dict[str, Any]] = []
    address = f"{path}?limit={limit}"
    while True:
        answer = await world.http.get(address, headers=headers)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        assert len(answer.json()["items"]) <= limit
        if "link" not in answer.headers:
            assert answer.json()["next"] is None
            return items
        address = answer.headers["link"].partition(">")[0].removeprefix("<")


class TestDrafting:
    async def test_a_draft_says_where_it_is_and_what_is_wrong_with_it(
        self, world: Any, code: str, definition: Any
    ) -> None:
        steps = definition(code=code)["steps"]
        steps[2]["transitions"] = [{"to": "NOWHERE"}]
        drafted = await draft(world, definition(code=code, steps=steps))
        assert (drafted.status_code, drafted.json()["status"]) == (201, "draft")
        assert drafted.headers["location"] == f"{PROCEDURES}/{code}/versions/1"
        found = {finding["code"]: finding for finding in drafted.json()["findings"]}
        assert found["dangling_transition"]["severity"] == "error"
        assert found["dangling_transition"]["pointer"] == "/steps/2/transitions/0/to"
        assert found["dangling_transition"]["message"]["vi"]

    async def test_what_is_no_definition_is_refused_with_every_fault(self, world: Any) -> None:
        refused = await draft(world, {"code": "", "title": {"vi": "x"}, "term": {"kind": "moons"}, "fees": 1})
        assert (refused.status_code, refused.json()["type"]) == (400, "/problems/definition-malformed")
        pointers = {fault["pointer"] for fault in refused.json()["errors"]}
        assert {"/code", "/title/en", "/agency", "/term/kind", "/first", "/steps", "/fees"} <= pointers

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"code": "X" * 51}, "/code"),
            ({"code": "A/B"}, "/code"),
            ({"code": ".."}, "/code"),
            ({"code": "A B"}, "/code"),
            ({"documents": [{"code": "D" * 101, "title": {"vi": "x", "en": "x"}}]}, "/documents/0/code"),
        ],
    )
    async def test_a_code_that_cannot_be_used_is_refused(
        self, world: Any, definition: Any, change: dict[str, Any], pointer: str
    ) -> None:
        refused = await draft(world, definition(**change))
        assert (refused.status_code, [fault["pointer"] for fault in refused.json()["errors"]]) == (
            400,
            [pointer],
        )

    async def test_a_step_that_no_address_can_name_is_refused(
        self, world: Any, code: str, definition: Any
    ) -> None:
        steps = definition()["steps"]
        steps[3]["code"] = "TRA/KET/QUA"
        refused = await draft(world, definition(code=code, steps=steps))
        assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/steps/3/code"]

    async def test_a_draft_is_changed_in_the_state_that_was_read(
        self, world: Any, code: str, definition: Any
    ) -> None:
        drafted = await draft(world, definition(code=code))
        path, editor = f"{PROCEDURES}/{code}/versions/1", world.official("desk")
        changed = definition(code=code, title={"vi": "Tên mới", "en": "New name"})
        assert (await world.http.put(path, json=changed, headers=editor)).status_code == 428
        held = {**editor, "if-match": drafted.headers["etag"]}
        answer = await world.http.put(path, json=changed, headers=held)
        assert (answer.status_code, answer.json()["title"]["vi"]) == (200, "Tên mới")
        stale = await world.http.put(path, json=changed, headers=held)
        assert (stale.status_code, stale.json()["etag"]) == (412, answer.headers["etag"])

    async def test_of_two_editors_at_once_one_changes_the_draft(
        self, world: Any, code: str, definition: Any
    ) -> None:
        drafted = await draft(world, definition(code=code))
        held = {**world.official("desk"), "if-match": drafted.headers["etag"]}
        answers = await asyncio.gather(
            *(
                world.http.put(f"{PROCEDURES}/{code}/versions/1", json=definition(code=code), headers=held)
                for _ in range(5)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]

    async def test_drafts_made_at_once_get_versions_of_their_own(
        self, world: Any, code: str, definition: Any
    ) -> None:
        answers = await asyncio.gather(*(draft(world, definition(code=code)) for _ in range(5)))
        assert sorted(answer.json()["version"] for answer in answers) == [1, 2, 3, 4, 5]

    async def test_a_key_drafts_once(self, world: Any, code: str, definition: Any) -> None:
        headers = {**world.official("desk"), "idempotency-key": str(new_id())}
        first, again = [await draft(world, definition(code=code), headers) for _ in range(2)]
        assert (first.json(), first.headers["etag"]) == (again.json(), again.headers["etag"])
        assert (await world.http.get(f"{PROCEDURES}/{code}/versions")).json()["items"] == []


class TestPublishing:
    async def test_errors_keep_a_draft_from_being_published_and_are_named(
        self, world: Any, code: str, definition: Any
    ) -> None:
        drafted = await draft(world, definition(code=code, first="NOWHERE"))
        refused = await publish(world, drafted)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/draft-unsound")
        assert {finding["code"] for finding in refused.json()["findings"]} == {"dangling_transition"}
        assert (await world.http.get(f"{PROCEDURES}/{code}/versions/1")).status_code == 404

    async def test_a_published_version_is_there_for_everybody_and_never_changes(
        self, world: Any, code: str, definition: Any
    ) -> None:
        drafted = await draft(world, definition(code=code))
        published = await publish(world, drafted)
        assert (published.status_code, published.json()["status"]) == (201, "published")
        path = f"{PROCEDURES}/{code}/versions/1"
        seen = await world.http.get(path)
        assert seen.json()["definition"]["title"] == definition()["title"]
        assert (
            await world.http.get(path, headers={"if-none-match": seen.headers["etag"]})
        ).status_code == 304
        for match in (seen.headers["etag"], "*"):
            headers = {**world.official("desk"), "if-match": match}
            refused = await world.http.put(path, json=definition(code=code), headers=headers)
            assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-a-draft")
            again = await world.http.post(f"{path}/publication", headers=headers)
            assert (again.status_code, again.json()["type"]) == (409, "/problems/not-a-draft")
        assert (await world.http.get(path)).json() == seen.json()

    @pytest.mark.parametrize("number", [1e16, -1e23, 1.7976931348623157e308, 0.1, 2**53 - 1])
    async def test_a_form_with_any_number_is_published_and_read_as_it_was_sent(
        self, world: Any, code: str, definition: Any, number: float
    ) -> None:
        form = {"type": "object", "properties": {"area": {"type": "number", "not": {"const": number}}}}
        published = await publish(world, await draft(world, definition(code=code, form=form)))
        assert published.status_code == 201, published.text
        assert published.json()["definition"]["form"] == form

    async def test_a_new_version_retires_the_one_before_and_both_are_told(
        self, world: Any, code: str, definition: Any
    ) -> None:
        for _ in range(2):
            await publish(world, await draft(world, definition(code=code)))
        versions = (await world.http.get(f"{PROCEDURES}/{code}/versions")).json()["items"]
        assert [(each["version"], each["status"]) for each in versions] == [(2, "published"), (1, "retired")]
        told = await world.told("procedures.procedure.v1", "code", code)
        assert [(event.type.rsplit(".", 2)[1], event.sequence) for event in told] == [
            ("published", 1),
            ("retired", 2),
            ("published", 3),
        ]
        assert [event.payload["version"] for event in told] == [1, 1, 2]

    async def test_of_two_drafts_published_at_once_one_is_in_force(
        self, world: Any, code: str, definition: Any
    ) -> None:
        drafts = [await draft(world, definition(code=code)) for _ in range(4)]
        answers = await asyncio.gather(*(publish(world, each) for each in drafts))
        assert {answer.status_code for answer in answers} == {201}
        versions = (await world.http.get(f"{PROCEDURES}/{code}/versions")).json()["items"]
        assert sorted(each["status"] for each in versions) == ["published", *["retired"] * 3]

    async def test_what_is_retired_is_not_retired_again_and_a_draft_never_is(
        self, world: Any, code: str, definition: Any
    ) -> None:
        published = await publish(world, await draft(world, definition(code=code)))
        path = f"{PROCEDURES}/{code}/versions/1/retirement"
        editor = world.official("desk")
        assert (await world.http.post(path, headers=editor)).status_code == 428
        headers = {**editor, "if-match": published.headers["etag"]}
        assert (await world.http.post(path, headers=headers)).json()["status"] == "retired"
        assert (await world.http.post(path, headers=headers)).status_code == 412
        again = await world.http.post(path, headers={**editor, "if-match": "*"})
        assert (again.status_code, again.json()["type"]) == (409, "/problems/procedure-not-in-force")
        await draft(world, definition(code=code))
        of_draft = await world.http.post(
            f"{PROCEDURES}/{code}/versions/2/retirement", headers={**editor, "if-match": "*"}
        )
        assert of_draft.status_code == 409

    async def test_units_are_held_against_those_of_the_agency(
        self, world: Any, code: str, definition: Any
    ) -> None:
        agency = f"H{new_id().hex[-8:]}"
        await world.learn_agency(agency, "BP_MOT_CUA")
        editor = world.official("desk", agency)
        drafted = await draft(world, definition(code=code, agency=agency), editor)
        unknown = [each for each in drafted.json()["findings"] if each["code"] == "unknown_unit"]
        assert [each["pointer"] for each in unknown] == ["/steps/1/unit"]
        await world.learn_agency(agency, "BP_MOT_CUA", "PHONG_TU_PHAP", sequence=2)
        published = await world.http.post(
            f"{PROCEDURES}/{code}/versions/1/publication",
            headers={**editor, "if-match": drafted.headers["etag"]},
        )
        assert published.status_code == 201


class TestWhose:
    async def test_anothers_draft_is_absent_in_every_way(
        self, world: Any, code: str, definition: Any
    ) -> None:
        drafted = await draft(world, definition(code=code))
        path, theirs = f"{PROCEDURES}/{code}/versions/1", world.official("elsewhere")
        assert (await world.http.get(path)).status_code == 404
        assert (await world.http.get(f"{DRAFTS}/{code}/versions/1", headers=theirs)).status_code == 404
        assert (await world.http.get(f"{PROCEDURES}/{code}/versions")).json()["items"] == []
        assert code not in {each["code"] for each in await every_page(world, DRAFTS, theirs, 200)}
        assert code not in {each["code"] for each in await every_page(world, PROCEDURES, theirs, 200)}
        held = {**theirs, "if-match": drafted.headers["etag"]}
        for command in ("publication", "retirement"):
            assert (await world.http.post(f"{path}/{command}", headers=held)).status_code == 404
        body = definition(code=code, agency="H99.03")
        assert (await world.http.put(path, json=body, headers=held)).status_code == 404
        ours = world.official("desk")
        assert (await world.http.get(f"{DRAFTS}/{code}/versions/1", headers=ours)).status_code == 200
        assert code in {each["code"] for each in await every_page(world, DRAFTS, ours, 200)}

    async def test_nobody_drafts_for_another_agency_or_under_its_code(
        self, world: Any, code: str, definition: Any
    ) -> None:
        theirs = world.official("elsewhere")
        refused = await draft(world, definition(code=code), theirs)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/another-agency")
        await draft(world, definition(code=code))
        taken = await draft(world, definition(code=code, agency="H99.03"), theirs)
        assert (taken.status_code, taken.json()["type"]) == (403, "/problems/another-agency")

    async def test_a_draft_is_not_changed_into_another_agencys(
        self, world: Any, code: str, definition: Any
    ) -> None:
        drafted = await draft(world, definition(code=code))
        refused = await world.http.put(
            f"{PROCEDURES}/{code}/versions/1",
            json=definition(code=code, agency="H99.03"),
            headers={**world.official("desk"), "if-match": drafted.headers["etag"]},
        )
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/another-agency")

    async def test_an_editor_of_no_agency_edits_nothing(self, world: Any, definition: Any) -> None:
        client = world.bearer("procedures:procedures:write", kind="client")
        for answer in (
            await draft(world, definition(), client),
            await world.http.get(DRAFTS, headers=client),
            await world.http.post("/procedures/v1/imports", json={}, headers=client),
        ):
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/agency-missing")


class TestLists:
    async def test_pages_show_every_procedure_in_force_once_and_in_order(
        self, world: Any, definition: Any
    ) -> None:
        codes = {await world.publish() for _ in range(5)}
        listed = [each["code"] for each in await every_page(world, PROCEDURES, {}, 2)]
        assert listed == sorted(set(listed))
        assert codes <= set(listed)

    async def test_pages_show_every_draft_of_the_agency_once(self, world: Any, definition: Any) -> None:
        agency = f"H{new_id().hex[-8:]}"
        editor = world.official("desk", agency)
        for number in (1, 2, 2, 3):
            await draft(world, definition(code=f"{agency}-{number}", agency=agency), editor)
        listed = [(each["code"], each["version"]) for each in await every_page(world, DRAFTS, editor, 1)]
        assert listed == [(f"{agency}-1", 1), (f"{agency}-2", 1), (f"{agency}-2", 2), (f"{agency}-3", 1)]
