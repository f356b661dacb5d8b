"""The rules of the house that no linter knows, checked over the tree itself."""

import ast
import importlib
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

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


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs/decisions"
    listed = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| (.*) \|$", (folder / "README.md").read_text(), re.M)
    pages = sorted(page for page in folder.glob("*.md") if page.name != "README.md")
    assert [(page.name[:4], page.name) for page in pages] == [(number, name) for number, name, _ in listed]
    for page, (number, _, title) in zip(pages, listed, strict=True):
        assert page.read_text().startswith(f"# {number} {title}\n")


def test_make_help_lists_what_there_is() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    targets = {line.split()[1] for line in listed.splitlines()}
    assert targets >= {"help", "run", "demo", "test", "check", "soak", "bench", "contracts", "fmt", "clean"}
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert phony
    assert targets == set(phony[1].split())


def test_what_ci_runs_is_make_check() -> None:
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & 0o111
    commands = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert commands[-1] == "make check"


def test_publiccode_yml_is_what_its_standard_asks_for() -> None:
    """Mandatory keys, enumerations and lengths of https://yml.publiccode.tools (0.4)."""
    said = yaml.safe_load((ROOT / "publiccode.yml").read_text())
    mandatory = {"publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType"}
    assert said.keys() >= mandatory | {"description", "legal", "maintenance", "localisation"}
    # Those of its list of categories that could be meant here.
    assert set(said["categories"]) <= {
        "digital-citizenship",
        "workflow-management",
        "identity-management",
        "feedback-and-reviews-management",
        "data-collection",
    }
    assert set(said["description"]) == set(said["localisation"]["availableLanguages"]) == {"vi", "en"}
    for words in said["description"].values():
        assert len(words["shortDescription"]) <= 150
        assert 150 <= len(words["longDescription"]) <= 10_000
        assert words["features"]
    assert said["maintenance"]["contacts"]
    assert said["legal"]["license"] == "Apache-2.0"
    assert (ROOT / "LICENSE").read_text().lstrip().startswith("Apache License")
    shared = tomllib.loads((ROOT / "shared/pyproject.toml").read_text())["project"]
    assert said["softwareVersion"] == shared["version"]
