"""The letter of an agency that is late: on paper, sealed, the same for ever, for the applicant to have."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from procedures.results.certificates import make_sample_certificate
from procedures.results.checking import check
from procedures.results.signing import Seal
from procedures.results.signing_keys import SigningKeys

REASON = "Phải xác minh lại ở hai cơ quan.\nChúng tôi đã bổ sung người."


async def late(world: Any) -> str:
    case: str = (await world.submit(await world.publish()))["id"]
    await world.act(case, "acceptance", world.official("desk"))
    world.clock.advance(timedelta(days=9))
    return case


async def apologised(world: Any) -> tuple[str, Any]:
    """A late case, and the letter in it."""
    case = await late(world)
    body = {"reason": REASON, "promisedDate": "2026-01-20"}
    answer = await world.act(case, "apology", world.official("justice"), body)
    assert answer.status_code == 201, answer.text
    return case, answer.json()["apology"]["letter"]


async def content_of(world: Any, letter: Any, who: Any) -> Any:
    return await world.http.get(f"/procedures/v1/documents/{letter['id']}/content", headers=who)


async def test_applicant_and_agency_have_the_letter_and_nobody_else(world: Any) -> None:
    case, letter = await apologised(world)
    assert (letter["document"], letter["mediaType"]) == ("PHIEU_XIN_LOI", "application/pdf")
    for who in (world.citizen(), world.official("desk")):
        answer = await content_of(world, letter, who)
        assert sha256(answer.content).hexdigest() == letter["sha256"]
    strangers = (world.citizen("somebody else"), world.official("elsewhere"))
    assert [(await content_of(world, letter, who)).status_code for who in strangers] == [404, 404]
    assert (await world.read(case)).json()["apology"]["letter"] == letter


async def test_the_letter_is_an_archivable_pdf_and_never_changes(world: Any) -> None:
    case, letter = await apologised(world)
    before = (await content_of(world, letter, world.citizen())).content
    assert before.startswith(b"%PDF-1.7")
    assert b"pdfaid:part>2<" in before
    world.clock.advance(timedelta(days=2))
    again = await world.act(
        case, "apology", world.official("justice"), {"reason": "x", "promisedDate": "2026-02-02"}
    )
    assert again.json()["type"] == "/problems/already-apologised"
    assert (await content_of(world, letter, world.citizen())).content == before


async def test_without_a_certificate_the_letter_is_there_and_bears_no_signature(
    world: Any, tmp_path: Any
) -> None:
    _, letter = await apologised(world)
    file = tmp_path / "letter.pdf"
    file.write_bytes((await content_of(world, letter, world.citizen())).content)
    with file.open("rb") as stream:
        assert PdfFileReader(stream).embedded_signatures == []


async def test_a_reason_in_whatever_characters_is_put_on_paper(world: Any) -> None:
    body = {"reason": "\uf0b7 Thiếu người\x07 😀", "promisedDate": "2026-01-20"}
    answer = await world.act(await late(world), "apology", world.official("justice"), body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["apology"]["reason"] == body["reason"]


@pytest.fixture
def sealed(world: Any, tmp_path: Any) -> bytes:
    """The certificate of the authority by which the world's letters are signed."""
    authority = make_sample_certificate(tmp_path, b"secret", datetime(2026, 1, 1, tzinfo=UTC))
    desk = world.app.state.desk
    world.app.state.desk = replace(
        desk, press=replace(desk.press, seal=Seal(SigningKeys(tmp_path, b"secret")))
    )
    return authority.read_bytes()


async def test_with_a_certificate_the_letter_bears_the_seal_of_the_agency(world: Any, sealed: bytes) -> None:
    _, letter = await apologised(world)
    pdf = (await content_of(world, letter, world.citizen())).content
    assert (await check(pdf, sealed, world.clock.now())).sound
    assert not (await check(pdf.replace(b"/Title", b"/Titel", 1), sealed, world.clock.now())).sound
