"""An invented district to try the platform on: its agencies, people, officials and clients.

Everything here is made up. Loading it again changes nothing that is there: passwords and secrets are taken
from the credentials file of the time before, and made anew where it does not tell them, since what is stored
are hashes alone.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.agencies.operations import register_agency
from identity.agencies.store import agency_by_code
from identity.clients.operations import register_client, renew_secret
from identity.clients.store import client_by_id
from identity.domain.agency import Agency, Unit
from identity.domain.client import AuthMethod, Client, Kind
from identity.domain.official import Post
from identity.domain.person import AddressKind, ContactAddress, Person
from identity.officials.operations import appoint_official
from identity.officials.store import official_of_person
from identity.people.operations import register_person
from identity.people.passwords import PasswordHasher
from identity.people.store import person_id_of, put_password
from identity.settings import Settings
from shared.clock import SystemClock
from shared.db import Database
from shared.errors import Text
from shared.ids import new_id

COMMITTEE = "000.00.01.H99"
TAX_OFFICE = "000.00.02.H99"
WARD = "000.00.03.H99"

_UNITS: dict[str, Text] = {
    "BP_MOT_CUA": Text(vi="Bộ phận Một cửa", en="One-stop desk"),
    "PHONG_TU_PHAP": Text(vi="Phòng Tư pháp", en="Justice section"),
    "PHONG_TAI_CHINH": Text(vi="Phòng Tài chính – Kế hoạch", en="Finance and planning section"),
    "PHONG_DAT_DAI": Text(vi="Phòng Đất đai", en="Land section"),
    "LANH_DAO": Text(vi="Lãnh đạo", en="Leadership"),
    "BP_THUE": Text(vi="Bộ phận Thuế", en="Tax section"),
}

AGENCIES: tuple[tuple[str, str | None, Text, tuple[str, ...]], ...] = (
    (
        COMMITTEE,
        None,
        Text(vi="Ủy ban nhân dân Quận Mẫu", en="People's Committee of Mau District"),
        ("BP_MOT_CUA", "PHONG_TU_PHAP", "PHONG_TAI_CHINH", "PHONG_DAT_DAI", "LANH_DAO"),
    ),
    (
        TAX_OFFICE,
        None,
        Text(vi="Thuế Quận Mẫu", en="Tax Office of Mau District"),
        ("BP_MOT_CUA", "BP_THUE", "LANH_DAO"),
    ),
    (
        WARD,
        COMMITTEE,
        Text(vi="Ủy ban nhân dân Phường Hoa Sen", en="People's Committee of Hoa Sen Ward"),
        ("BP_MOT_CUA", "PHONG_TU_PHAP", "LANH_DAO"),
    ),
)


@dataclass(frozen=True, slots=True)
class SampleOfficial:
    """An official to appoint: account name, full name, agency, posts as (unit, role)."""

    account_name: str
    full_name: str
    agency: str
    posts: tuple[tuple[str, str], ...]


CITIZENS: tuple[tuple[str, str], ...] = (
    ("congdan@motcua.example", "Người Dân Mẫu"),
    ("congdan2@motcua.example", "Người Dân Thứ Hai"),
)

OFFICIALS: tuple[SampleOfficial, ...] = (
    SampleOfficial("tiepnhan@motcua.example", "Cán Bộ Tiếp Nhận", COMMITTEE, (("BP_MOT_CUA", "TIEP_NHAN"),)),
    SampleOfficial(
        "traketqua@motcua.example", "Cán Bộ Trả Kết Quả", COMMITTEE, (("BP_MOT_CUA", "TRA_KET_QUA"),)
    ),
    SampleOfficial("tuphap@motcua.example", "Chuyên Viên Tư Pháp", COMMITTEE, (("PHONG_TU_PHAP", "XU_LY"),)),
    SampleOfficial(
        "taichinh@motcua.example", "Chuyên Viên Tài Chính", COMMITTEE, (("PHONG_TAI_CHINH", "XU_LY"),)
    ),
    SampleOfficial("datdai@motcua.example", "Chuyên Viên Đất Đai", COMMITTEE, (("PHONG_DAT_DAI", "XU_LY"),)),
    SampleOfficial("lanhdao@motcua.example", "Lãnh Đạo Quận Mẫu", COMMITTEE, (("LANH_DAO", "KY_DUYET"),)),
    SampleOfficial("quantri@motcua.example", "Quản Trị Quận Mẫu", COMMITTEE, (("BP_MOT_CUA", "QUAN_TRI"),)),
    SampleOfficial("thue@motcua.example", "Chuyên Viên Thuế", TAX_OFFICE, (("BP_THUE", "XU_LY"),)),
    SampleOfficial("lanhdaothue@motcua.example", "Lãnh Đạo Thuế", TAX_OFFICE, (("LANH_DAO", "KY_DUYET"),)),
    SampleOfficial(
        "hoasen@motcua.example",
        "Cán Bộ Hoa Sen",
        WARD,
        (("BP_MOT_CUA", "TIEP_NHAN"), ("PHONG_TU_PHAP", "XU_LY")),
    ),
)

_PERSON_SCOPES = frozenset(
    {
        *("openid", "profile", "email", "phone"),
        *("identity:people:read", "identity:people:write"),
        *("identity:notifications:read", "identity:organisations:read"),
        *("procedures:cases:read", "procedures:cases:submit", "procedures:documents:write"),
        *("participation:ratings:write", "participation:comments:write", "events:stream:read"),
    }
)
_OFFICIAL_SCOPES = frozenset(
    {
        *("openid", "profile"),
        *("identity:agencies:write", "identity:officials:read", "identity:officials:write"),
        *("identity:clients:read", "identity:clients:write"),
        *("procedures:cases:read", "procedures:cases:process", "procedures:documents:write"),
        *("procedures:procedures:write", "procedures:calendars:write", "events:stream:read"),
        *("procedures:disposals:read", "procedures:disposals:write", "procedures:work:manage"),
        *("open-data:datasets:write", "participation:ratings:read", "participation:consultations:write"),
    }
)
_INTEGRATOR_SCOPES = frozenset(
    {
        *("procedures:cases:read", "procedures:procedures:write", "events:stream:read"),
        *("procedures:work:manage",),
        *("gateway:subscriptions:write", "open-data:datasets:write"),
    }
)
_PLATFORM_SCOPES = frozenset(
    {
        *("identity:agencies:write", "identity:officials:read", "identity:officials:write"),
        *("identity:clients:read", "identity:clients:write", "identity:organisations:write"),
        *("procedures:procedures:write", "procedures:calendars:write", "events:stream:read"),
        *("open-data:datasets:write", "participation:consultations:write", "gateway:subscriptions:write"),
    }
)

CLIENTS: tuple[Client, ...] = (
    Client(
        id="ung-dung-cong-dan",
        name=Text(vi="Cổng dịch vụ công Quận Mẫu", en="Mau District public services"),
        kind=Kind.PERSON,
        auth_method=AuthMethod.NONE,
        scopes=_PERSON_SCOPES,
        redirect_uris=frozenset({"http://127.0.0.1/callback", "vn.motcua.congdan:/callback"}),
        first_party=True,
    ),
    Client(
        id="ban-lam-viec",
        name=Text(vi="Bàn làm việc Một cửa", en="One-stop desk"),
        kind=Kind.OFFICIAL,
        auth_method=AuthMethod.NONE,
        scopes=_OFFICIAL_SCOPES,
        redirect_uris=frozenset({"http://127.0.0.1/callback"}),
        first_party=True,
    ),
    Client(
        id="tien-ich-ben-thu-ba",
        name=Text(vi="Tiện ích Hồ sơ của tôi", en="My Cases companion"),
        kind=Kind.PERSON,
        auth_method=AuthMethod.NONE,
        scopes=frozenset({"openid", "profile", "procedures:cases:read"}),
        redirect_uris=frozenset({"http://127.0.0.1/callback"}),
    ),
    Client(
        id="he-thong-tich-hop",
        name=Text(vi="Hệ thống tích hợp Quận Mẫu", en="Mau District integration"),
        kind=Kind.CLIENT,
        auth_method=AuthMethod.BASIC,
        scopes=_INTEGRATOR_SCOPES,
        agency=COMMITTEE,
    ),
    Client(
        id="he-thong-thue",
        name=Text(vi="Hệ thống tra cứu của Thuế Quận Mẫu", en="Records system of the tax office"),
        kind=Kind.CLIENT,
        auth_method=AuthMethod.BASIC,
        scopes=frozenset({"procedures:tasks:work", "procedures:documents:write", "events:stream:read"}),
        agency=TAX_OFFICE,
    ),
    Client(
        id="quan-tri-nen-tang",
        name=Text(vi="Quản trị nền tảng", en="Platform administration"),
        kind=Kind.CLIENT,
        auth_method=AuthMethod.BASIC,
        scopes=_PLATFORM_SCOPES,
    ),
)


async def load_sample(settings: Settings, credentials: Path) -> None:
    """Load what is missing, and write what one signs in with to the file, readable by its owner alone."""
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    hasher = PasswordHasher(threads=settings.hash_threads, queue=0)
    now = SystemClock().now()
    known = _known_secrets(credentials)
    told: dict[str, Any] = {"issuer": settings.issuer, "people": [], "officials": [], "clients": []}
    try:
        async with database.transaction() as tx:
            await _load_agencies(tx, now)
            for account_name, full_name in CITIZENS:
                told["people"].append(
                    await _load_person(tx, hasher, account_name, full_name, known=known, now=now)
                )
            for official in OFFICIALS:
                told["officials"].append(await _load_official(tx, hasher, official, known, now))
            for client in CLIENTS:
                told["clients"].append(await _load_client(tx, client, known, now))
    finally:
        hasher.close()
        await database.close()
    _write(credentials, told)


async def _load_agencies(tx: AsyncConnection, now: datetime) -> None:
    for code, parent, name, units in AGENCIES:
        if await agency_by_code(tx, code) is None:
            agency = Agency(new_id(), code, parent, name, tuple(Unit(unit, _UNITS[unit]) for unit in units))
            await register_agency(tx, agency, own=None, now=now)


async def _load_person(
    tx: AsyncConnection,
    hasher: PasswordHasher,
    account_name: str,
    full_name: str,
    *,
    known: Mapping[str, str],
    now: datetime,
) -> dict[str, Any]:
    person_id = await person_id_of(tx, account_name)
    password = known.get(account_name) if person_id else None
    if password is None:
        password = secrets.token_urlsafe(12)
        password_hash = await hasher.hash(password)
        if person_id is None:
            address = ContactAddress(AddressKind.EMAIL, account_name)
            person = Person(new_id(), account_name, full_name, "vi", (address,))
            await register_person(tx, person, password_hash, now)
            person_id = person.id
        else:
            await put_password(tx, person_id, password_hash, now)
    return {"id": str(person_id), "accountName": account_name, "password": password, "fullName": full_name}


async def _load_official(
    tx: AsyncConnection,
    hasher: PasswordHasher,
    sample: SampleOfficial,
    known: Mapping[str, str],
    now: datetime,
) -> dict[str, Any]:
    person = await _load_person(tx, hasher, sample.account_name, sample.full_name, known=known, now=now)
    person_id = await person_id_of(tx, sample.account_name)
    assert person_id is not None
    official = await official_of_person(tx, person_id)
    if official is None:
        posts = tuple(Post(unit, role) for unit, role in sample.posts)
        official = await appoint_official(
            tx, account_name=sample.account_name, agency=sample.agency, posts=posts, own=None, now=now
        )
    posts_held = [{"unit": post.unit, "role": post.role} for post in official.posts]
    return {**person, "id": str(official.id), "agency": official.agency, "posts": posts_held}


async def _load_client(
    tx: AsyncConnection, client: Client, known: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    there = await client_by_id(tx, client.id)
    if there is None:
        await register_client(tx, client, own=None, now=now)
    told = {
        "clientId": client.id,
        "kind": client.kind.value,
        "scopes": sorted(client.scopes),
        "redirectUris": sorted(client.redirect_uris),
    }
    if client.auth_method.needs_secret:
        secret = known.get(client.id) if there else None
        told["clientSecret"] = secret or await renew_secret(tx, client.id, own=None, now=now)
    return told


def _known_secrets(path: Path) -> dict[str, str]:
    """Account name or client id -> password or secret, as an earlier loading wrote them."""
    if not path.exists():
        return {}
    told = json.loads(path.read_text("utf-8"))
    people = {one["accountName"]: one["password"] for one in (*told["people"], *told["officials"])}
    return people | {one["clientId"]: one.get("clientSecret", "") for one in told["clients"]}


def _write(path: Path, told: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(told, file, ensure_ascii=False, indent=2)
