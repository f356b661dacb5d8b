"""Whether a request may pass: the policy of its operation, the token it carries, the caller's quota.

Pure but for the signature check of a token not seen before. What the gateway cannot judge (a path no
contract knows, a contract or key set not fetched yet, a credential that is no access token) goes on to the
service, which judges everything again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.limits import Limiter, Quota
from gateway.policy import Operation, Policy
from gateway.refusals import QuotaExceeded
from gateway.routing import Route, Service
from shared.auth import Principal, ScopeMissing, Verifier
from shared.errors import MotcuaError, Unauthenticated

_BEARER = b"bearer "


@dataclass(frozen=True, slots=True)
class Quotas:
    """The quota of a machine client, of a signed-in person or official, and of an address with no token."""

    client: Quota
    person: Quota
    address: Quota


Admitted = tuple[Principal | None, bytes]
"""Who was let in (None when nobody said), and the rate limit header lines that tell what is left."""


class _Gate:
    """One quota with its limiter and the bytes of its headers."""

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.limiter = Limiter(quota)
        self._lines = f'ratelimit-policy: {quota.policy}\r\nratelimit: "{quota.name}";r=%d;t=%d\r\n'.encode()

    def pass_through(self, caller: str, now: float) -> bytes:
        """Count a request; the header lines of RateLimit-Policy and RateLimit.

        Raises:
            QuotaExceeded: with the seconds to wait.
        """
        allowance = self.limiter.take(caller, now)
        lines = self._lines % (allowance.remaining, allowance.reset)
        if not allowance.granted:
            raise QuotaExceeded(self.quota.name, retry_after=allowance.wait, limit_lines=lines)
        return lines


class Admission:
    """Admits requests or refuses them.

    Policies are put in as contracts are read: `policies[service] = compile_policy(contract)`.
    """

    def __init__(self, verifier: Verifier, quotas: Quotas) -> None:
        self.policies: dict[Service, Policy] = {}
        self._verifier = verifier
        self._client = _Gate(quotas.client)
        self._person = _Gate(quotas.person)
        self._address = _Gate(quotas.address)

    def admit(
        self,
        route: Route | None,
        method: str,
        segments: Sequence[str],
        *,
        authorization: bytes | None,
        household: str,
        now: float,
    ) -> Admitted:
        """Let a request in. `route` is None for the portal, which judges scopes itself.

        Raises:
            Unauthenticated, ScopeMissing, QuotaExceeded.
        """
        if route is not None and not route.carries_tokens:
            return None, self._address.pass_through(household, now)
        try:
            principal = self._principal(authorization)
            if route is not None and (policy := self.policies.get(route.service)) is not None:
                self._check(policy.find(method, segments), principal)
        except MotcuaError:
            self._address.pass_through(household, now)  # those who guess are slowed down as well
            raise
        if principal is None:
            return None, self._address.pass_through(household, now)
        if principal.kind == "client":
            return principal, self._client.pass_through(principal.client_id, now)
        return principal, self._person.pass_through(principal.subject, now)

    def methods(self, route: Route, segments: Sequence[str]) -> tuple[str, ...]:
        """The methods that a path is known to take; empty when unknown."""
        policy = self.policies.get(route.service)
        return policy.methods(segments) if policy else ()

    def _principal(self, authorization: bytes | None) -> Principal | None:
        if authorization is None or authorization[:7].lower() != _BEARER or not self._verifier.ready:
            return None
        return self._verifier.verify(authorization[7:].decode("latin-1").strip())

    def _check(self, operation: Operation | None, principal: Principal | None) -> None:
        if operation is None or not operation.scopes:
            return
        if principal is None:
            if self._verifier.ready:
                raise Unauthenticated
            return
        missing = operation.missing(principal.scopes)
        if missing:
            raise ScopeMissing(scope=" ".join(sorted(missing)))
