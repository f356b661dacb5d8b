"""Who is calling, and what they may call.

Access tokens are JWTs (RFC 9068, ES256) of identity, verified here with its published keys, so no request
waits for identity. A route declares its permission with `requires(...)` or `public()`; a service with a
route that declares neither does not start (`check_declared`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from fastapi import Depends, FastAPI, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import OAuth2 as OAuth2Model
from fastapi.openapi.models import OAuthFlowAuthorizationCode, OAuthFlowClientCredentials, OAuthFlows
from fastapi.routing import RouteContext, iter_route_contexts
from fastapi.security.base import SecurityBase
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.clock import Clock
from shared.errors import Forbidden, Text, Unauthenticated

Kind = Literal["person", "official", "client"]
KINDS: frozenset[str] = frozenset(get_args(Kind))
_CACHED_TOKENS = 4096


class TokenRefused(Unauthenticated):
    slug = "token-refused"
    title = Text(
        vi="Mã truy cập không đúng hoặc đã hết hạn. Hãy đăng nhập lại.",
        en="The access token is wrong or has expired. Sign in again.",
    )


class ScopeMissing(Forbidden):
    slug = "scope-missing"
    title = Text(vi="Mã truy cập thiếu quyền cho việc này.", en="The access token lacks the scope for this.")


class KindRefused(Forbidden):
    slug = "not-for-this-caller"
    title = Text(
        vi="Việc này không dành cho loại tài khoản của bạn.", en="This is not for your kind of account."
    )


@dataclass(frozen=True, slots=True, order=True)
class Post:
    """A role that an official holds in a unit of their agency."""

    unit: str
    role: str


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: a person, an official of an agency, or a machine client."""

    subject: str
    kind: Kind
    client_id: str
    scopes: frozenset[str] = frozenset()
    agency: str | None = None
    posts: frozenset[Post] = field(default_factory=frozenset)

    def holds(self, unit: str, role: str | None) -> bool:
        """Whether the caller has the role in the unit; any role of the unit when `role` is None."""
        return any(post.unit == unit and role in (None, post.role) for post in self.posts)


class Verifier:
    """Verifies access tokens with the keys at hand; verified ones are remembered until they expire.

    `keys` is replaced as identity rotates. `on_unknown_key` is called when a token names a key that is not
    at hand, so that keys are fetched soon; the token is refused for now.
    """

    def __init__(self, clock: Clock, *, issuer: str, audience: str, keys: KeySet | None = None) -> None:
        self._clock = clock
        self._issuer = issuer
        self._audience = audience
        self._keys = keys or KeySet([])
        self._verified: dict[str, tuple[float, Principal]] = {}
        self.on_unknown_key: Callable[[], None] = lambda: None

    @property
    def ready(self) -> bool:
        return bool(self._keys.keys)

    def use_keys(self, keys: KeySet) -> None:
        """Verify with these keys from now on; nothing that other keys verified is remembered."""
        if {key.kid for key in keys.keys} != {key.kid for key in self._keys.keys}:
            self._verified.clear()
        self._keys = keys

    def verify(self, token: str) -> Principal:
        """The principal of an access token.

        Raises:
            TokenRefused: signature, type, issuer, audience or time is wrong (RFC 9068 §4).
        """
        now = self._clock.now().timestamp()
        remembered = self._verified.get(token)
        if remembered is not None and remembered[0] > now:
            return remembered[1]
        expires, principal = self._decode(token, now)
        self._verified[token] = (expires, principal)
        if len(self._verified) > _CACHED_TOKENS:
            del self._verified[next(iter(self._verified))]
        return principal

    def _decode(self, token: str, now: float) -> tuple[float, Principal]:
        try:
            decoded = jwt.decode(token, self._keys, algorithms=["ES256"])
        except (JoseError, ValueError) as error:
            self.on_unknown_key()
            raise TokenRefused(reason=type(error).__name__) from error
        claims = decoded.claims
        if str(decoded.header.get("typ", "")).lower().removeprefix("application/") != "at+jwt":
            raise TokenRefused(reason="typ")
        audience = claims.get("aud")
        audiences = [audience] if isinstance(audience, str) else audience
        if claims.get("iss") != self._issuer or self._audience not in (audiences or []):
            raise TokenRefused(reason="iss or aud")
        expires = claims.get("exp")
        if not isinstance(expires, int | float) or expires <= now:
            raise TokenRefused(reason="expired")
        return expires, principal_of(claims)


def principal_of(claims: Mapping[str, Any]) -> Principal:
    """The principal that the claims of an access token describe.

    Raises:
        TokenRefused: a claim that we need is missing or unreadable.
    """
    kind = claims.get("kind")
    if kind not in KINDS:
        raise TokenRefused(reason="kind")
    try:
        return Principal(
            subject=str(claims["sub"]),
            kind=kind,
            client_id=str(claims["client_id"]),
            scopes=frozenset(str(claims.get("scope", "")).split()),
            agency=claims.get("agency"),
            posts=frozenset(Post(post["unit"], post["role"]) for post in claims.get("posts", ())),
        )
    except (KeyError, TypeError) as error:
        raise TokenRefused(reason="claims") from error


_OAUTH2 = OAuth2Model(
    flows=OAuthFlows(
        authorizationCode=OAuthFlowAuthorizationCode(
            authorizationUrl="/oauth2/authorize", tokenUrl="/oauth2/token", refreshUrl="/oauth2/token"
        ),
        clientCredentials=OAuthFlowClientCredentials(tokenUrl="/oauth2/token"),
    ),
    description="Access token of identity, as `Authorization: Bearer …`.",
)


class Permission(SecurityBase):
    """What a route asks of its caller. In the contract: the scheme `oauth2`, with identity's addresses."""

    scheme_name = "oauth2"
    model = _OAUTH2

    def __init__(self, scope: str, kinds: frozenset[str] = KINDS) -> None:
        self.scope = scope
        self.kinds = kinds

    async def __call__(self, request: Request) -> Principal:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated
        principal: Principal = request.app.state.verifier.verify(token)
        request.state.principal = principal
        if self.scope not in principal.scopes:
            raise ScopeMissing(scope=self.scope)
        if principal.kind not in self.kinds:
            raise KindRefused
        return principal


class Everybody:
    """What a route declares that asks nothing of its caller."""

    scope: None = None
    kinds = KINDS

    async def __call__(self) -> None:
        return


def requires(scope: str, *, kinds: Sequence[Kind] = ("person", "official", "client")) -> Any:
    """A dependency for callers with the scope and of one of these kinds; gives the `Principal`.

    Raises:
        Unauthenticated, TokenRefused, ScopeMissing, KindRefused.
    """
    return Security(Permission(scope, frozenset(kinds)), scopes=[scope])


def public() -> Any:
    """A dependency that declares a route open to everybody."""
    return Depends(Everybody())


def routes_of(app: FastAPI) -> Iterator[RouteContext]:
    """Every route of an application; `app.routes` alone hides those of included routers."""
    return iter_route_contexts(app.routes)


def permission_of(route: RouteContext) -> Permission | Everybody | None:
    """What a route declares about its callers, or None when it declares nothing."""
    dependant = getattr(route, "dependant", None)
    return _find(dependant) if dependant else None


def _find(dependant: Dependant) -> Permission | Everybody | None:
    if isinstance(dependant.call, Permission | Everybody):
        return dependant.call
    return next((found for inner in dependant.dependencies if (found := _find(inner))), None)


def check_declared(app: FastAPI) -> None:
    """Refuse to start an application with a route that does not say who may call it.

    The contract itself is open to all.

    Raises:
        RuntimeError: naming the routes.
    """
    undeclared = [
        f"{min(route.methods or {'ANY'})} {route.path}"
        for route in routes_of(app)
        if route.path != app.openapi_url and permission_of(route) is None
    ]
    if undeclared:
        raise RuntimeError(f"routes without a declared permission: {', '.join(undeclared)}")
