"""Programs that act for people, for officials or for themselves."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from identity.domain.redirects import redirect_fault
from identity.domain.scopes import is_administrative, is_scope
from shared.errors import Conflict, Fault, Forbidden, Invalid, NotFound, Text

_AGGREGATES = UUID("6f0b1a0e-5b0c-5d1e-9a57-6d6f74637561")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{2,62}")


class Kind(StrEnum):
    """Whom a token speaks for."""

    PERSON = "person"
    OFFICIAL = "official"
    CLIENT = "client"


class AuthMethod(StrEnum):
    """How a client proves who it is at the token endpoint (OpenID Connect Core §9)."""

    NONE = "none"
    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    KEY = "private_key_jwt"

    @property
    def needs_secret(self) -> bool:
        return self in {AuthMethod.BASIC, AuthMethod.POST}


@dataclass(frozen=True, slots=True)
class Client:
    """A registered program.

    `kind` is whom its tokens speak for: people and officials sign in through the authorization code, a
    client of kind `client` speaks for itself through client credentials. `agency` binds it to one agency's
    tree. A first-party client is the platform's own and asks no consent.
    """

    id: str
    name: Text
    kind: Kind
    auth_method: AuthMethod
    scopes: frozenset[str]
    redirect_uris: frozenset[str] = frozenset()
    post_logout_redirect_uris: frozenset[str] = frozenset()
    agency: str | None = None
    first_party: bool = False
    jwks: dict[str, Any] | None = None
    secret_hash: bytes | None = None
    enabled: bool = True
    version: int = 1

    @property
    def aggregate(self) -> UUID:
        """Under what its events are told: its own id is of its registrar's choice, theirs all have one form."""
        return uuid5(_AGGREGATES, self.id)

    @property
    def is_public(self) -> bool:
        return self.auth_method is AuthMethod.NONE


class InvalidClientMetadata(Invalid):
    slug = "invalid-client-metadata"
    title = Text(vi="Thông tin đăng ký ứng dụng chưa đúng.", en="The client's registration is not valid.")


class BeyondRegistrar(Forbidden):
    slug = "beyond-registrar"
    title = Text(
        vi="Cơ quan chỉ đăng ký được ứng dụng của mình, không có quyền quản trị và không thuộc nền tảng.",
        en="An agency registers clients of its own only, without administrative scopes, not first-party.",
    )


class ClientIdTaken(Conflict):
    slug = "client-id-taken"
    title = Text(
        vi="Mã ứng dụng này đã được đăng ký. Hãy chọn mã khác.",
        en="This client id is registered already. Choose another.",
    )


class NoSecret(Conflict):
    slug = "client-has-no-secret"
    title = Text(
        vi="Ứng dụng này không xác thực bằng mật khẩu ứng dụng.",
        en="This client does not prove itself with a secret.",
    )


class NoSuchClient(NotFound):
    slug = "no-such-client"
    title = Text(vi="Không có ứng dụng này.", en="There is no such client.")


def is_client_id(text: str) -> bool:
    """Whether `text` can be the id of a client at all."""
    return _ID.fullmatch(text) is not None


def check_client(client: Client) -> None:
    """Refuse a registration that could not work or would not be safe.

    Raises:
        InvalidClientMetadata: naming every fault at once.
    """
    faults = [*_id_faults(client), *_scope_faults(client), *_redirect_faults(client), *_key_faults(client)]
    if faults:
        raise InvalidClientMetadata(faults=faults)


def check_registrar(client: Client, own: str | None) -> None:
    """Refuse a registrar bound to an agency (`own`) more than the agency itself may hand on.

    Raises:
        BeyondRegistrar
    """
    if own is not None and (
        client.agency is None or client.first_party or any(map(is_administrative, client.scopes))
    ):
        raise BeyondRegistrar


def _id_faults(client: Client) -> list[Fault]:
    if is_client_id(client.id):
        return []
    text = Text(
        vi="Dùng 3–63 chữ thường, số, dấu chấm, gạch ngang hoặc gạch dưới.",
        en="Use 3 to 63 lower-case letters, digits, dots, hyphens or underscores.",
    )
    return [Fault("/clientId", "malformed", text)]


def _scope_faults(client: Client) -> list[Fault]:
    text = Text(
        vi="Phạm vi có dạng dịch-vụ:danh-từ:việc, ví dụ procedures:cases:read.",
        en="A scope looks like service:noun:act, for example procedures:cases:read.",
    )
    return [
        Fault(f"/scopes/{index}", "malformed", text)
        for index, scope in enumerate(sorted(client.scopes))
        if not is_scope(scope)
    ]


def _redirect_faults(client: Client) -> list[Fault]:
    addresses = {
        "/redirectUris": client.redirect_uris,
        "/postLogoutRedirectUris": client.post_logout_redirect_uris,
    }
    faults = [
        Fault(f"{where}/{index}", "unsafe", fault)
        for where, uris in addresses.items()
        for index, uri in enumerate(sorted(uris))
        if (fault := redirect_fault(uri))
    ]
    if client.kind is Kind.CLIENT:
        text = Text(
            vi="Ứng dụng tự hành động thì không có địa chỉ quay lại.",
            en="A client that acts for itself has no redirect address.",
        )
        faults += [Fault(where, "unexpected", text) for where, uris in addresses.items() if uris]
    if client.kind is not Kind.CLIENT and not client.redirect_uris:
        text = Text(vi="Cần ít nhất một địa chỉ quay lại.", en="At least one redirect address is needed.")
        faults.append(Fault("/redirectUris", "missing", text))
    return faults


def _key_faults(client: Client) -> list[Fault]:
    if client.kind is Kind.CLIENT and client.is_public:
        text = Text(
            vi="Ứng dụng tự hành động phải chứng minh được mình là ai.",
            en="A client that acts for itself must be able to prove who it is.",
        )
        return [Fault("/authMethod", "too-weak", text)]
    if (client.auth_method is AuthMethod.KEY) != (client.jwks is not None):
        text = Text(
            vi="Khóa công khai đi cùng private_key_jwt, và chỉ với cách đó.",
            en="Public keys go with private_key_jwt, and only with it.",
        )
        return [Fault("/jwks", "mismatch", text)]
    return []
