"""A pytest plugin: what the tests of all services share. Nothing in production imports it."""

import asyncio
import fcntl
import hashlib
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from shared.auth import Kind
from shared.ids import new_id
from shared.migrations import upgrade

ISSUER = "http://127.0.0.1:8000"
AUDIENCE = "urn:motcua:api"


class Tokens:
    """Mints access tokens as identity would, with a key of its own, which is named `kid`."""

    def __init__(self, kid: str = "test") -> None:
        self._kid = kid
        self._key = ECKey.generate_key("P-256", {"kid": kid, "alg": "ES256", "use": "sig"})
        self.keys = KeySet([ECKey.import_key(self._key.as_dict(private=False))])

    def mint(
        self,
        scope: str = "",
        *,
        kind: Kind = "person",
        subject: str | None = None,
        client_id: str = "test-client",
        agency: str | None = None,
        posts: Iterable[tuple[str, str]] = (),
        now: datetime | None = None,
        lifetime: timedelta = timedelta(minutes=10),
        **claims: Any,
    ) -> str:
        """A signed access token; `claims` replace or add to what it says."""
        at = now or datetime.now(UTC)  # noqa: TID251 -- a token for the services' own clock
        body: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject or str(new_id()),
            "client_id": client_id,
            "scope": scope,
            "kind": kind,
            "iat": int(at.timestamp()),
            "exp": int((at + lifetime).timestamp()),
            "jti": str(new_id()),
            "posts": [{"unit": unit, "role": role} for unit, role in posts],
        }
        if agency:
            body["agency"] = agency
        return jwt.encode({"alg": "ES256", "kid": self._kid, "typ": "at+jwt"}, {**body, **claims}, self._key)

    def bearer(self, scope: str = "", **claims: Any) -> dict[str, str]:
        """An Authorization header with a minted token."""
        return {"authorization": f"Bearer {self.mint(scope, **claims)}"}


@pytest.fixture(scope="session")
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture(scope="session")
def migrated_database(postgres: Any) -> Callable[[str, Path], str]:
    """`migrated_database(name, folder)` -> url of a new database with the migrations of `folder`."""
    made = 0

    def make(name: str, folder: Path) -> str:
        nonlocal made
        made += 1
        url: str = postgres.create_database(f"{name}_{made}")
        upgrade(folder, url)
        return url

    return make


@asynccontextmanager
async def client_of(app: FastAPI, **headers: str) -> AsyncIterator[AsyncClient]:
    """An HTTP client that calls the application in this process, without its background work."""
    transport = ASGITransport(app=app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://service.test", headers=headers) as client:
        yield client


async def eventually(
    true: Callable[[], Any], *, seconds: float = 20, every: float = 0.02, what: str = "condition"
) -> Any:
    """Wait until `true()` (or what it awaits) is truthy and return that; fail when it never is."""
    async with asyncio.timeout(seconds):
        try:
            while True:
                result = true()
                if asyncio.iscoroutine(result):
                    result = await result
                if result:
                    return result
                await asyncio.sleep(every)
        except asyncio.CancelledError:
            raise AssertionError(f"never came true within {seconds} s: {what}") from None


def free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def run_node(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What a script of `folder` prints, run by Node with the packages that the folder's lock names.

    Skips the test where there is no Node.
    """
    node = shutil.which("node")
    if node is None:
        pytest.skip(f"node is not on this machine: {folder.name} is not tried")
    return await _output(node, *arguments, cwd=await with_packages(folder), given=given)


async def with_packages(folder: Path) -> Path:
    """A copy of the folder with the npm packages that its lock names.

    They are installed once outside the work tree and kept for the next run. Skips the test where there is no npm.
    """
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm is not on this machine: {folder.name} is not tried")
    lock = (folder / "package-lock.json").read_bytes()
    installed = Path(tempfile.gettempdir()) / f"motcua-{folder.name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    shutil.copytree(folder, installed, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    with installed.with_suffix(".lock").open("w") as one_installs:
        fcntl.flock(one_installs, fcntl.LOCK_EX)
        if not (done := installed / "node_modules" / ".package-lock.json").exists():
            await _output(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=installed)
            assert done.exists()
    return installed


async def _output(*command: str, cwd: Path, given: bytes = b"") -> bytes:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=cwd, stdin=pipe, stdout=pipe, stderr=pipe)
    out, err = await process.communicate(given)
    assert process.returncode == 0, err.decode()
    return out
