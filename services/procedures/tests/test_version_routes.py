"""What is read of a version: its changes, its form, and the files that it leaves as."""

from typing import Any

import pytest
from httpx import Response

from procedures.domain.definition_json import definition_from_json, definition_to_json
from shared.ids import new_id

PROCEDURES = "/procedures/v1/procedures"
DRAFTS = "/procedures/v1/drafts"


async def draft(world: Any, body: dict[str, Any]) -> None:
    answer = await world.http.post(PROCEDURES, json=body, headers=world.official("desk"))
    assert answer.status_code == 201, answer.text


async def changed_procedure(world: Any, definition: Any) -> str:
    """A procedure in force, with a draft in which the term is another."""
    code: str = await world.publish()
    await draft(world, definition(code=code, term={"kind": "working_days", "amount": 5}))
    return code


async def read(world: Any, path: str, editor: str | None = None, **headers: str) -> Response:
    own = world.official(editor) if editor else {}
    answer: Response = await world.http.get(path, headers={**own, **headers})
    return answer


class TestChanges:
    async def test_a_draft_is_compared_with_the_version_before_it(self, world: Any, definition: Any) -> None:
        code = await changed_procedure(world, definition)
        answer = await read(world, f"{DRAFTS}/{code}/versions/2/changes", "desk")
        body = answer.json()
        assert (answer.status_code, body["since"], len(body["changes"])) == (200, 1, 1)
        change = body["changes"][0]
        assert (change["kind"], change["pointer"]) == ("changed", "/term")
        assert change["after"] == {"kind": "working_days", "amount": 5}
        assert change["text"]["en"] == "The term of the procedure: from 3 working days to 5 working days."

    async def test_anyone_compares_published_versions_and_none_sees_anothers_draft(
        self, world: Any, definition: Any
    ) -> None:
        code = await changed_procedure(world, definition)
        assert (await read(world, f"{PROCEDURES}/{code}/versions/2/changes")).status_code == 404
        assert (await read(world, f"{DRAFTS}/{code}/versions/2/changes", "elsewhere")).status_code == 404
        published = await world.http.post(
            f"{PROCEDURES}/{code}/versions/2/publication",
            headers={**world.official("desk"), "if-match": "*"},
        )
        assert published.status_code == 201, published.text
        answer = await read(world, f"{PROCEDURES}/{code}/versions/2/changes?since=1")
        assert [change["pointer"] for change in answer.json()["changes"]] == ["/term"]
        back = await read(world, f"{PROCEDURES}/{code}/versions/1/changes?since=2")
        assert back.json()["changes"][0]["before"] == {"kind": "working_days", "amount": 5}
        same = await read(world, f"{PROCEDURES}/{code}/versions/1/changes?since=1")
        assert same.json()["changes"] == []

    async def test_there_is_nothing_before_the_first_version(self, world: Any) -> None:
        code = await world.publish()
        assert (await read(world, f"{PROCEDURES}/{code}/versions/1/changes")).status_code == 404


class TestForm:
    FORM = {  # noqa: RUF012
        "type": "object",
        "properties": {
            "name": {"type": "string", "x-motcua": {"label": {"vi": "Họ tên", "en": "Full name"}}}
        },
        "required": ["name"],
    }

    async def test_the_form_is_in_the_language_that_is_asked_for(self, world: Any) -> None:
        path = f"{PROCEDURES}/{await world.publish(form=self.FORM)}/versions/1/form"
        etags = set()
        for language, label in (("vi", "Họ tên"), ("en", "Full name"), ("fr", "Họ tên")):
            answer = await read(world, path, **{"accept-language": language})
            (field,) = answer.json()["pages"][0]["sections"][0]["fields"]
            assert field["label"] == label
            assert answer.json()["schema"]["properties"]["name"]["title"] == label
            assert answer.headers["content-language"] == answer.json()["language"]
            assert "Accept-Language" in answer.headers["vary"]
            etags.add(answer.headers["etag"])
        assert len(etags) == 2

    async def test_a_draft_shows_its_form_to_its_agency(self, world: Any, definition: Any) -> None:
        code = f"MAU-{new_id().hex[-6:].upper()}"
        await draft(world, definition(code=code))
        path = "/versions/1/form"
        assert (await read(world, f"{PROCEDURES}/{code}{path}")).status_code == 404
        assert (await read(world, f"{DRAFTS}/{code}{path}", "elsewhere")).status_code == 404
        shown = await read(world, f"{DRAFTS}/{code}{path}", "desk")
        assert shown.json()["documents"][0]["title"] == "Giấy tờ tùy thân"

    async def test_a_wrong_answer_is_told_by_the_label_of_its_field(self, world: Any) -> None:
        code = await world.publish(form=self.FORM)
        for language, said in (("vi", "“Họ tên”: còn trống"), ("en", "“Full name”: this is missing")):
            answer = await world.http.post(
                "/procedures/v1/cases",
                json={"procedure": code, "form": {}},
                headers={**world.citizen(), "accept-language": language},
            )
            (fault,) = answer.json()["errors"]
            assert fault["pointer"] == "/form/name"
            assert fault["detail"].startswith(said)


class TestFiles:
    async def test_a_definition_leaves_as_a_file_and_comes_back_the_same(
        self, world: Any, definition: Any
    ) -> None:
        code = await world.publish()
        answer = await read(world, f"{PROCEDURES}/{code}/versions/1/definition")
        assert answer.headers["content-disposition"] == 'attachment; filename="1.json"'
        assert definition_from_json(answer.json()) == definition_from_json(definition(code=code))
        await draft(world, answer.json())
        again = await read(world, f"{DRAFTS}/{code}/versions/2/definition", "desk")
        assert again.content == answer.content
        unchanged = await read(world, f"{DRAFTS}/{code}/versions/2/changes", "desk")
        assert unchanged.json()["changes"] == []

    @pytest.mark.parametrize("document", ["definition", "sheet"])
    async def test_a_draft_leaves_only_to_its_agency(
        self, world: Any, definition: Any, document: str
    ) -> None:
        code = f"MAU-{new_id().hex[-6:].upper()}"
        await draft(world, definition(code=code))
        assert (await read(world, f"{PROCEDURES}/{code}/versions/1/{document}")).status_code == 404
        theirs = await read(world, f"{DRAFTS}/{code}/versions/1/{document}", "elsewhere")
        assert theirs.status_code == 404

    async def test_what_a_sheet_cannot_say_is_named(self, world: Any) -> None:
        code = await world.publish()
        answer = await read(world, f"{PROCEDURES}/{code}/versions/1/sheet")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-fit-for-a-sheet")
        lost = {each["pointer"]: each["vi"] for each in answer.json()["lost"]}
        assert lost["/steps/1/transitions/1"].startswith("Bỏ hướng đi tiếp")

    async def test_a_sheet_that_was_imported_leaves_as_a_sheet(self, world: Any) -> None:
        code = f"TP{new_id().hex[-6:].upper()}"
        sheet = {
            "sheet": code,
            "code": code,
            "title": "Chứng thực",
            "total_days": 1,
            "fee": "10000",
            "steps": [
                {
                    "unit": "BP",
                    "name": "Ký",
                    "days": 1,
                    "role": None,
                    "tasks": [{"code": f"{code}::KY", "name": "Ký", "days": 1, "next": "NULL"}],
                }
            ],
            "form": [
                {"section": None, "id": "ten", "type": "TextboxName", "label": "Tên", "required": True, "validate": "text"}
            ],
        }  # fmt: skip
        imported = await world.http.post("/procedures/v1/imports", json=sheet, headers=world.official("desk"))
        assert imported.status_code == 201, imported.text
        answer = await read(world, f"{DRAFTS}/{code}/versions/1/sheet", "desk")
        assert answer.json() == sheet


def test_a_file_spells_every_part_out(definition: Any) -> None:
    written = definition_to_json(definition_from_json(definition()))
    assert written["steps"][0]["join"] is None
