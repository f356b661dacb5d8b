"""Whatever people write can be put on paper: what the fonts lack is set so that it can be read."""

import random
import sys
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest

from procedures.results.glyphs import as_shown, glyphs
from procedures.results.paper import PaperNotSet, compiled, typeset

RESULT: dict[str, Any] = {
    "number": "01/2026/GXN", "title": {"vi": "Giấy xác nhận"}, "agencyName": "UBND Phường Mẫu",
    "caseCode": "H99.01-260105-0001", "legalBasis": ["Luật Mẫu"], "text": "Ở đây.", "remedies": None,
    "issuedAt": "2026-11-26T03:00:00+00:00", "supersedes": None,
}  # fmt: skip


def set_on_paper(**changes: Any) -> bool:
    return typeset({**RESULT, **changes}, verify_at="http://127.0.0.1/x").startswith(b"%PDF")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\uf0b7 Thiếu bản sao\r\n\uf0a7 Thiếu ảnh\n\uf0fc Đủ phí", "• Thiếu bản sao\n• Thiếu ảnh\n• Đủ phí"),
        ("ＮＧＵＹỄＮ\u3000Ａ ０９１２", "NGUYỄN A 0912"),
        ("Trần\u0007 Thị\u200b M\u00adẫu\ufeff", "Trần Thị Mẫu"),
        ("Tên \u202eưệiH gnauQ\u202c", "Tên ưệiH gnauQ"),
        ("một\thai\x0bba\u2028bốn", "một hai\nba\nbốn"),
        ("Cảm ơn 😀", "Cảm ơn [U+1F600]"),
        ("阮, ប៉ា, ไทย", "[U+962E], [U+1794][U+17C9][U+17B6], [U+0E44][U+0E17][U+0E22]"),
        ("1\ufe0f\u20e3 ❤\ufe0f \uf0fe \ud800", "1[U+20E3] ❤ [U+F0FE] [U+D800]"),
        ("Tie\u0302\u0301ng Vie\u0323\u0302t", "Tiếng Việt"),
        ("H'Bơ\u0306 Êban: 10.000 ₫, 25 m², ☑ → “được”", "H'Bơ\u0306 Êban: 10.000 ₫, 25 m², ☑ → “được”"),
    ],
)  # fmt: skip
def test_what_people_write_is_set_so_that_it_can_be_read(written: str, shown: str) -> None:
    assert as_shown(written) == shown
    assert as_shown(shown) == shown
    assert set_on_paper(text=written, legalBasis=[written], remedies=written, agencyName=f"{written} x")


def test_what_is_held_to_be_in_the_fonts_is_in_them() -> None:
    """A release of Typst with other fonts would be noticed here."""
    every = sorted(glyphs())
    marks = [char for char in every if category(char).startswith("M")]
    after_letters = [f"{letter}{mark}" for letter in "aưƠÊж1☐→" for mark in marks]
    assert set_on_paper(text="\n".join([*every, *after_letters]), legalBasis=every)


def test_no_mixture_of_characters_keeps_a_paper_from_being_set() -> None:
    chance = random.Random(11)
    every = [chr(code) for code in range(sys.maxunicode + 1)]
    known = sorted(glyphs())
    marks = [char for char in every if category(char) in ("Mn", "Me", "Mc", "Cf")]
    text = "".join(
        chance.choice(chance.choice((every, every[:0x3000], known, marks, "\n "))) for _ in range(20_000)
    )
    assert set_on_paper(text=text)


def test_what_cannot_be_set_all_the_same_is_told_as_a_problem(tmp_path: Path) -> None:
    template = tmp_path / "template.typ"
    template.write_text('#set page(width: 1cm)\n#text("\\u{1F600}")')
    with pytest.raises(PaperNotSet):
        compiled(template, {})
