"""The image of each program: what the Dockerfile puts into it is what the program needs, and no other program."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = ["identity", "procedures", "open-data", "participation", "gateway"]


def test_the_dockerfile_is_clean() -> None:
    linter = shutil.which("hadolint", path=str(ROOT / ".venv/bin")) or shutil.which("hadolint")
    if linter is None:
        pytest.skip("`make check` installs what checks deploy/")
    checked = subprocess.run(
        [linter, ROOT / "deploy/Dockerfile"], capture_output=True, text=True, check=False
    )
    assert checked.stdout == ""


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that .dockerignore lets into a build."""
    folder = tmp_path_factory.mktemp("image") / "motcua"
    folder.mkdir()
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    kept_out = shutil.ignore_patterns(*(line.removeprefix("**/") for line in lines if line.startswith("**/")))
    for name in (line[1:] for line in lines if line.startswith("!")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=kept_out)
        else:
            shutil.copy(ROOT / name, target)
    return folder


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_runs_from_what_is_in_its_image(
    context: Path, compose: dict[str, Any], program: str
) -> None:
    uv = shutil.which("uv") or str(ROOT / ".venv/bin/uv")
    clean = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    installed = subprocess.run(
        [uv, "sync", "--frozen", "--no-dev", "--package", program],
        cwd=context,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert installed.returncode == 0, installed.stderr
    python = context / ".venv/bin/python"
    given = {k: str(v) for k, v in compose["services"][program]["environment"].items() if v is not None}
    given |= {
        name: str(context.parent)
        for name in given
        if name in ("PROCEDURES_DOCUMENT_STORE", "OPEN_DATA_STORE")
    }
    package = program.replace("-", "_")
    said = subprocess.run(
        [python, "-m", package, "openapi"],
        env=clean | given,
        cwd=context.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["openapi"].startswith("3.1")
    others = {name.replace("-", "_") for name in PROGRAMS} - {package}
    strangers = (
        f"import importlib.util as u; print([n for n in {[*others, 'launcher', 'pytest']} if u.find_spec(n)])"
    )
    migrations = (
        f"import {package}.__main__ as program; print(*(program.PROGRAM.migrations / 'versions').iterdir())"
    )

    def python_says(program: str) -> str:
        said = subprocess.run(
            [python, "-c", program], cwd=context.parent, capture_output=True, text=True, check=True
        )
        return said.stdout

    assert python_says(strangers) == "[]\n"
    assert "0001" in python_says(migrations)
