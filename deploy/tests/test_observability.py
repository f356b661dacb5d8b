"""Alerts and dashboard speak of figures that the programs really have."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY, Metric

from gateway.journal import Journal
from gateway.metrics import Figures
from gateway.plane import DataPlane
from gateway.proxy.settings import ProxySettings
from shared import metrics
from shared.auth import Verifier
from shared.clock import SystemClock
from shared.web import middleware

FOLDER = Path(__file__).parents[1] / "observability"
_METRIC = re.compile(r"\b(?:relay|outbox|events|dead_letters|http|gateway)_?[a-z_]*")
_GROUPING = re.compile(r"by \(([^)]*)\)")
_OF_PROMETHEUS = {"job", "instance"}


def expressions() -> Iterator[tuple[str, str]]:
    """Where each expression stands, and the expression."""
    for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]:
        yield from ((rule["alert"], rule["expr"]) for rule in group["rules"])
    for panel in json.loads((FOLDER / "grafana/dashboards/motcua.json").read_text())["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])


async def known() -> dict[str, set[str]]:
    """Every series of the programs, with its labels."""
    clock = SystemClock()
    plane = DataPlane(ProxySettings(), Verifier(clock, issuer="", audience=""), Journal(clock, io.BytesIO()))
    exemplary = {
        middleware.REQUESTS: ("GET", "/x", 200),
        middleware.SECONDS: ("GET", "/x"),
        metrics.SENT: ("t",),
        metrics.HANDLED: ("g", "t"),
        metrics.HANDLED_SECONDS: ("g",),
        metrics.DEAD_LETTERS: ("t",),
    }
    for metric, labels in exemplary.items():
        metric.labels(*labels)
    plane.journal.answers["procedures", 200] += 0
    plane.journal.refusals["too-many-requests"] += 0
    families: list[Metric] = [*REGISTRY.collect(), *Figures(plane).collect()]
    await plane.close()
    series: dict[str, set[str]] = {}
    for family in families:
        for sample in family.samples:
            series.setdefault(sample.name, set()).update(sample.labels)
    return series


async def test_every_figure_is_one_that_a_program_has_with_the_labels_that_are_asked_for() -> None:
    series = await known()
    for where, expression in expressions():
        if expression == "up == 0":  # of Prometheus itself
            continue
        named = _METRIC.findall(expression)
        assert named, where
        for metric in named:
            assert metric in series, f"{where}: there is no {metric}"
        labels = {label.strip() for found in _GROUPING.findall(expression) for label in found.split(",")}
        for label in labels - _OF_PROMETHEUS:
            assert any(label in series[metric] for metric in named), f"{where}: {label}"
        assert expression.count("(") == expression.count(")")


def test_every_alert_says_what_is_wrong_and_where_to_look() -> None:
    for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            assert set(rule["annotations"]) == {"summary", "look"}, rule["alert"]


def test_prometheus_asks_every_program(compose: dict[str, Any]) -> None:
    scraped = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in scraped}
    programs = {name for name, service in compose["services"].items() if "build" in service}
    assert targets == {name: [f"{name}:8000"] for name in programs}
    (prometheus,) = [
        service["networks"]["default"]["ipv4_address"]
        for service in compose["services"].values()
        if "networks" in service
    ]
    allowed = json.loads(compose["services"]["gateway"]["environment"]["GATEWAY_OPERATORS"])
    assert allowed == [f"{prometheus}/32"]


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.yaml")), ids=lambda path: path.name)
def test_every_file_is_mounted_where_it_is_looked_for(compose: dict[str, Any], path: Path) -> None:
    mounted = [
        mount.split(":")[0]
        for name in ("prometheus", "grafana")
        for mount in compose["services"][name]["volumes"]
        if mount.startswith("./")
    ]
    inside = path.relative_to(FOLDER.parent)
    assert any(f"./{inside}".startswith(mount) for mount in mounted)
