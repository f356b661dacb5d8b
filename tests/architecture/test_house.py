"""The rules of the house that no linter knows, checked over the tree itself."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
SERVICES = {
    "identity": "services/identity/src/identity",
    "procedures": "services/procedures/src/procedures",
    "open-data": "services/open-data/src/open_data",
    "participation": "services/participation/src/participation",
}
PACKAGES = [
    *(ROOT / folder for folder in SERVICES.values()),
    ROOT / "gateway/src/gateway",
    ROOT / "shared/src/shared",
    ROOT / "deploy/local/src/launcher",
]
LONGEST_FILE = 400
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "managers", "manager", "base"}
LAYERS = ("routes", "schemas", "operations", "store", "tables")
"""From the edge inwards: none may import one that stands before it. `operations` may not see `schemas`."""


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from package.rglob("*.py")


def all_python() -> Iterator[Path]:
    yield from sources()
    for folder in ("tests", "shared/tests", "gateway/tests", "deploy/local/tests", "services"):
        yield from (path for path in (ROOT / folder).rglob("*.py") if "/src/" not in str(path))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> set[str]:
    """The modules that a file imports, by full name, those of `from x import y` as `x` and `x.y`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_no_file_needs_scrolling_to_be_understood() -> None:
    long = {named(path): n for path in sources() if (n := len(path.read_text().splitlines())) > LONGEST_FILE}
    assert not {path: n for path, n in long.items() if "/migrations/" not in path}


def test_there_are_no_drawers() -> None:
    assert not [named(path) for path in all_python() if {path.stem, *path.parts} & DRAWERS]


def test_every_module_says_what_it_is() -> None:
    silent = [
        named(path)
        for path in sources()
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert not silent


def test_test_folders_are_no_packages() -> None:
    folders = [ROOT / "shared/tests", ROOT / "gateway/tests", ROOT / "deploy/local/tests"]
    folders += [ROOT / f"services/{name}/tests" for name in SERVICES]
    assert not [named(path) for folder in folders for path in folder.rglob("__init__.py")]


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_the_same_shape(name: str) -> None:
    service, package = ROOT / "services" / name, ROOT / SERVICES[name]
    expected = [
        *(service / file for file in ("pyproject.toml", "README.md", "openapi.json", "migrations/env.py")),
        *(package / file for file in ("__main__.py", "app.py", "settings.py", "tables.py", "consumers.py")),
        package / "domain",
    ]
    assert not [named(path) for path in expected if not path.exists()]
    for noun_file in ("routes.py", "operations.py", "store.py"):
        assert list(package.rglob(noun_file)), noun_file


def test_nothing_imports_outwards() -> None:
    """Inside a service: routes, schemas, operations, store, tables, from the edge inwards."""
    broken = []
    for path in sources():
        if path.stem not in LAYERS:
            continue
        outer = set(LAYERS[: LAYERS.index(path.stem)])
        own = path.relative_to(ROOT).parts[path.relative_to(ROOT).parts.index("src") + 1]
        for module in imported(path):
            parts = module.split(".")
            if parts[0] == own and outer & set(parts[1:]) and path.stem != "routes":
                broken.append(f"{named(path)} imports {module}")
    assert not broken


def test_every_setting_is_in_its_readme() -> None:
    missing = []
    for name, folder in {**SERVICES, "gateway": "gateway/src/gateway"}.items():
        package = Path(folder).name
        settings = importlib.import_module(f"{package}.settings").Settings
        readme = ROOT / ("gateway" if name == "gateway" else f"services/{name}") / "README.md"
        text = readme.read_text()
        prefix = settings.model_config["env_prefix"]
        own = set(settings.model_fields) - set(ServiceSettings.model_fields)
        missing += [f"{prefix}{field.upper()}" for field in own if f"{prefix}{field.upper()}" not in text]
    assert not missing


def test_links_in_the_documents_lead_somewhere() -> None:
    broken = []
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("services/*/README.md")]
    for document in [*documents, *ROOT.glob("gateway/*.md"), *ROOT.glob("deploy/**/*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text()):
            if not target.startswith(("http", "mailto:")) and not (document.parent / target).exists():
                broken.append(f"{named(document)} → {target}")
    assert not broken


def test_one_case_can_be_followed_through_the_code() -> None:
    """The links under that heading of the README name a file and the function in it."""
    text = (ROOT / "README.md").read_text()
    section = text.split("## Follow one case through the code")[1].split("\n## ")[0]
    steps = re.findall(r"\[`([\w.]+)`\]\(([^)]+)\)", section)
    assert len(steps) >= 8
    missing = [
        f"{target}: {name}"
        for name, target in steps
        if not re.search(
            rf"\b(def|class) {name.rpartition('.')[2]}\b|^{name}\b", (ROOT / target).read_text(), re.M
        )
    ]
    assert not missing
