"""Documents of a case: what types and sizes are taken."""

from shared.errors import Invalid, NotFound, Text, TooLarge, UnsupportedMedia

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

_SIGNATURES = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}


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


class DocumentNotFound(NotFound):
    """There is no such document for this caller."""

    slug = "document-not-found"
    title = Text(vi="Không có tài liệu này trong phạm vi của bạn.", en="There is no such document for you.")


def require_taken(media_type: str) -> None:
    """Refuse a media type that is not taken anywhere.

    Raises:
        MediaTypeRefused: naming those that are.
    """
    if media_type not in MEDIA_TYPES:
        raise MediaTypeRefused(accepted=sorted(MEDIA_TYPES))


def require_begins_as(media_type: str, beginning: bytes) -> None:
    """Refuse content that does not begin with the signature of its declared type.

    Raises:
        NotWhatItSays
    """
    signature = _SIGNATURES.get(media_type)
    if signature is not None and not beginning.startswith(signature):
        raise NotWhatItSays
