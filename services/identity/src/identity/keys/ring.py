"""The keys at hand in this process: one signs, all are published."""

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from identity.domain.key_ring import KeyState
from identity.keys import store
from identity.vault import Vault
from shared.db import Database


class NoSigningKey(RuntimeError):
    """The ring was used before it was filled."""


class KeyRing:
    """Signs with the active key. `refresh` is called often enough to follow rotations of other processes."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._active: ECKey | None = None
        self.key_set = KeySet([])
        self.published = b'{"keys":[]}'

    async def refresh(self, database: Database) -> None:
        """Read the keys that are in use; the active one is opened."""
        async with database.reading() as reading:
            stored = await store.keys_in_use(reading)
        for key in stored:
            is_new = self._active is None or self._active.kid != key.age.kid
            if key.age.state is KeyState.ACTIVE and key.sealed_private is not None and is_new:
                private = self._vault.open(key.sealed_private, bound_to=key.age.kid)
                self._active = ECKey.import_key(json.loads(private))
        public = [key.public_jwk for key in stored]
        self.key_set = KeySet([ECKey.import_key(jwk) for jwk in public])
        self.published = json.dumps({"keys": public}).encode()

    def audience_of(self, id_token: str) -> str | None:
        """For whom we issued this ID token, however long ago; None when it is not ours."""
        try:
            audience = jwt.decode(id_token, self.key_set, algorithms=["ES256"]).claims.get("aud")
        except (JoseError, ValueError):
            return None
        return audience if isinstance(audience, str) else None

    def sign(self, claims: Mapping[str, Any], *, typ: str) -> str:
        """A JWT in compact form, ES256 (RFC 7515), of this type (RFC 8725 §3.11).

        Raises:
            NoSigningKey: `refresh` was not called, or no key is active.
        """
        if self._active is None:
            raise NoSigningKey
        header = {"alg": "ES256", "kid": self._active.kid, "typ": typ}
        return jwt.encode(header, dict(claims), self._active)
