"""Apache Kafka's jars: fetched once from a Maven repository, checked, kept in a cache for all projects.

`kafka.lock` lists each jar with its SHA-256; nothing else is ever loaded. `python -m launcher.jars` resolves
the coordinates anew and prints the lock, for when Kafka's version is raised.
"""

import fcntl
import hashlib
import os
import ssl
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import requests
from jgo.maven import Artifact, MavenContext

from launcher.errors import LauncherError

KAFKA_VERSION = "4.3.1"
_COORDINATES = (f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.slf4j:slf4j-simple:1.7.36")
_LOCK = Path(__file__).with_name("kafka.lock")
_CENTRAL = "https://repo.maven.apache.org/maven2"
_PARALLEL = 8
_TOLD_EVERY = 10


class RepositoryNotReachable(LauncherError):
    """The Maven repository did not give the jars."""


def cache_folder() -> Path:
    """`MOTCUA_CACHE`, else `motcua` in the user's cache folder, else (without a home) in `/var/cache`."""
    if chosen := os.environ.get("MOTCUA_CACHE"):
        return Path(chosen).absolute()
    if chosen := os.environ.get("XDG_CACHE_HOME"):
        return Path(chosen) / "motcua"
    home = Path(os.environ.get("HOME", ""))
    if home.is_absolute() and home != Path("/") and os.access(home, os.W_OK):
        return home / ".cache" / "motcua"
    return Path("/var/cache/motcua")


def kafka_jars(say: Callable[[str], None]) -> Path:
    """The folder with Kafka's jars; fetches them when the cache does not have them, telling `say` so.

    `MOTCUA_MAVEN_URL` names another repository than Maven Central.
    Raises RepositoryNotReachable, and LauncherError when the cache cannot be written or a jar is not the one
    that was locked.
    """
    cache = cache_folder()
    jars = cache / f"kafka-{KAFKA_VERSION}-{_digest(_LOCK)[:12]}"
    if jars.exists():
        return jars
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # several may start at once; one fetches
            if not jars.exists():
                say(f"fetching Apache Kafka {KAFKA_VERSION} (45 MB, once) into {cache}")
                _fetch_trusting_the_system(jars, say)
    except (requests.RequestException, RuntimeError) as error:
        raise RepositoryNotReachable(f"{_repository()} cannot be reached ({type(error).__name__}).") from None
    except OSError as error:
        raise LauncherError(
            f"The cache {cache} cannot be written ({error.strerror}): set MOTCUA_CACHE to a folder of yours."
        ) from None
    return jars


def _fetch_trusting_the_system(jars: Path, say: Callable[[str], None]) -> None:
    """Fetch; where the network has a certificate authority of its own, once more with the system's list."""
    try:
        _fetch(jars, say)
    except requests.exceptions.SSLError:
        paths = ssl.get_default_verify_paths()
        authorities = paths.cafile or paths.capath
        if authorities is None or "REQUESTS_CA_BUNDLE" in os.environ:
            raise
        os.environ["REQUESTS_CA_BUNDLE"] = authorities
        _fetch(jars, say)


def _fetch(jars: Path, say: Callable[[str], None]) -> None:
    wanted = [line.split() for line in _LOCK.read_text().splitlines()]
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=jars.parent) as folder:
        maven = _maven(Path(folder))
        paths = _resolve([maven.create_dependency(coordinate).artifact for coordinate, _ in wanted], say)
        complete = Path(folder, "jars")
        complete.mkdir()
        for path, (coordinate, digest) in zip(paths, wanted, strict=True):
            if _digest(path) != digest:
                raise LauncherError(f"{coordinate} from {_repository()} is not the jar that was locked.")
            path.rename(complete / path.name)
        complete.rename(jars)


def _resolve(artifacts: Sequence[Artifact], say: Callable[[str], None]) -> list[Path]:
    """Where each artifact is, once all are fetched; the first that cannot be had ends it."""
    with ThreadPoolExecutor(_PARALLEL) as pool:
        fetched = [pool.submit(artifact.resolve) for artifact in artifacts]
        try:
            for count, one in enumerate(as_completed(fetched), start=1):
                one.result()
                if count % _TOLD_EVERY == 0 or count == len(fetched):
                    say(f"fetched {count} of {len(fetched)} jars")
            return [one.result() for one in fetched]
        finally:
            pool.shutdown(cancel_futures=True)


def _maven(repository: Path) -> MavenContext:
    return MavenContext(repo_cache=repository, local_repos=[], remote_repos={"central": _repository()})


def _repository() -> str:
    return os.environ.get("MOTCUA_MAVEN_URL", _CENTRAL).rstrip("/")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def lock() -> str:
    """The text of `kafka.lock` for the coordinates above, as the repository resolves them today."""
    with tempfile.TemporaryDirectory() as folder:
        maven = _maven(Path(folder))
        direct, transitive = maven.resolver.resolve([maven.create_dependency(name) for name in _COORDINATES])
        needed = [*direct, *(found for found in transitive if found.scope in ("compile", "runtime"))]
        lines = [
            f"{found.groupId}:{found.artifactId}:{found.version} {_digest(found.artifact.resolve())}\n"
            for found in needed
        ]
    return "".join(sorted(lines))


if __name__ == "__main__":
    sys.stdout.write(lock())
