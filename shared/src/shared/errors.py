"""Errors of the whole platform: a kind, a slug, and words for people in two languages.

    MotcuaError
    ├ Invalid               the input is wrong; every fault of it is named at once
    ├ Unauthenticated       we do not know who is calling
    ├ Forbidden             we know, and the caller may not
    ├ NotFound              there is no such thing for this caller
    ├ Conflict              the thing is in a state in which this cannot be done
    ├ Gone                  it was there and is not kept any more
    ├ PreconditionFailed    the caller acted on an outdated state
    ├ PreconditionRequired  the caller must say which state the command is meant for
    ├ Unprocessable         an idempotency key was used again with another body
    ├ TooLarge              more than is taken
    ├ UnsupportedMedia      of a type that is not taken
    ├ TooManyRequests       faster than agreed
    └ Unavailable           for now; trying again later is right

A service declares its own errors beside its rules by subclassing a kind and naming a slug. Only
`shared.web` knows which HTTP status a kind becomes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in Vietnamese and in English."""

    vi: str
    en: str

    def in_language(self, language: str) -> str:
        """The words in `language` (`vi` or `en`); Vietnamese for any other."""
        return self.en if language == "en" else self.vi


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of an input: where (JSON Pointer, RFC 6901), a stable code, and what to do about it."""

    pointer: str
    code: str
    detail: Text


class MotcuaError(Exception):
    """A mistake or refusal that the caller is told about; never a defect of ours."""

    slug: ClassVar[str]
    title: ClassVar[Text]

    def __init__(
        self, detail: Text | None = None, *, faults: Sequence[Fault] = (), **extensions: object
    ) -> None:
        self.detail = detail or self.title
        self.faults = tuple(faults)
        self.extensions = extensions
        super().__init__(self.detail.en)


class Invalid(MotcuaError):
    slug = "invalid-input"
    title = Text(vi="Dữ liệu gửi lên chưa đúng.", en="The input is not valid.")


class Unauthenticated(MotcuaError):
    slug = "unauthenticated"
    title = Text(
        vi="Cần đăng nhập: gửi kèm mã truy cập còn hiệu lực.", en="Sign in first: send a valid access token."
    )


class Forbidden(MotcuaError):
    slug = "forbidden"
    title = Text(vi="Bạn không có quyền làm việc này.", en="You may not do this.")


class NotFound(MotcuaError):
    slug = "not-found"
    title = Text(vi="Không tìm thấy.", en="There is no such thing.")


class Conflict(MotcuaError):
    slug = "conflict"
    title = Text(
        vi="Trạng thái hiện tại không cho phép việc này.", en="The present state does not allow this."
    )


class Gone(MotcuaError):
    slug = "gone"
    title = Text(vi="Nội dung này không còn được lưu.", en="This is not kept any more.")


class PreconditionFailed(MotcuaError):
    slug = "stale-state"
    title = Text(
        vi="Nội dung đã thay đổi từ lần bạn đọc. Hãy đọc lại rồi thử lại.",
        en="It has changed since you read it. Read it again, then try again.",
    )


class PreconditionRequired(MotcuaError):
    slug = "if-match-required"
    title = Text(
        vi="Hãy gửi tiêu đề If-Match với ETag của lần đọc gần nhất.",
        en="Send the If-Match header with the ETag of your last read.",
    )


class Unprocessable(MotcuaError):
    slug = "idempotency-key-reused"
    title = Text(
        vi="Khóa Idempotency-Key này đã dùng cho một nội dung khác. Hãy tạo khóa mới.",
        en="This Idempotency-Key was used for another body. Make a new key.",
    )


class TooLarge(MotcuaError):
    slug = "too-large"
    title = Text(vi="Nội dung gửi lên quá lớn.", en="The request is too large.")


class UnsupportedMedia(MotcuaError):
    slug = "unsupported-media-type"
    title = Text(vi="Loại nội dung này không được nhận.", en="This type of content is not accepted.")


class TooManyRequests(MotcuaError):
    slug = "too-many-requests"
    title = Text(
        vi="Bạn gửi quá nhiều yêu cầu. Hãy chờ rồi thử lại.", en="Too many requests. Wait, then try again."
    )


class Unavailable(MotcuaError):
    slug = "unavailable"
    title = Text(
        vi="Dịch vụ tạm thời chưa sẵn sàng. Hãy thử lại sau.", en="Not available for now. Try again later."
    )
