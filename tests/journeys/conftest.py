"""The whole platform, and the people of its sample."""

import json
from collections.abc import Iterator

import pytest

from launcher.demo.office import Office
from tests.whole_platform import Platform, run_platform


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    with run_platform(OPEN_DATA_PUBLISH_SECONDS="0.5") as platform:
        yield platform


@pytest.fixture(scope="module")
def office(platform: Platform) -> Iterator[Office]:
    """The people of the sample, signed in through the gateway."""
    told = json.loads(platform.state.credentials.read_text("utf-8"))
    with Office(platform.running.gateway, told) as office:
        yield office
