"""What is done once before the services start: the migrations of each, and the samples."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from launcher.services import Service
from launcher.state import State


@dataclass(frozen=True)
class Preparation:
    """A command of a service, and where it is noted that it has been run.

    `mark` changes when it must be run again, `lost` says that what it made is gone; without `note` it is run at
    every start.
    """

    order: int
    command: list[str]
    mark: str
    note: Path | None
    lost: bool = False

    @property
    def is_due(self) -> bool:
        noted = self.note is not None and self.note.exists() and self.note.read_text() == self.mark
        return self.lost or not noted

    def note_done(self) -> None:
        if self.note:
            self.note.write_text(self.mark)


def preparations(service: Service, state: State) -> Iterator[Preparation]:
    """The service's migrations, then its sample: a service may need what those before it own."""

    def note(command: str) -> Path | None:
        return None if service.given_database else state.folder / "postgres" / f"{service.name}.{command}"

    package = service.package
    scripts = (package.parents[1] / "migrations").rglob("*.py")
    yield Preparation(0, [service.name, "migrate"], _digest(scripts), note("migrate"))
    if service.sample:
        command = [service.name, "sample", *service.sample(state)]
        files = [package / "sample.py", *(package / "samples").glob("*")]
        lost = not state.credentials.exists()
        yield Preparation(1, command, _digest(files), note("sample"), lost)


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(file for file in files if file.exists()):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
