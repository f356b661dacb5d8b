"""What the portal serves as it is: documents and files, with an ETag and compressed where that pays."""

import gzip
import hashlib
from dataclasses import dataclass, field
from importlib.metadata import files
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

_WORTH_COMPRESSING = 2000
_FOLDER = Path(__file__).with_name("assets")


@dataclass(frozen=True)
class Asset:
    """Bytes of a media type."""

    body: bytes
    media_type: str
    compressed: bytes | None = field(init=False)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        small = gzip.compress(self.body, mtime=0) if len(self.body) > _WORTH_COMPRESSING else None
        object.__setattr__(self, "compressed", small)
        object.__setattr__(self, "digest", hashlib.sha256(self.body).hexdigest()[:20])

    @classmethod
    def of_json(cls, document: Any, media_type: str = "application/json") -> "Asset":
        return cls(orjson.dumps(document), media_type)

    def answer(self, request: Request, **headers: str) -> Response:
        """The asset, or 304 when the caller has it."""
        squeezed = self.compressed is not None and "gzip" in request.headers.get("accept-encoding", "")
        etag = f'"{self.digest}{"-gzip" if squeezed else ""}"'
        common = {"etag": etag, "vary": "Accept-Encoding", "cache-control": "no-cache", **headers}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=common)
        if squeezed:
            common["content-encoding"] = "gzip"
        return Response(self.compressed if squeezed else self.body, 200, common, self.media_type)


def reference_script() -> Asset:
    """Scalar's API reference for browsers, from the wheel that carries it."""
    (found,) = [file for file in files("flask-openapi3-scalar") or () if file.name == "scalar.standalone.js"]
    return Asset(Path(str(found.locate())).read_bytes(), "text/javascript")


def own_files() -> dict[str, Asset]:
    """The portal's own style sheet, script and icon by name."""
    types = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    return {path.name: Asset(path.read_bytes(), types[path.suffix]) for path in _FOLDER.iterdir()}
