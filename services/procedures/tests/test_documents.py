"""Documents: streamed to the store, taken only as what they are, seen only by whom they concern.

Everything is tried on a folder and on an S3-compatible store.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import obstore
import pytest
from obstore.store import from_url
from sqlalchemy import select

from procedures.documents.contents import Content, Contents
from procedures.documents.operations import sweep_documents
from procedures.documents.sealing import new_key
from procedures.tables import documents
from shared.ids import new_id

DOCUMENTS = "/procedures/v1/documents"
LIMIT = 1_000_000
PDF = b"%PDF-1.7 sample"
DAY = timedelta(hours=24)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of an S3-compatible store on this machine, with a bucket `documents`."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    httpx.put(f"{endpoint}/documents").raise_for_status()
    yield endpoint
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def document_store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "folder":
        return str(tmp_path / "documents")
    variables = {
        "AWS_ENDPOINT_URL": request.getfixturevalue("s3"),
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return f"s3://documents/{new_id().hex}"


@pytest.fixture
def stored(document_store: str) -> Any:
    """`stored()` -> how many contents lie in the store, finished or not."""
    if not document_store.startswith("s3"):
        return lambda: len([path for path in Path(document_store).rglob("*") if path.is_file()])
    store = from_url(document_store)
    return lambda: sum(len(batch) for batch in obstore.list(store))


async def rows(world: Any) -> int:
    """How many documents of the citizen the database knows of."""
    async with world.database.reading() as tx:
        found = await tx.execute(select(documents.c.id).where(documents.c.owner == world.citizen_id))
        return len(found.all())


async def post(
    world: Any, content: Any, media_type: str = "application/pdf", file_name: str = "giấy tờ.pdf"
) -> httpx.Response:
    headers = {**world.citizen(), "content-type": media_type}
    answer: httpx.Response = await world.http.post(
        DOCUMENTS, params={"fileName": file_name}, content=content, headers=headers
    )
    return answer


async def content_of(world: Any, document: str, headers: dict[str, str]) -> httpx.Response:
    answer: httpx.Response = await world.http.get(f"{DOCUMENTS}/{document}/content", headers=headers)
    return answer


class TestStreaming:
    async def test_what_was_sent_comes_back_as_it_was(self, world: Any) -> None:
        sent = await world.send(PDF * 1000)
        assert (sent["size"], sent["mediaType"]) == (len(PDF) * 1000, "application/pdf")
        found = await content_of(world, sent["id"], world.citizen())
        assert found.content == PDF * 1000
        assert found.headers["content-type"] == "application/pdf"
        assert found.headers["x-content-type-options"] == "nosniff"
        held = {**world.citizen(), "if-none-match": f'"{sent["sha256"]}"'}
        assert (await content_of(world, sent["id"], held)).status_code == 304

    async def test_a_large_document_passes_in_parts(self, document_store: str) -> None:
        contents, piece = Contents(document_store), bytes(range(256)) * 4096
        content = Content(new_id(), new_key())

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(12):
                yield piece

        found = await contents.receive(content, pieces(), limit=12 * len(piece))
        assert found.size == 12 * len(piece)
        chunks = [chunk async for chunk in contents.send(content)]
        assert b"".join(chunks) == piece * 12
        assert len(chunks) > 3

    async def test_a_body_without_an_end_is_left_at_the_limit(self, world: Any, stored: Any) -> None:
        taken = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal taken
            while True:
                taken += 1
                yield PDF.ljust(100_000)

        assert (await post(world, endless())).status_code == 413
        assert taken <= LIMIT // 100_000 + 1
        assert (stored(), await rows(world)) == (0, 0)

    async def test_a_file_name_of_any_letters_arrives_in_the_header(self, world: Any) -> None:
        name = 'sổ "đỏ"\r\n; x=y/../.pdf'
        sent = (await post(world, PDF, file_name=name)).json()
        assert sent["fileName"] == name
        found = await content_of(world, sent["id"], world.citizen())
        encoded = "s%E1%BB%95%20%22%C4%91%E1%BB%8F%22%0D%0A%3B%20x%3Dy/../.pdf"
        assert found.headers["content-disposition"] == f"attachment; filename*=UTF-8''{encoded}"


class TestRefusing:
    async def test_a_document_of_just_the_limit_is_taken_and_a_byte_more_is_not(
        self, world: Any, stored: Any
    ) -> None:
        assert (await post(world, PDF.ljust(LIMIT))).status_code == 201
        refused = await post(world, PDF.ljust(LIMIT + 1))
        assert (refused.status_code, refused.json()["type"]) == (413, "/problems/document-too-large")
        assert refused.json()["limit"] == LIMIT
        assert (stored(), await rows(world)) == (1, 1)

    @pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/zip", "nonsense", ""])
    async def test_a_type_that_runs_or_is_unknown_is_refused(
        self, world: Any, stored: Any, media_type: str
    ) -> None:
        refused = await post(world, b"<script>", media_type)
        assert (refused.status_code, refused.json()["type"]) == (415, "/problems/document-type-refused")
        assert "application/pdf" in refused.json()["accepted"]
        assert (stored(), await rows(world)) == (0, 0)

    @pytest.mark.parametrize(
        ("media_type", "content"),
        [
            ("application/pdf", b"MZ\x90\x00 a program"),
            ("application/pdf", b"%PDF"),
            ("application/pdf", b""),
            ("text/plain", b""),
            ("image/png", PDF),
            ("image/jpeg", b"\x89PNG\r\n\x1a\n"),
            ("image/tiff", b"II\x00*"),
            ("application/vnd.oasis.opendocument.text", b"PK\x05\x06"),
        ],
    )
    async def test_content_that_is_not_what_it_is_sent_as_is_refused(
        self, world: Any, stored: Any, media_type: str, content: bytes
    ) -> None:
        refused = await post(world, content, media_type)
        assert (refused.status_code, refused.json()["type"]) == (400, "/problems/document-not-of-its-type")
        assert (stored(), await rows(world)) == (0, 0)

    @pytest.mark.parametrize(
        ("media_type", "content"),
        [
            ("application/pdf; charset=binary", PDF),
            ("IMAGE/PNG", b"\x89PNG\r\n\x1a\n..."),
            ("image/jpeg", b"\xff\xd8\xff\xe0"),
            ("image/tiff", b"MM\x00*...."),
            ("text/plain", "đơn".encode()),
        ],
    )
    async def test_a_beginning_is_recognised_however_it_is_cut(
        self, world: Any, media_type: str, content: bytes
    ) -> None:
        async def byte_by_byte() -> AsyncIterator[bytes]:
            for byte in content:
                yield bytes([byte])

        assert (await post(world, byte_by_byte(), media_type)).status_code == 201

    async def test_an_upload_that_breaks_off_leaves_nothing(self, world: Any, stored: Any) -> None:
        answer = await broken_off(world, PDF.ljust(300_000), PDF.ljust(300_000))
        assert answer["status"] == 400
        assert (stored(), await rows(world)) == (0, 0)

    async def test_a_procedure_may_ask_for_certain_types_and_sizes(self, world: Any) -> None:
        title = {"vi": "Ảnh", "en": "Photo"}
        photo = {"code": "ANH", "title": title, "mediaTypes": ["image/png"], "maxBytes": 10}
        procedure = await world.publish(documents=[photo])
        sent = await world.send(PDF)
        body = {"procedure": procedure, "form": {"fullName": "x"}}
        missing = await submit(world, body)
        assert [fault["code"] for fault in missing.json()["errors"]] == ["document_missing"]
        wrong = await submit(world, {**body, "documents": [{"document": "ANH", "id": sent["id"]}]})
        assert [(fault["pointer"], fault["code"]) for fault in wrong.json()["errors"]] == [
            ("/documents/0", "document_type"),
            ("/documents/0", "document_size"),
        ]


async def broken_off(world: Any, *chunks: bytes) -> Any:
    """The answer to an upload whose connection ends after these chunks, were anyone there to hear it."""
    arriving = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    told: list[Any] = []

    async def receive() -> Any:
        return arriving.pop(0) if arriving else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told.append(message)

    headers = {**world.citizen(), "content-type": "application/pdf"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": DOCUMENTS,
        "raw_path": DOCUMENTS.encode(),
        "query_string": b"fileName=x.pdf",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }
    await world.app(scope, receive, send)
    return told[0]


async def submit(world: Any, body: dict[str, Any], headers: dict[str, str] | None = None) -> httpx.Response:
    answer: httpx.Response = await world.http.post(
        "/procedures/v1/cases", json=body, headers=headers or world.citizen()
    )
    return answer


class TestWhose:
    async def test_a_loose_document_is_seen_by_its_sender_alone(self, world: Any) -> None:
        sent = await world.send(PDF)
        assert (await content_of(world, sent["id"], world.citizen())).status_code == 200
        for stranger in (world.citizen(str(new_id())), world.official("desk"), world.official("tax")):
            refused = await content_of(world, sent["id"], stranger)
            assert (refused.status_code, refused.json()["type"]) == (404, "/problems/document-not-found")

    async def test_anothers_document_cannot_be_put_into_a_case_nor_told_from_none(self, world: Any) -> None:
        procedure, sent = await world.publish(), await world.send(PDF)
        thief = world.citizen(str(new_id()))
        answers = [
            await submit(
                world,
                {
                    "procedure": procedure,
                    "form": {"fullName": "x"},
                    "documents": [{"document": "GIAY_TO", "id": document}],
                },
                thief,
            )
            for document in (sent["id"], str(new_id()))
        ]
        assert [answer.status_code for answer in answers] == [400, 400]
        assert answers[0].json()["errors"] == answers[1].json()["errors"]

    async def test_a_document_of_a_case_is_seen_by_whom_the_case_concerns(self, world: Any) -> None:
        case, sent = await case_with(world, await world.send(PDF))
        sees = {"desk": 200, "justice": 200, "tax": 404, "elsewhere": 404}
        for who, status in sees.items():
            assert (await content_of(world, sent, world.official(who))).status_code == status, who
        assert (await content_of(world, sent, world.citizen())).content == PDF
        assert (await content_of(world, sent, world.citizen(str(new_id())))).status_code == 404
        await world.act(case, "acceptance", world.official("desk"))
        asked = {"outcome": "ask_tax"}
        await world.act(case, "tasks/THU_LY/completion", world.official("justice"), asked)
        assert (await content_of(world, sent, world.official("tax"))).status_code == 200
        await world.act(case, "tasks/HOI_THUE/completion", world.official("tax"), {})
        assert (await content_of(world, sent, world.official("tax"))).status_code == 404

    async def test_the_result_is_there_for_the_applicant(self, world: Any) -> None:
        case, _ = await case_with(world, await world.send(PDF))
        await world.act(case, "acceptance", world.official("desk"))
        desk = world.bearer(
            "procedures:documents:write procedures:cases:read procedures:cases:process",
            kind="official",
            agency="H99.01",
            subject=str(new_id()),
            posts=[("PHONG_TU_PHAP", "XU_LY")],
        )
        await world.act(case, "decision", desk, {"outcome": "granted", "reason": "Đủ điều kiện."})
        paper = await world.send(b"%PDF-1.7 result", headers=desk)
        enclosed = {"documents": [{"document": "KET_QUA", "id": paper["id"]}]}
        theirs = await world.act(case, "result", world.official("justice"), enclosed)
        assert theirs.json()["errors"][0]["code"] == "document_not_sent"
        recorded = await world.act(case, "result", desk, enclosed)
        assert [item["id"] for item in recorded.json()["result"]] == [paper["id"]]
        assert (await content_of(world, paper["id"], world.citizen())).content == b"%PDF-1.7 result"

    async def test_of_two_cases_at_once_one_gets_the_document(self, world: Any) -> None:
        procedure, sent = await world.publish(), await world.send(PDF)
        body = {
            "procedure": procedure,
            "form": {"fullName": "x"},
            "documents": [{"document": "GIAY_TO", "id": sent["id"]}],
        }
        answers = await asyncio.gather(*(submit(world, body) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]
        twice = {**body, "documents": [{"document": "GIAY_TO", "id": str(new_id())}] * 2}
        codes = {fault["code"] for fault in (await submit(world, twice)).json()["errors"]}
        assert codes == {"document_not_sent", "document_repeated"}

    async def test_an_official_may_ask_for_a_paper_that_the_procedure_does_not_list(self, world: Any) -> None:
        case, _ = await case_with(world, await world.send(PDF))
        await world.act(case, "acceptance", world.official("desk"))
        items = {"items": [{"document": "GIAY_UY_QUYEN", "reason": "Nộp thay cần ủy quyền."}]}
        await world.act(case, "supplement-request", world.official("justice"), items)
        first, second = [(await world.send(PDF))["id"] for _ in range(2)]
        other = {"documents": [{"document": "GIAY_KHAC", "id": first}]}
        refused = await world.act(case, "supplement", world.citizen(), other)
        assert [fault["code"] for fault in refused.json()["errors"]] == ["document_unknown"]
        brought = {"documents": [{"document": "GIAY_UY_QUYEN", "id": second}]}
        assert (await world.act(case, "supplement", world.citizen(), brought)).status_code == 201


async def case_with(world: Any, sent: dict[str, Any]) -> tuple[str, str]:
    """A new case with this document in it: the ids of both."""
    enclosed = [{"document": "GIAY_TO", "id": sent["id"]}]
    receipt = await world.submit(await world.publish(), documents=enclosed)
    return receipt["id"], sent["id"]


class Unreachable(Contents):
    """A store that is away."""

    async def drop(self, document: UUID) -> None:
        raise OSError("the store is away")


class TestSweeping:
    async def test_a_loose_document_is_dropped_when_a_day_is_over_and_not_before(
        self, world: Any, stored: Any
    ) -> None:
        contents = world.app.state.desk.contents
        sent_at, sent = world.clock.now(), await world.send(PDF)
        await sweep_documents(world.database, contents, sent_at + DAY)
        assert (await content_of(world, sent["id"], world.citizen())).status_code == 200
        await sweep_documents(world.database, contents, sent_at + DAY + timedelta(microseconds=1))
        assert (await content_of(world, sent["id"], world.citizen())).status_code == 404
        assert (stored(), await rows(world)) == (0, 0)

    async def test_the_documents_of_a_case_stay(self, world: Any) -> None:
        _, sent = await case_with(world, await world.send(PDF))
        world.clock.advance(timedelta(days=400))
        await sweep_documents(world.database, world.app.state.desk.contents, world.clock.now())
        assert (await content_of(world, sent, world.citizen())).content == PDF

    async def test_a_sweep_that_is_interrupted_gives_no_case_a_document_without_content(
        self, world: Any, document_store: str, stored: Any
    ) -> None:
        procedure, sent = await world.publish(), await world.send(PDF)
        world.clock.advance(2 * DAY)
        with pytest.raises(OSError, match="away"):
            await sweep_documents(world.database, Unreachable(document_store), world.clock.now())
        enclosed = [{"document": "GIAY_TO", "id": sent["id"]}]
        body = {"procedure": procedure, "form": {"fullName": "x"}, "documents": enclosed}
        assert (await submit(world, body)).json()["errors"][0]["code"] == "document_not_sent"
        assert (stored(), await rows(world)) == (1, 1)
        await sweep_documents(world.database, world.app.state.desk.contents, world.clock.now())
        assert (stored(), await rows(world)) == (0, 0)
