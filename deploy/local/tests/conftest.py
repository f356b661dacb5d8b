import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A folder for a server's data that a service user can reach, unlike `tmp_path` of root."""
    folder = Path(tempfile.mkdtemp(prefix="motcua-tests-"))
    folder.chmod(0o711)
    yield folder / "server"
    shutil.rmtree(folder)
