"""The chart: what it renders is valid, gives each program its settings, and lets nobody in who has no business."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.settings import KafkaSettings

CHART = Path(__file__).parents[1] / "kubernetes"
PROGRAMS = ["identity", "procedures", "open-data", "participation", "gateway"]
_REASON = "`make check` installs what checks deploy/"

Object = dict[str, Any]


@pytest.fixture(scope="module")
def objects() -> list[Object]:
    """What the chart renders with its own values."""
    helm = pytest.importorskip("helm_python", reason=_REASON)
    with helm.Chart.load(CHART) as chart:
        rendered = chart.render({}, name="motcua", namespace="motcua")
    return [document for text in rendered.values() for document in yaml.safe_load_all(text) if document]


@pytest.fixture(scope="module")
def of(objects: list[Object]) -> Callable[..., list[Object]]:
    """`of("Deployment")` are all of a kind, `of("Deployment", "gateway")` the one of that name."""

    def found(kind: str, name: str | None = None) -> list[Object]:
        return [one for one in objects if one["kind"] == kind and name in (None, one["metadata"]["name"])]

    return found


def pods(objects: list[Object]) -> list[Object]:
    return [one["spec"]["template"]["spec"] for one in objects if one["kind"] in ("Deployment", "Job")]


def test_helm_finds_nothing_to_complain_of() -> None:
    helm = pytest.importorskip("helm_python", reason=_REASON)
    report = helm.lint(CHART, strict=True)
    assert report["errors"] == []
    assert {message["error"] for message in report["messages"]} <= {"icon is recommended"}


def test_every_object_is_what_kubernetes_takes(objects: list[Object]) -> None:
    validator = pytest.importorskip("kubernetes_validate", reason=_REASON)
    assert len(objects) > 20
    for one in objects:
        validator.validate(one, "1.34", strict=True)


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_is_given_all_that_it_needs_and_nothing_that_it_does_not_read(
    of: Callable[..., list[Object]], only: Callable[[Any], None], fresh_secrets: dict[str, str], program: str
) -> None:
    package = program.replace("-", "_")
    prefix = f"{package.upper()}_"
    ((container,),) = [one["spec"]["template"]["spec"]["containers"] for one in of("Deployment", program)]
    secret = fresh_secrets | {f"{prefix}DATABASE_URL": "postgresql+asyncpg://role:password@server/database"}
    given = {
        entry["name"]: entry["value"] if "value" in entry else secret.get(entry["name"])
        for entry in container["env"]
    }
    only(given)
    settings = importlib.import_module(f"{package}.settings").Settings()
    known = {f"{prefix}{name.upper()}" for name in type(settings).model_fields}
    known |= {f"KAFKA_{name.upper()}" for name in KafkaSettings.model_fields}
    known |= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert {name.partition("__")[0] for name in given} <= known
    assert KafkaSettings().replication_factor == 3
    assert settings.issuer == settings.public_url == "https://motcua.example"
    assert settings.jwks_url == "http://identity:8000/.well-known/jwks.json"
    (port,) = container["ports"]
    assert (settings.host, settings.port) == ("0.0.0.0", port["containerPort"])
    mentioned = {
        entry["valueFrom"]["secretKeyRef"]["name"] for entry in container["env"] if "valueFrom" in entry
    }
    assert mentioned == {"motcua"}


def test_the_gateway_finds_every_service(of: Callable[..., list[Object]]) -> None:
    addresses = {
        f"http://{one['metadata']['name']}:{one['spec']['ports'][0]['port']}" for one in of("Service")
    }
    ((gateway,),) = [one["spec"]["template"]["spec"]["containers"] for one in of("Deployment", "gateway")]
    upstreams = {entry["value"] for entry in gateway["env"] if entry["name"].endswith("__URL")}
    assert upstreams == addresses - {"http://gateway:8000"}


def test_pods_run_with_as_little_as_they_need(objects: list[Object]) -> None:
    for pod in pods(objects):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]


def test_nobody_reaches_a_service_but_the_gateway_and_those_who_watch(
    of: Callable[..., list[Object]],
) -> None:
    assert {one["metadata"]["name"] for one in of("NetworkPolicy")} == set(PROGRAMS)
    monitoring = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    gateway = {
        "podSelector": {
            "matchLabels": {"app.kubernetes.io/name": "gateway", "app.kubernetes.io/instance": "motcua"}
        }
    }
    for program in ("procedures", "open-data", "participation"):
        (policy,) = of("NetworkPolicy", program)
        (rule,) = policy["spec"]["ingress"]
        assert rule["from"] == [gateway, monitoring]
    (policy,) = of("NetworkPolicy", "gateway")
    ingress = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}
    assert policy["spec"]["ingress"][0]["from"] == [ingress, monitoring]


@pytest.mark.parametrize("program", PROGRAMS)
def test_pods_are_asked_whether_they_live_and_whether_they_are_ready(
    of: Callable[..., list[Object]], program: str
) -> None:
    ((container,),) = [one["spec"]["template"]["spec"]["containers"] for one in of("Deployment", program)]
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    (job,) = of("Job", f"{program}-migrate")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    (migration,) = job["spec"]["template"]["spec"]["containers"]
    assert (migration["image"], migration["args"]) == (container["image"], ["migrate"])
    assert container["image"] == f"registry.example/motcua-{program}:0.1.0"
