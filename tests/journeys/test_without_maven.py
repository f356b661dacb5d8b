"""Where Apache Kafka cannot be fetched, the platform stands all the same."""

from pathlib import Path

from launcher.processes import LOOPBACK, free_port
from tests.whole_platform import run_platform


def test_the_case_is_played_to_its_end_with_a_broker_in_memory(tmp_path: Path) -> None:
    nowhere = f"http://{LOOPBACK}:{free_port()}"
    with run_platform(MOTCUA_MAVEN_URL=nowhere, MOTCUA_CACHE=str(tmp_path / "empty")) as platform:
        assert f"{nowhere} cannot be reached" in platform.printed
        assert "events do not outlive this run" in platform.printed
        assert "rates the service" in platform.printed, platform.printed
