"""One thing that is wrong with a definition or with the sheet it was read from."""

from dataclasses import dataclass
from enum import StrEnum

from shared.errors import Text


class Severity(StrEnum):
    """Whether a definition may be published with it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, where (JSON Pointer, RFC 6901), and in words for the clerk who will correct it."""

    code: str
    severity: Severity
    pointer: str
    message: Text


def error(code: str, pointer: str, *, vi: str, en: str) -> Finding:
    """A finding that keeps the definition from being published."""
    return Finding(code, Severity.ERROR, pointer, Text(vi=vi, en=en))


def warning(code: str, pointer: str, *, vi: str, en: str) -> Finding:
    """A finding that somebody should look at."""
    return Finding(code, Severity.WARNING, pointer, Text(vi=vi, en=en))
