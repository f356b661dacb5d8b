"""Every SQL statement about people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.person import AddressKind, ContactAddress, Person
from identity.tables import contact_addresses, credentials, people

_PERSON = (people.c.id, people.c.account_name, people.c.full_name, people.c.language, people.c.version)


async def add_person(tx: AsyncConnection, person: Person, now: datetime) -> bool:
    """Write a new person; False when the account name is taken."""
    written = await tx.execute(
        postgresql.insert(people)
        .values(
            id=person.id,
            account_name=person.account_name,
            full_name=person.full_name,
            language=person.language,
            registered_at=now,
        )
        .on_conflict_do_nothing(index_elements=["account_name"])
        .returning(people.c.id)
    )
    return written.one_or_none() is not None


async def put_password(tx: AsyncConnection, person_id: UUID, password_hash: str, now: datetime) -> None:
    """Write the hash of a person's password in place of any before it."""
    values = {"password_hash": password_hash, "changed_at": now}
    await tx.execute(
        postgresql.insert(credentials)
        .values(person_id=person_id, **values)
        .on_conflict_do_update(index_elements=["person_id"], set_=values)
    )


async def password_of(tx: AsyncConnection, account_name: str) -> tuple[UUID, str] | None:
    """The person of an account name, and the hash of their password."""
    statement = (
        select(people.c.id, credentials.c.password_hash)
        .join(credentials, credentials.c.person_id == people.c.id)
        .where(people.c.account_name == account_name)
    )
    found = (await tx.execute(statement)).one_or_none()
    return (found.id, found.password_hash) if found else None


async def person_by_id(tx: AsyncConnection, person_id: UUID, *, lock: bool = False) -> Person | None:
    """A person with their addresses."""
    statement = select(*_PERSON).where(people.c.id == person_id)
    row = (await tx.execute(statement.with_for_update() if lock else statement)).one_or_none()
    return _person(row, await _addresses(tx, row.id)) if row else None


async def person_id_of(tx: AsyncConnection, account_name: str) -> UUID | None:
    """The person of an account name."""
    found: UUID | None = await tx.scalar(select(people.c.id).where(people.c.account_name == account_name))
    return found


async def save_person(tx: AsyncConnection, person: Person) -> None:
    """Write the details of a person whose row is locked, as the next version."""
    await tx.execute(
        update(people)
        .where(people.c.id == person.id)
        .values(full_name=person.full_name, language=person.language, version=people.c.version + 1)
    )


async def put_addresses(tx: AsyncConnection, person_id: UUID, addresses: Sequence[ContactAddress]) -> None:
    """Write a person's addresses in place of those before."""
    await tx.execute(delete(contact_addresses).where(contact_addresses.c.person_id == person_id))
    if addresses:
        await tx.execute(
            insert(contact_addresses),
            [
                {
                    "person_id": person_id,
                    "position": index,
                    "kind": address.kind.value,
                    "value": address.value,
                }
                for index, address in enumerate(addresses)
            ],
        )


async def _addresses(tx: AsyncConnection, person_id: UUID) -> tuple[ContactAddress, ...]:
    rows = await tx.execute(
        select(contact_addresses.c.kind, contact_addresses.c.value)
        .where(contact_addresses.c.person_id == person_id)
        .order_by(contact_addresses.c.position)
    )
    return tuple(ContactAddress(AddressKind(row.kind), row.value) for row in rows)


def _person(row: Row[*tuple[Any, ...]], addresses: tuple[ContactAddress, ...]) -> Person:
    return Person(row.id, row.account_name, row.full_name, row.language, addresses, row.version)
