"""How much a case costs, as a decision table answers it.

The table answers `amount` (in the smallest unit of the currency), and where it has them `currency` (ISO 4217; the
dong without it), `exemption` (the legal ground on which nothing is due; empty where something is) and `legalGround`
(of the fee).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from procedures.domain.definition import Fee
from procedures.domain.fees import LARGEST_AMOUNT

CURRENCY, EXEMPTION, LEGAL_GROUND = "currency", "exemption", "legalGround"

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a case costs: an amount, or the legal ground on which it costs nothing."""

    fee: Fee
    legal_ground: str | None = None
    exempted_by: str | None = None


def assessed(amount: object, answer: Mapping[str, str]) -> Assessed | None:
    """What the answer says (by output, each as JSON); None when it is none for a fee."""
    whole = _whole(amount)
    currency, exemption, ground = (
        json.loads(answer[name]) if name in answer else default
        for name, default in ((CURRENCY, "VND"), (EXEMPTION, ""), (LEGAL_GROUND, ""))
    )
    words = all(isinstance(text, str) for text in (currency, exemption, ground))
    if whole is None or not words or not _CURRENCY.fullmatch(currency) or not (whole or exemption.strip()):
        return None
    return Assessed(Fee(whole, currency), ground.strip() or None, exemption.strip() or None)


def _whole(value: object) -> int | None:
    """An amount as the engine answers it; None when it cannot be one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST_AMOUNT:
        return None
    return int(value) if float(value).is_integer() else None
