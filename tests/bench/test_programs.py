"""The programs that measure begin: each imports what it measures."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

import tests.bench
import tests.seed


@pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR")
@pytest.mark.parametrize(
    "module",
    [
        f"{package.__name__}.{module.name}"
        for package in (tests.bench, tests.seed)
        for module in iter_modules(package.__path__)
        if not module.name.startswith(("test_", "__main__"))
    ],
)
def test_a_program_that_measures_finds_what_it_measures(module: str) -> None:
    assert import_module(module)
