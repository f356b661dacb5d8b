"""A seeded database and one process of procedures on each core, with whoever asks them."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil  # type: ignore[import-untyped]

from launcher.postgres import Postgres
from procedures.domain.case_code import tracking_secret
from shared.migrations import upgrade
from shared.testing import Tokens, free_port
from tests.bench.programs import COMPARED_CORE, SHARED_CORE
from tests.bench.submission import ROOT, TRACKING_KEY, procedures
from tests.bench.wrk import TELLS, Answered, answered
from tests.seed.offices import UNITS

NAMED = "MOTCUA_LARGE"
"""The folder of a database that `make seed-large` has made."""
_SCOPES = "procedures:cases:read procedures:cases:process procedures:cases:submit procedures:work:manage"
_LONG = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a load; `token` is whose."""

    method: str
    path: str
    token: str
    body: str = ""
    if_match: str = ""

    def in_lua(self) -> str:
        """The call that makes its bytes."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if self.if_match:
            headers["If-Match"] = self.if_match
        listed = ", ".join(f"['{name}'] = '{value}'" for name, value in headers.items())
        body = f"[==[{self.body}]==]" if self.body else "nil"
        return f"wrk.format('{self.method}', '/procedures/v1{self.path}', {{ {listed} }}, {body})"


@dataclass(frozen=True, slots=True)
class Large:
    """The servers at work."""

    folder: Path
    url: str
    plain: str
    """A database with the same tables and nothing in them, for the peers that write."""
    bases: Sequence[str]
    pids: Sequence[int]
    tokens: Tokens

    def official(self, agency: str) -> str:
        """The token of an official who sits in every unit of the agency."""
        posts = [(unit, "XU_LY") for unit in UNITS]
        return self.tokens.mint(_SCOPES, kind="official", agency=agency, posts=posts, lifetime=_LONG)

    def person(self, subject: str) -> str:
        """The token of somebody who files cases."""
        return self.tokens.mint(_SCOPES, subject=subject, lifetime=_LONG)

    def ask(
        self,
        requests: Sequence[Request],
        *,
        clients: int,
        seconds: int,
        once: bool = False,
        pause_ms: int = 0,
    ) -> tuple[Answered, float]:
        """Send the requests in turn, again and again, or each `once`, to all processes.

        Returns how they were answered, and how many ms of a core the processes took for one of them.
        """
        script = self.folder / "load.lua"
        script.write_text(_lua(requests, once=once, processes=len(self.bases), pause_ms=pause_ms))
        before = self._cpu_seconds()
        done = answered(self.bases, script, clients=clients, seconds=seconds)
        return done, (self._cpu_seconds() - before) / done.requests * 1000

    def _cpu_seconds(self) -> float:
        times = [psutil.Process(pid).cpu_times() for pid in self.pids]
        return sum(one.user + one.system for one in times)


def secret_of(case_id: object) -> str:
    """What opens the tracking of a case of this bench."""
    return tracking_secret(TRACKING_KEY.encode(), case_id)  # type: ignore[arg-type]


def _lua(requests: Sequence[Request], *, once: bool, processes: int, pause_ms: int) -> str:
    made = ",\n".join(request.in_lua() for request in requests)
    lines = [
        "local at, step = 0, 1",
        "local requests = {}",
        f"init = function(args) at, step = tonumber(args[1]) - {processes}, {processes}",
        f"requests = {{ {made} }} end",
        "request = function()",
        "  at = at + step",
        "  if at >= #requests then",
        "    wrk.thread:stop()" if once else "    at = at % #requests",
        "  end",
        "  return requests[at % #requests + 1]",
        "end",
        f"delay = function() return {pause_ms} end" if pause_ms else "",
        TELLS,
    ]
    return "\n".join(lines)


@contextmanager
def large() -> Iterator[Large | None]:
    """The servers over the seeded database; None when none is named."""
    named = os.environ.get(NAMED)
    if named is None:
        yield None
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="motcua-bench-")))
        server = Postgres(Path(named).absolute(), port=free_port())
        server.start()
        stack.callback(server.stop)
        url, plain = server.create_database("procedures"), server.create_database("plain")
        for address in (url, plain):
            upgrade(ROOT / "services/procedures/migrations", address)
        tokens = Tokens()
        started = [
            stack.enter_context(procedures(folder, url, tokens, core=core))
            for core in {COMPARED_CORE, SHARED_CORE}
        ]
        bases, pids = [base for base, _ in started], [pid for _, pid in started]
        yield Large(folder, url, plain, bases, pids, tokens)
