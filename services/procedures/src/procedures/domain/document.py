"""Documents of a case: what types and sizes are taken."""

from collections.abc import Mapping
from datetime import timedelta

from shared.errors import Gone, Invalid, NotFound, Text, TooLarge, UnsupportedMedia

LOOSE_KEPT = timedelta(hours=24)
"""How long a document is kept that no case has taken."""

MEDIA_TYPES = frozenset(
    {
        "application/pdf",
        "image/jpeg",
        "image/png",
        "image/tiff",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.oasis.opendocument.text",
        "application/xml",
        "text/plain",
    }
)
"""What is taken where a procedure does not say otherwise: no type that runs when it is opened."""

_ZIP = (b"PK\x03\x04",)
_SIGNATURES: Mapping[str, tuple[bytes, ...]] = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/tiff": (b"II*\x00", b"MM\x00*"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _ZIP,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _ZIP,
    "application/vnd.oasis.opendocument.text": _ZIP,
}
"""How contents of a type begin; text begins with anything."""

SIGNATURE_LENGTH = 8
"""Bytes that are needed to tell."""


class TooMuchSent(TooLarge):
    """A document is larger than is taken."""

    slug = "document-too-large"
    title = Text(vi="Tệp quá lớn.", en="The document is too large.")

    def __init__(self, limit: int) -> None:
        megabytes = limit / 1_000_000
        super().__init__(
            Text(
                vi=f"Tệp lớn hơn mức {megabytes:g} MB được nhận.", en=f"More than the {megabytes:g} MB taken."
            ),
            limit=limit,
        )


class MediaTypeRefused(UnsupportedMedia):
    """A type of document that is not taken."""

    slug = "document-type-refused"
    title = Text(vi="Loại tệp này không được nhận.", en="This type of document is not taken.")


class NotWhatItSays(Invalid):
    """The content does not begin as its declared type does."""

    slug = "document-not-of-its-type"
    title = Text(
        vi="Nội dung tệp không đúng với loại đã khai.",
        en="The content is not of the type that it is sent as.",
    )


class BrokenOff(Invalid):
    """The connection ended before the whole document was there; nothing of it is kept."""

    slug = "document-broken-off"
    title = Text(
        vi="Kết nối bị ngắt khi đang gửi tệp. Hãy gửi lại.",
        en="The connection broke off while the document was sent. Send it again.",
    )


class DocumentNotFound(NotFound):
    """There is no such document for this caller."""

    slug = "document-not-found"
    title = Text(vi="Không có tài liệu này trong phạm vi của bạn.", en="There is no such document for you.")


class DocumentErased(Gone):
    """The document was erased with its case."""

    slug = "document-erased"
    title = Text(
        vi="Giấy tờ này đã bị hủy cùng hồ sơ theo thời hạn lưu trữ.",
        en="The document was erased with its case on the legal schedule.",
    )


def require_taken(media_type: str) -> None:
    """Refuse a media type that is not taken anywhere.

    Raises:
        MediaTypeRefused: naming those that are.
    """
    if media_type not in MEDIA_TYPES:
        raise MediaTypeRefused(accepted=sorted(MEDIA_TYPES))


def require_begins_as(media_type: str, beginning: bytes) -> None:
    """Refuse content that does not begin with a signature of its declared type, or that is empty.

    Raises:
        NotWhatItSays
    """
    if not beginning:
        raise NotWhatItSays(Text(vi="Tệp không có nội dung.", en="The document is empty."))
    if not beginning.startswith(_SIGNATURES.get(media_type, (b"",))):
        raise NotWhatItSays
