"""What the gateway itself refuses, and the problem document a caller gets for it.

    Malformed               400  the request cannot be read in one way only
    UnknownHost             421  not a name of this gateway
    RequestTimedOut         408  the client stopped sending
    TargetTooLong           414
    HeadTooLarge            431
    MethodUnknown           501
    OutOfReach              503  the service cannot be reached (or its circuit is open)
    Busy                    503  too many requests wait for the service
    AnswerUnreadable        502  the service broke off or spoke no HTTP
    AnswerTimedOut          504
    QuotaExceeded           429

Those of tokens and scopes are `shared.auth`'s. The gateway is HTTP, so its own errors name their status;
others have that of their kind.
"""

from typing import Any, NamedTuple

from shared.errors import Invalid, MotcuaError, Text, TooLarge, TooManyRequests, Unavailable
from shared.web.problems import MEDIA_TYPE, language_of, problem_body, status_of


class Malformed(Invalid):
    slug = "malformed-request"
    title = Text(
        vi="Yêu cầu HTTP không đúng chuẩn nên không thể xử lý.",
        en="The HTTP request is malformed and cannot be processed.",
    )


class UnknownHost(Invalid):
    slug = "unknown-host"
    title = Text(vi="Cổng này không phục vụ tên miền đó.", en="This gateway does not serve that host name.")
    status = 421


class RequestTimedOut(Invalid):
    slug = "request-timeout"
    title = Text(
        vi="Yêu cầu không được gửi đến kịp thời. Hãy gửi lại.",
        en="The request did not arrive in time. Send it again.",
    )
    status = 408


class TargetTooLong(TooLarge):
    slug = "target-too-long"
    title = Text(vi="Địa chỉ quá dài. Hãy bớt tham số.", en="The address is too long. Use fewer parameters.")
    status = 414


class HeadTooLarge(TooLarge):
    slug = "head-too-large"
    title = Text(vi="Phần tiêu đề của yêu cầu quá lớn.", en="The headers of the request are too large.")
    status = 431


class BodyTooLarge(TooLarge):
    slug = "body-too-large"
    title = Text(vi="Nội dung gửi lên quá lớn.", en="The body of the request is too large.")


class MethodUnknown(Invalid):
    slug = "method-unknown"
    title = Text(vi="Phương thức HTTP này không được hỗ trợ.", en="This HTTP method is not supported.")
    status = 501


class OutOfReach(Unavailable):
    slug = "service-out-of-reach"
    title = Text(
        vi="Dịch vụ đang tạm ngừng. Hãy thử lại sau ít phút.",
        en="The service is down for the moment. Try again shortly.",
    )


class Busy(Unavailable):
    slug = "service-busy"
    title = Text(
        vi="Dịch vụ đang quá tải. Hãy thử lại sau ít phút.",
        en="The service is overloaded. Try again shortly.",
    )


class AnswerUnreadable(Unavailable):
    slug = "answer-broken-off"
    title = Text(
        vi="Dịch vụ ngắt kết nối khi đang trả lời. Hãy kiểm tra xem việc của bạn đã được ghi nhận chưa rồi hãy gửi lại.",
        en="The service broke off while answering. Check whether your command took effect before sending it again.",
    )
    status = 502


class AnswerTimedOut(Unavailable):
    slug = "answer-timeout"
    title = Text(
        vi="Dịch vụ không trả lời kịp. Hãy kiểm tra xem việc của bạn đã được ghi nhận chưa rồi hãy gửi lại.",
        en="The service did not answer in time. Check whether your command took effect before sending it again.",
    )
    status = 504


class QuotaExceeded(TooManyRequests):
    slug = "quota-exceeded"
    title = Text(
        vi="Bạn đã dùng hết hạn mức yêu cầu. Hãy chờ theo Retry-After rồi thử lại.",
        en="Your quota of requests is used up. Wait as Retry-After says, then try again.",
    )

    def __init__(self, policy: str, *, retry_after: int, limit_lines: bytes) -> None:
        extensions: dict[str, Any] = {"retryAfter": retry_after, "violated-policies": [policy]}
        super().__init__(**extensions)
        self.limit_lines = limit_lines


class Refusal(NamedTuple):
    """A refusal as it goes to the caller."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def refusal_of(
    error: MotcuaError, *, path: str, language: str, trace: str, token_sent: bool = False
) -> Refusal:
    """The problem document of an error in the language that `Accept-Language` prefers, with its headers.

    `trace` is the 32 digits of the trace id; `token_sent` tells a missing token from a wrong one.
    """
    status: int = getattr(error, "status", None) or status_of(type(error))
    spoken = language_of(language)
    body = problem_body(
        error.slug,
        error.title,
        status,
        error.detail,
        path,
        spoken,
        error.faults,
        {"traceId": trace, **error.extensions},
    )
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-language", spoken.encode()),
        (b"content-length", b"%d" % len(body)),
        *_demands(error, status, token_sent=token_sent),
    ]
    return Refusal(status, headers, body)


def _demands(error: MotcuaError, status: int, *, token_sent: bool) -> list[tuple[bytes, bytes]]:
    """What the caller should do, as headers (RFC 6750 section 3, RFC 9110 section 10.2.3)."""
    if status == 401:
        return [(b"www-authenticate", b'Bearer error="invalid_token"' if token_sent else b"Bearer")]
    if status == 403 and "scope" in error.extensions:
        challenge = f'Bearer error="insufficient_scope", scope="{error.extensions["scope"]}"'
        return [(b"www-authenticate", challenge.encode())]
    if status in (429, 503):
        return [(b"retry-after", str(error.extensions.get("retryAfter", 1)).encode())]
    return []
