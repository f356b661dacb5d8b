"""Which systems agencies have, as identity tells it: asked by the linter, before a step is left to them."""

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.definition import Definition
from procedures.external_tasks import store
from shared.events.identity import ClientEvent

SCOPE = "procedures:tasks:work"
"""What a client needs to be given tasks."""


async def learn_system(tx: AsyncConnection, sequence: int, event: ClientEvent) -> None:
    """Take over what identity says of a client of an agency; an older word does not undo a newer one."""
    if event.agency is not None:
        works = event.enabled and event.kind == "client" and SCOPE in event.scopes
        await store.put_system(tx, client=event.client, agency=event.agency, works=works, sequence=sequence)


async def known_systems(tx: AsyncConnection, definition: Definition) -> Mapping[str, Collection[str]] | None:
    """The clients that may do steps of the procedure, by agency; None when nothing is known of clients here."""
    agencies = {step.agency or definition.agency for step in definition.steps if step.external is not None}
    return await store.systems_of(tx, agencies) if agencies else None
