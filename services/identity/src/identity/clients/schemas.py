"""Clients on the wire."""

from typing import Any, Self

from pydantic import Field

from identity.domain.client import AuthMethod, Client, Kind
from shared.schema import Schema, Words


class ClientDetails(Schema):
    """What may change about a client: always sent whole."""

    name: Words = Field(examples=[{"vi": "Phần mềm một cửa", "en": "One-stop desk software"}])
    auth_method: AuthMethod = Field(examples=["private_key_jwt"])
    scopes: list[str] = Field(max_length=100, examples=[["procedures:cases:read"]])
    redirect_uris: list[str] = Field([], max_length=20)
    post_logout_redirect_uris: list[str] = Field(
        [], max_length=20, description="Where a person may be sent after signing out"
    )
    agency: str | None = Field(
        None, max_length=40, description="The agency in whose name it acts", examples=["000.00.01.H99"]
    )
    first_party: bool = Field(False, description="The platform's own: people are not asked for consent")
    jwks: dict[str, Any] | None = Field(
        None, description="Public keys (RFC 7517), for `private_key_jwt`", examples=[{"keys": []}]
    )
    enabled: bool = True


class NewClient(ClientDetails):
    """A client to be registered."""

    client_id: str = Field(max_length=63, examples=["phan-mem-mot-cua"])
    kind: Kind = Field(description="Whom its tokens speak for", examples=["client"])


class ClientView(NewClient):
    """A client as those who administer it see it; its secret is never shown again."""

    has_secret: bool

    @classmethod
    def of(cls, client: Client) -> Self:
        return cls(
            client_id=client.id,
            kind=client.kind,
            name=Words(vi=client.name.vi, en=client.name.en),
            auth_method=client.auth_method,
            scopes=sorted(client.scopes),
            redirect_uris=sorted(client.redirect_uris),
            post_logout_redirect_uris=sorted(client.post_logout_redirect_uris),
            agency=client.agency,
            first_party=client.first_party,
            jwks=client.jwks,
            enabled=client.enabled,
            has_secret=client.secret_hash is not None,
        )


class ClientSecret(Schema):
    """A new secret, told this once."""

    client_id: str = Field(examples=["phan-mem-mot-cua"])
    client_secret: str = Field(examples=["n0t-a-secret-of-anyone"])
