"""Invented procedures to try the platform on, as they lie in `samples/`; those that others lead to come first.

Loading them again changes nothing. A sample that a release has changed becomes a new version; one that somebody
has gone on from stays as they left it.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.catalogue.operations import draft_procedure, list_versions, publish_version
from procedures.domain.definition import Definition
from procedures.domain.definition_json import definition_from_json, definition_to_json

_FOLDER = Path(__file__).parent / "samples"


def samples(folder: Path = _FOLDER) -> Iterator[Definition]:
    """The sample procedures, in the order in which they can be published."""
    for file in sorted(folder.glob("*.json")):
        yield definition_from_json(json.loads(file.read_text("utf-8")))


async def publish_sample(tx: AsyncConnection, now: datetime, sample: Definition) -> int | None:
    """Put a sample into force as a new version; None when some version says the same already.

    Raises:
        DraftUnsound: it does not fit what is here, such as an agency whose units are others by now.
        AnotherAgency: the code is taken.
    """
    agency, said = sample.agency, definition_to_json(sample)
    for row in await list_versions(tx, sample.code, agency=None):
        # the format may have grown since, and the database keeps members in an order of its own
        if definition_to_json(definition_from_json(row.definition)) == said:
            return None
    draft = await draft_procedure(tx, now, agency=agency, definition=sample)
    await publish_version(tx, now, agency=agency, code=sample.code, version=draft.version, if_match="*")
    version: int = draft.version
    return version
