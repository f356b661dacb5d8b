"""What people write is stored sealed, can be read by those who may, and is gone when its key is."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from procedures.cases.soundness import verify_cases
from procedures.domain.acts import Act
from procedures.domain.case import Case
from procedures.domain.personal import PERSONAL, UNREADABLE, commitment, with_personal_texts
from procedures.keys.keyring import CaseKey, KeyNotAtHand, Keyring, Unreadable, hand_over, shown
from procedures.keys.operations import Rotated, rotate_keys
from shared.db import Database
from shared.ids import new_id

CASE = UUID("0198c2a5-7d1e-7a44-8f0a-3a2b1c0d9e8f")
FIRST = f"1:{base64.urlsafe_b64encode(bytes(32)).decode()}"
SECOND = f"2:{base64.urlsafe_b64encode(bytes(range(32))).decode()}"
WRITTEN = ("Bùi Thị Kín", "bà Kín thiếu chữ ký", "đã hỏi bà Kín", "bà Kín đủ điều kiện", "giấy tờ của bà Kín")
"""What is written in the case below, that nobody who has the database alone may read."""


@pytest.fixture
def key() -> CaseKey:
    return Keyring(FIRST).new_key(CASE)


def test_a_sealed_text_is_opened_where_it_was_sealed_and_nowhere_else(key: CaseKey) -> None:
    sealed = key.seal_text(3, "items/0/reason", "Bản chụp mờ")
    assert key.open_text(sealed, sequence=3, place="items/0/reason") == key.open_text(sealed) == "Bản chụp mờ"
    for sequence, place in ((4, "items/0/reason"), (3, "items/1/reason"), (3, "note")):
        with pytest.raises(Unreadable):
            key.open_text(sealed, sequence=sequence, place=place)
    for moved in (sealed.replace("3/items/0", "3/items/1"), sealed.replace("sealed:3/", "sealed:4/")):
        with pytest.raises(Unreadable):
            key.open_text(moved)


def test_a_key_opens_no_other_case(key: CaseKey) -> None:
    keyring, other = Keyring(FIRST), new_id()
    with pytest.raises(Unreadable):
        keyring.key_of(other, key.wrapped)
    with pytest.raises(Unreadable):
        keyring.new_key(CASE).open_form(key.seal_form(bytes(32), b"{}"))


def test_any_changed_bit_of_what_is_sealed_is_found(key: CaseKey) -> None:
    sealed = key.seal_text(2, "note", "Đã đối chiếu bản chính.").encode()
    changes = [
        sealed[:place] + bytes([sealed[place] ^ 1 << bit]) + sealed[place + 1 :]
        for place in range(len(sealed))
        for bit in range(8)
    ]
    for change in changes:
        assert shown(key, change.decode("latin-1")) == UNREADABLE
    for place in range(len(key.wrapped) * 8):
        wrapped = bytearray(key.wrapped)
        wrapped[place // 8] ^= 1 << place % 8
        with pytest.raises(Unreadable):
            Keyring(FIRST).key_of(CASE, bytes(wrapped))


def test_the_same_text_is_never_sealed_the_same(key: CaseKey) -> None:
    assert len({key.seal_text(1, "note", "Có") for _ in range(100)}) == 100


def test_a_key_that_was_sealed_under_an_older_version_is_opened_until_that_version_is_gone() -> None:
    old, both, new = Keyring(FIRST), Keyring(f"{SECOND},{FIRST}"), Keyring(SECOND)
    key = old.new_key(CASE)
    sealed = key.seal_text(1, "note", "Có")
    assert both.key_of(CASE, key.wrapped).open_text(sealed) == "Có"
    resealed = both.resealed(key.wrapped, bound_to=f"key of case {CASE}")
    assert new.key_of(CASE, resealed).open_text(sealed) == "Có"
    with pytest.raises(Unreadable, match="version 1"):
        new.key_of(CASE, key.wrapped)


def test_while_a_new_version_is_given_to_one_process_after_the_other_each_reads_what_any_has_sealed() -> None:
    before, reading, sealing = Keyring(FIRST), Keyring(f"{FIRST},read:{SECOND}"), Keyring(f"{FIRST},{SECOND}")
    for running in ([before, reading], [reading, sealing]):
        for one in running:
            wrapped = one.new_key(CASE).wrapped
            assert [other.key_of(CASE, wrapped).opens for other in running] == [True, True]
    with pytest.raises(ValueError, match=r".+"):
        Keyring(f"read:{FIRST}")


def test_a_key_that_does_not_open_shows_no_text_and_seals_none(key: CaseKey) -> None:
    closed, sealed = CaseKey(key.case_id, key.wrapped), key.seal_text(1, "note", "Có")
    assert (closed.opens, shown(closed, sealed)) == (False, UNREADABLE)
    with pytest.raises(KeyNotAtHand):
        closed.seal_text(1, "note", "Có")
    with pytest.raises(KeyNotAtHand):
        closed.seal_form(bytes(32), b"{}")


@pytest.mark.parametrize("wrong", ["", "abc", "1:", "1:AAAA", f"0:{'A' * 43}", f"x:{'A' * 43}", f"{FIRST},"])
def test_a_master_key_that_is_none_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Keyring(wrong)


def test_a_commitment_fits_one_form_and_cannot_be_tried_out_without_the_salt() -> None:
    form = b'{"fullName":"A"}'
    assert commitment(b"s" * 32, form) == commitment(b"s" * 32, form)
    assert (
        len({commitment(salt * 32, form) for salt in (b"a", b"b")} | {hashlib.sha256(form).hexdigest()}) == 3
    )


FREE_TEXT = {"reason", "note", "comment", "text", "answer", "question", "message", "description", "opinion"}
NOT_PERSONAL = {
    ("Redated", "reason"),
    ("Answer", "opinion"),
    ("Consultee", "answer"),
    ("ConsultationAnswered", "answer"),
}
"""Texts about an agency, not about a person; and an answer, of which the note is marked."""


def _texts(kind: type) -> Iterator[tuple[str, str, bool]]:
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        parts = [hints[field.name], *_parts(hints[field.name])]
        for part in parts:
            if isinstance(part, type) and is_dataclass(part):
                yield from _texts(part)
        yield kind.__name__, field.name, any(PERSONAL in getattr(part, "__metadata__", ()) for part in parts)


def _parts(hint: Any) -> Iterator[Any]:
    for part in get_args(hint):
        yield part
        yield from _parts(part)


def test_every_free_text_of_an_act_or_a_case_is_marked_as_personal() -> None:
    found = {text for kind in (*get_args(Act), Case) for text in _texts(kind)}
    unmarked = {(kind, name) for kind, name, marked in found if name in FREE_TEXT and not marked}
    assert unmarked - NOT_PERSONAL == set()
    assert {
        ("MissingItem", "reason", True),
        ("Answer", "note", True),
        ("Consultee", "question", True),
    } <= found


def test_an_act_without_personal_text_stays_the_same_object() -> None:
    whole = next(kind for kind in get_args(Act) if kind.__name__ == "Closed")(on_time=True)
    assert with_personal_texts(whole, lambda *_: "") is whole


@pytest.fixture
async def case(world: Any) -> str:
    return await written_in(world)


async def written_in(world: Any) -> str:
    """A case in which much was written, answered under idempotency keys."""
    receipt = await world.submit(await world.publish(), form={"fullName": WRITTEN[0]})
    case: str = receipt["id"]

    async def act(command: str, headers: dict[str, str], body: Any = None) -> None:
        keyed = {**headers, "idempotency-key": str(new_id())}
        answer = await world.act(case, command, keyed, body)
        assert answer.status_code == 201, answer.text

    await act("acceptance", world.official("desk"))
    items = [{"document": "GIAY_TO", "reason": WRITTEN[1]}]
    await act("supplement-request", world.official("justice"), {"items": items})
    sent = await world.send(b"%PDF-1.7 sample")
    brought = {"documents": [{"document": "GIAY_TO", "id": sent["id"]}], "note": WRITTEN[2]}
    await act("supplement", world.citizen(), brought)
    await act("decision", world.official("justice"), {"outcome": "granted", "reason": WRITTEN[3]})
    return case


async def test_nothing_that_people_wrote_stands_in_the_database_in_the_clear(world: Any, case: str) -> None:
    async with world.database.reading() as tx:
        tables = (
            await tx.execute(
                text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
            )
        ).scalars()
        stored = ""
        for table in tables:
            rows = (await tx.execute(text(f'SELECT to_jsonb(t) FROM "{table}" t'))).scalars()
            stored += "\n".join(map(str, rows))
    assert case in stored
    for written in WRITTEN:
        assert written not in stored
        assert written.encode().hex() not in stored
        assert written.encode().decode("unicode_escape") not in stored


async def test_those_who_may_read_the_case_read_what_was_written(world: Any, case: str) -> None:
    view = (await world.read(case, world.official("desk"))).json()
    assert (view["form"], view["reason"]) == ({"fullName": WRITTEN[0]}, WRITTEN[3])
    log = (await world.http.get(f"/procedures/v1/cases/{case}/log", headers=world.citizen())).json()
    acts = {entry["act"]["kind"]: entry["act"] for entry in log["entries"]}
    assert log["sound"] is True
    assert acts["supplement_requested"]["items"][0]["reason"] == WRITTEN[1]
    assert acts["supplemented"]["note"] == WRITTEN[2]
    assert acts["decided"]["reason"] == WRITTEN[3]
    listed = await world.http.get("/procedures/v1/cases", headers=world.citizen())
    assert WRITTEN[3] in listed.text
    document = view["attachments"][0]["id"]
    content = await world.http.get(f"/procedures/v1/documents/{document}/content", headers=world.citizen())
    assert (
        "gi%E1%BA%A5y%20t%E1%BB%9D%20c%E1%BB%A7a%20b%C3%A0%20K%C3%ADn.pdf"
        in content.headers["content-disposition"]
    )


async def test_a_command_that_is_sent_again_is_answered_from_what_was_sealed(world: Any) -> None:
    case = (await world.submit(await world.publish()))["id"]
    headers = {
        **world.official("desk"),
        "idempotency-key": str(new_id()),
        "if-match": (await world.read(case)).headers["etag"],
    }
    body = {"reason": WRITTEN[3], "legalGround": "Điều 17"}
    first, again = [
        await world.http.post(f"/procedures/v1/cases/{case}/refusal", json=body, headers=headers)
        for _ in range(2)
    ]
    assert first.status_code == 201
    assert (again.status_code, again.content) == (201, first.content)


async def test_keys_are_rotated_in_batches_and_the_old_version_can_go(
    open_world: Any, migrated_database: Any
) -> None:
    url = migrated_database("rotation", Path(__file__).parents[1] / "migrations")
    async with open_world(url, master_key=SecretStr(FIRST)) as world:
        cases = [await written_in(world) for _ in range(3)]
        before = [(await world.read(case)).json() for case in cases]
    rotating = Database(url, pool_size=1)
    hand_over(Keyring(f"{FIRST},{SECOND}"), rotating)
    async with rotating.transaction() as tx:  # a command is under way, which rotation does not wait for
        await tx.execute(text("SELECT FROM cases WHERE id = :id FOR UPDATE"), {"id": cases[1]})
        beside = Database(url, pool_size=1)
        hand_over(Keyring(f"{FIRST},{SECOND}"), beside)
        assert await rotate_keys(beside, at_once=2) == Rotated(done=8, left=1)
        await beside.close()
    assert await rotate_keys(rotating) == Rotated(done=1, left=0)
    assert await rotate_keys(rotating) == Rotated(done=0, left=0)
    await rotating.close()
    async with open_world(url, master_key=SecretStr(SECOND)) as later:
        later.citizen_id = world.citizen_id
        assert [(await later.read(case)).json() for case in cases] == before
        async with later.database.transaction() as tx:
            assert [one.flaw for one in await verify_cases(tx, after=None, limit=10)] == [None] * 3
