"""Every problem that the platform may answer with, gathered from the error classes of all packages.

`python -m gateway.portal.problems > …/portal/problems.json`, run where all packages are installed. The
gateway serves the file: a running gateway knows no service's code.
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.errors import Invalid, MotcuaError, Text
from shared.web.problems import _DEFECT, _WORDS, status_of

FILE = Path(__file__).with_name("problems.json")
PACKAGES = ("shared", "identity", "procedures", "open_data", "participation", "gateway")


def gather() -> dict[str, dict[str, Any]]:
    """Slug -> status, title in both languages, the packages that use it.

    Raises:
        ValueError: two classes share a slug and differ in status or title.
    """
    for package in PACKAGES:
        _import_all(package)
    found: dict[str, dict[str, Any]] = {}
    for error in _declared(MotcuaError):
        status = getattr(error, "status", None) or status_of(error)
        _note(found, error.slug, status, error.title, error.__module__.partition(".")[0])
    for code, (slug, title) in _WORDS.items():
        if slug not in found:
            _note(found, slug, code, title, "shared")
    _note(found, "bad-request", 400, Invalid.title, "shared")
    _note(found, "internal", 500, _DEFECT, "shared")
    return dict(sorted(found.items()))


def _import_all(package: str) -> None:
    root = importlib.import_module(package)
    for module in pkgutil.walk_packages(root.__path__, prefix=f"{package}."):
        if not module.name.endswith(("__main__", "shared.testing")):
            importlib.import_module(module.name)


def _declared(base: type[MotcuaError]) -> Iterator[type[MotcuaError]]:
    """Every subclass in our packages that has a slug of its own."""
    for error in base.__subclasses__():
        if "slug" in error.__dict__ and error.__module__.partition(".")[0] in PACKAGES:
            yield error
        yield from _declared(error)


def _note(found: dict[str, dict[str, Any]], slug: str, status: int, title: Text, package: str) -> None:
    entry = {"status": status, "title": {"vi": title.vi, "en": title.en}}
    known = found.setdefault(slug, {**entry, "of": []})
    if {key: known[key] for key in entry} != entry:
        raise ValueError(f"{slug} means two things: {known} and {entry} in {package}")
    if package not in known["of"]:
        known["of"] = sorted([*known["of"], package])


if __name__ == "__main__":
    print(json.dumps(gather(), ensure_ascii=False, indent=2))
    sys.exit(0)
