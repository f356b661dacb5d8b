"""What can be asked by whoever holds the code and the secret of a case."""

import hmac
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases import store
from procedures.cases.operations import CaseNotFound
from procedures.cases.store import Stored
from procedures.domain.case_code import tracking_secret
from procedures.domain.log import Link

_NO_CASE = UUID(int=0)


async def track_case(tx: AsyncConnection, key: bytes, *, code: str, secret: str) -> tuple[Stored, list[Link]]:
    """The case and its log, for whoever holds both.

    For an unknown code and for a wrong secret the same is done, and nothing else: one look into the index of
    codes, one secret made, one comparison. So they differ neither in words nor in time.

    Raises:
        CaseNotFound
    """
    case_id = await store.id_of_code(tx, code)
    expected = tracking_secret(key, case_id or _NO_CASE)
    right = hmac.compare_digest(expected.encode(), secret.upper().encode())
    if case_id is None or not right:
        raise CaseNotFound
    stored = await store.case_by_id(tx, case_id)
    return stored, await store.log_of(tx, case_id)
