"""Filing a case over HTTP beside pgbench doing the same three inserts.

    python -m tests.bench.submission

One process of procedures: token, validation, form, number, case, task, log, event, fsync on, sealed under the
case's own key. Against it pgbench with the rows of case, log and event alone (`tests.bench.inserts`), on the same
server, over TCP as well, with as many clients. They take turns, and the ratio of each turn counts.

What is fair: both ask the same PostgreSQL, which has one core to itself; whoever asks it, the process of procedures
or pgbench, has the other. The load generator that procedures needs besides runs on PostgreSQL's core, so what it
takes is taken from procedures' side of the comparison and never from pgbench's. The relay is off: moving what
stands in the outbox is the row *relay, drain*.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import httpx

from launcher.postgres import Postgres
from shared.ids import new_id
from shared.migrations import upgrade
from shared.testing import Tokens, free_port
from tests.bench.inserts import ThreeInserts
from tests.bench.memory import memory_row
from tests.bench.programs import COMPARED_CORE, SHARED_CORE, keep_to_core, resident, running, wait_until
from tests.bench.table import Goal, Row, as_text, middle
from tests.bench.wrk import requests_per_second
from tests.key_server import published_keys
from tests.seed.__main__ import MASTER_KEY

ROOT = Path(__file__).parents[2]
AGENCIES, CLIENTS, SECONDS, ROUNDS = 20, 16, 4, 7
TRACKING_KEY = "a-key-of-the-bench-with-enough-characters"
GROUP, GOAL, GOAL_RATE = "cases", Goal(0.40), 240

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
    """Cases filed per second over transactions of pgbench, and the memory of the process that files them."""
    if shutil.which("wrk") is None:
        return [Row(GROUP, "filed over HTTP", "-", "pgbench", None, GOAL, "wrk is not here")]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="motcua-bench-")))
        folder.chmod(0o755)  # PostgreSQL may run as another user; what is its own it keeps to itself
        server = Postgres(folder / "postgres", port=free_port())
        server.start()
        stack.callback(server.stop)
        keep_to_core(server.pid, SHARED_CORE)
        url, plain = _database(server, "procedures"), _database(server, "plain")
        tokens = Tokens()
        base, pid = stack.enter_context(procedures(folder, url, tokens))
        script = _wrk_script(folder, tokens, _publish(base, tokens))
        sizes = [resident(pid)]
        _file_cases(base, script)
        inserts = ThreeInserts(folder, filed=url, plain=plain)
        pairs = []
        for _ in range(ROUNDS):
            sizes.append(resident(pid))
            pairs.append((_file_cases(base, script), inserts.per_second(clients=CLIENTS, seconds=SECONDS)))
        sizes.append(resident(pid))
    return [*_rows(pairs), memory_row("procedures", sizes)]


def _rows(pairs: list[tuple[float, float]]) -> list[Row]:
    filed, inserted = (median(pair[side] for pair in pairs) for side in (0, 1))
    ratio, spread = middle([cases / plain for cases, plain in pairs])
    measured, name = f"{filed:.0f}/s", "filed over HTTP, one process"
    return [
        Row(GROUP, name, measured, f"pgbench {inserted:.0f}/s", ratio, GOAL, f"{CLIENTS} clients; {spread}"),
        Row(GROUP, name, measured, f"{GOAL_RATE}/s", filed / GOAL_RATE, Goal(1.0), f"{AGENCIES} agencies"),
    ]


def _database(server: Postgres, name: str) -> str:
    url = server.create_database(name)
    upgrade(ROOT / "services/procedures/migrations", url)
    return url


@contextmanager
def procedures(
    folder: Path, url: str, tokens: Tokens, *, core: int = COMPARED_CORE
) -> Iterator[tuple[str, int]]:
    """A process of procedures that is ready: its address and its process id."""
    base = f"http://127.0.0.1:{(port := free_port())}"
    with published_keys(tokens) as jwks:
        environment = {
            "PROCEDURES_DATABASE_URL": url,
            "PROCEDURES_PORT": str(port),
            "PROCEDURES_TRACKING_KEY": TRACKING_KEY,
            "PROCEDURES_MASTER_KEY": MASTER_KEY,
            "PROCEDURES_DOCUMENT_STORE": str(folder / "documents"),
            "PROCEDURES_DATABASE_POOL": str(CLIENTS),
            "PROCEDURES_RELAY": "false",
            "PROCEDURES_CONSUMERS": "false",
            "PROCEDURES_JWKS_URL": jwks,
        }
        command = [sys.executable, "-m", "procedures"]
        with running(command, core=core, environment=environment) as pid:
            wait_until(lambda: _ready(base), "procedures is ready")
            yield base, pid


def _ready(base: str) -> bool:
    try:
        return httpx.get(f"{base}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


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


def _wrk_script(folder: Path, tokens: Tokens, codes: list[str]) -> Path:
    form = {"fullName": "Nguyễn Thị Mẫu", "address": "12 phố Mẫu, Quận Mẫu"}
    filed = (json.dumps({"procedure": code, "form": form}, ensure_ascii=False) for code in codes)
    script = folder / "file.lua"
    token = tokens.mint("procedures:cases:submit", subject=str(new_id()))
    script.write_text(_WRK_SCRIPT % (", ".join(f"[==[{body}]==]" for body in filed), token))
    return script


def _file_cases(base: str, script: Path) -> float:
    return requests_per_second(base, connections=CLIENTS, seconds=SECONDS, options=["-s", str(script)])


if __name__ == "__main__":
    print(as_text(rows()))
