"""Our own attributes of a drawing as members of a definition's JSON."""

import json
from collections.abc import Mapping
from typing import Any


def members(own: Mapping[str, str]) -> dict[str, Any]:
    """Attributes as members of JSON: a term is written `2 working_days`, what is no text as JSON."""
    return dict(_member(key, value) for key, value in own.items())


def _member(key: str, value: str) -> tuple[str, Any]:
    amount, _, kind = value.partition(" ")
    if key in ("allowance", "term") and kind and not value.startswith("{"):
        value = json.dumps({"kind": kind, "amount": _number(amount)})
    if value in ("true", "false", "null") or value[:1] in ("{", "[", '"'):
        try:
            return key, json.loads(value)
        except (ValueError, RecursionError):
            return key, value
    return key, value


def _number(text: str) -> float | int | str:
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        return text
