"""The invented offices: agencies of very different sizes, their procedures, and who files there.

Nothing here is of a real agency or person.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from procedures.agencies.operations import learn_agency
from procedures.catalogue.operations import draft_procedure, publish_version
from procedures.catalogue.store import version_of
from procedures.domain.definition import Definition
from procedures.domain.definition_json import definition_from_json
from shared.db import Database
from shared.events.identity import AgencyRegistered, Unit

AGENCIES = tuple(f"H99.{number:02}" for number in range(1, 21))
SIZES = tuple(1 / (1 + number) for number in range(len(AGENCIES)))
"""How many cases each agency has beside the others: the first has a quarter of all."""

TAX = "H99.90"
"""Does its part in cases of all the others, and has none of its own."""

UNITS = ("MOT_CUA", "TU_PHAP", "DAT_DAI", "KINH_TE", "LANH_DAO", "THUE")
PEOPLE = 300_000
FREQUENT_FILERS = 10
"""Organisations that file thousands of cases each."""

_RETENTION = [
    {"result": "granted", "years": 10, "from": "decided", "then": "transfer"},
    *(
        {"result": result, "years": 5, "from": "ended", "then": "destroy"}
        for result in ("rejected", "refused", "withdrawn")
    ),
]


def _days(amount: int) -> dict[str, Any]:
    return {"kind": "working_days", "amount": amount}


def _words(vi: str, en: str) -> dict[str, str]:
    return {"vi": vi, "en": en}


def _step(code: str, unit: str, *to: str | list[str] | None, **more: Any) -> dict[str, Any]:
    ways = [{"to": way, **({"outcome": f"way_{at}"} if len(to) > 1 else {})} for at, way in enumerate(to)]
    return {"code": code, "title": _words(f"Bước {code}", f"Step {code}"), "unit": unit,
            "transitions": ways, **more}  # fmt: skip


SHAPES: Sequence[Mapping[str, Any]] = (
    {  # within one agency, with a way back
        "term": _days(7),
        "steps": [
            _step("TIEP_NHAN", "MOT_CUA", "PHAN_CONG"),
            _step("PHAN_CONG", "LANH_DAO", "THU_LY", allowance=_days(1)),
            _step("THU_LY", "TU_PHAP", "SOAT_XET", allowance=_days(3)),
            _step("SOAT_XET", "TU_PHAP", "KY_DUYET", "THU_LY", allowance=_days(1)),
            _step("KY_DUYET", "LANH_DAO", "TRA_KET_QUA", allowance=_days(1), completesProcessing=True),
            _step("TRA_KET_QUA", "MOT_CUA", None),
        ],
    },
    {  # the clock stands still while the tax is assessed
        "term": _days(10),
        "steps": [
            _step("TIEP_NHAN", "MOT_CUA", "THAM_TRA"),
            _step("THAM_TRA", "DAT_DAI", "XAC_DINH_THUE", allowance=_days(4)),
            _step("XAC_DINH_THUE", "THUE", "NHAN_BIEN_LAI", agency=TAX, allowance=_days(3), pausesClock=True),
            _step("NHAN_BIEN_LAI", "MOT_CUA", "TRINH_KY", resumesClock=True),
            _step("TRINH_KY", "DAT_DAI", "KY_DUYET", allowance=_days(2)),
            _step("KY_DUYET", "LANH_DAO", "TRA_KET_QUA", allowance=_days(2), completesProcessing=True),
            _step("TRA_KET_QUA", "MOT_CUA", None),
        ],
    },
    {  # units side by side
        "term": _days(15),
        "steps": [
            _step("TIEP_NHAN", "MOT_CUA", "PHAN_CONG"),
            _step("PHAN_CONG", "LANH_DAO", ["THAM_DINH", "XAC_MINH", "HOI_THUE"], allowance=_days(1)),
            _step("THAM_DINH", "KINH_TE", "TONG_HOP", allowance=_days(6)),
            _step("XAC_MINH", "DAT_DAI", "TONG_HOP", allowance=_days(5)),
            _step("HOI_THUE", "THUE", "TONG_HOP", agency=TAX, allowance=_days(4)),
            _step("TONG_HOP", "KINH_TE", "KY_DUYET", join={"needed": None}, allowance=_days(4)),
            _step("KY_DUYET", "LANH_DAO", "TRA_KET_QUA", allowance=_days(2), completesProcessing=True),
            _step("TRA_KET_QUA", "MOT_CUA", None),
        ],
    },
)


def definitions() -> list[Definition]:
    """Three procedures of each agency, one of each shape."""
    return [
        definition_from_json(
            {
                "code": f"MAU-{number + 1:02}-{kind + 1}",
                "title": _words(f"Thủ tục mẫu số {kind + 1}", f"Sample procedure number {kind + 1}"),
                "agency": agency,
                "form": {
                    "type": "object",
                    "properties": {"fullName": {"type": "string"}, "address": {"type": "string"}},
                    "required": ["fullName"],
                },
                "documents": [
                    {"code": code, "title": _words(vi, en), "required": False}
                    for code, vi, en in (("DON", "Đơn", "Application"), ("BAN_VE", "Bản vẽ", "Drawing"))
                ],
                "reminder": _days(1),
                "supplements": {"rounds": 2, "answerWithin": _days(20), "onExpiry": "lapse"},
                "retention": _RETENTION,
                "first": "TIEP_NHAN",
                **shape,
            }
        )
        for number, agency in enumerate(AGENCIES)
        for kind, shape in enumerate(SHAPES)
    ]


def official_of(agency: str, unit: str) -> str:
    """Whoever works in the unit, as the log names them."""
    return str(UUID(int=Random(f"{agency} {unit}").getrandbits(128), version=4))


def filer(dice: Random) -> str:
    """Somebody: mostly one who files a few times in life, now and then one who files all the time."""
    number = dice.randrange(PEOPLE) if dice.random() > 0.02 else dice.randrange(FREQUENT_FILERS) - PEOPLE
    return str(UUID(int=1 << 80 | 7 << 76 | 2 << 62 | number + PEOPLE))


async def open_offices(database: Database, begin: datetime) -> datetime:
    """Make sure that agencies and procedures are there, in force since `begin`; returns since when they are.

    What was begun before goes on from its own beginning.
    """
    units = tuple(Unit(code=unit, name_vi=unit, name_en=unit) for unit in UNITS)
    async with database.transaction() as tx:
        there = await version_of(tx, definitions()[0].code, 1)
        if there is not None:
            since: datetime = there.published_at
            return since
        for agency in (*AGENCIES, TAX):
            event = AgencyRegistered(code=agency, name_vi=agency, name_en=agency, units=units)
            await learn_agency(tx, 1, event)
        for definition in definitions():
            agency, code = definition.agency, definition.code
            draft = await draft_procedure(tx, begin, agency=agency, definition=definition)
            await publish_version(tx, begin, agency=agency, code=code, version=draft.version, if_match="*")
    return begin
