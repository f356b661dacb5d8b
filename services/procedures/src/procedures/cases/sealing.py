"""What is personal in a case: sealed as it goes into the store, opened as it comes out."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.acts import Act, Entry
from procedures.domain.case import Case
from procedures.domain.personal import CaseErased, commitment, with_personal_texts
from procedures.keys.keyring import CaseKey, Unreadable, keyring_of, shown

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FiledForm:
    """What the applicant filled in, and the commitment that it fits."""

    content: dict[str, Any]
    commitment: str


def key_of(tx: AsyncConnection, case_id: UUID, wrapped: bytes | None) -> CaseKey | None:
    """The key of a case as its row holds it; None once it is destroyed.

    One that was changed, or is sealed under a master key that is not at hand, shows no text and seals none: a case
    keeps no other from being listed or worked on.
    """
    if wrapped is None:
        return None
    try:
        return keyring_of(tx).key_of(case_id, wrapped)
    except Unreadable as error:
        log.warning("case.key_unreadable", case=str(case_id), reason=str(error))
        return CaseKey(case_id, wrapped)


def opened_case(key: CaseKey | None, kept: Case) -> Case:
    """The state with its texts opened, as far as the key is there and opens them."""
    return with_personal_texts(kept, lambda _, sealed: shown(key, sealed))


def opened_act(key: CaseKey | None, act: Act) -> Act:
    """The act with its texts opened, likewise."""
    return with_personal_texts(act, lambda _, sealed: shown(key, sealed))


def sealed_act(key: CaseKey | None, entry: Entry) -> Act:
    """The act of an entry as the log holds it: each personal text in it sealed.

    Raises:
        CaseErased: there is such a text, and no key any more.
        KeyNotAtHand: there is such a text, and the key cannot be opened.
    """
    return with_personal_texts(entry.act, partial(key.seal_text, entry.sequence) if key else _refuse)


def _refuse(_place: str, _text: str) -> str:
    raise CaseErased


def filed_form(key: CaseKey | None, sealed: bytes | None) -> FiledForm | None:
    """A sealed form, opened; None when it is erased, or cannot be opened."""
    if key is None or sealed is None:
        return None
    try:
        salt, content = key.open_form(sealed)
    except Unreadable:
        return None
    return FiledForm(orjson.loads(content), commitment(salt, content))
