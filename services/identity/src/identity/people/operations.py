"""What people can do about themselves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.person import (
    AccountNameTaken,
    ContactAddress,
    NoSuchPerson,
    Person,
    WrongPassword,
    check_addresses,
    check_password,
    check_person,
    refuse,
)
from identity.oauth.store import revoke_all_of
from identity.people import store
from identity.people.passwords import PasswordHasher
from identity.sign_in.attempts import count_attempt, key_of
from identity.sign_in.store import end_sessions_of, forget_failures
from shared import outbox
from shared.db import Database
from shared.events.identity import PersonRegistered

Meant = Callable[[int], None]
"""Raises when the caller's command was meant for another version than this one."""


async def hash_for_registration(hasher: PasswordHasher, person: Person, password: str) -> str:
    """Check a registration before anything costly is done for it, then hash the password.

    Done before the transaction, which would otherwise hold its connection for as long as a hash takes.

    Raises:
        InvalidPerson: naming every fault at once.
        HashingBusy: too many wait already.
    """
    refuse([*check_person(person), *check_password(password, person.account_name)])
    return await hasher.hash(password)


async def register_person(tx: AsyncConnection, person: Person, password_hash: str, now: datetime) -> None:
    """Give someone an account.

    Raises:
        AccountNameTaken: someone has that account name.
    """
    if not await store.add_person(tx, person, now):
        raise AccountNameTaken
    await store.put_password(tx, person.id, password_hash, now)
    await store.put_addresses(tx, person.id, person.addresses)
    await outbox.add(tx, PersonRegistered().envelope(subject=person.id, sequence=1, at=now))


async def get_person(tx: AsyncConnection, person_id: UUID) -> Person:
    """A person by id.

    Raises:
        NoSuchPerson
    """
    person = await store.person_by_id(tx, person_id)
    if person is None:
        raise NoSuchPerson
    return person


async def change_details(
    tx: AsyncConnection, person_id: UUID, meant: Meant, *, full_name: str, language: str
) -> Person:
    """Change a person's name and language.

    Raises:
        InvalidPerson, NoSuchPerson, PreconditionRequired, PreconditionFailed
    """
    person = await _locked(tx, person_id, meant)
    changed = replace(person, full_name=full_name, language=language, version=person.version + 1)
    refuse(check_person(changed))
    await store.save_person(tx, changed)
    return changed


async def change_addresses(
    tx: AsyncConnection, person_id: UUID, meant: Meant, addresses: tuple[ContactAddress, ...]
) -> Person:
    """Put these contact addresses in place of all before.

    Raises:
        InvalidPerson, NoSuchPerson, PreconditionRequired, PreconditionFailed
    """
    check_addresses(addresses)
    person = await _locked(tx, person_id, meant)
    changed = replace(person, addresses=addresses, version=person.version + 1)
    await store.put_addresses(tx, person_id, addresses)
    await store.save_person(tx, changed)
    return changed


async def change_password(
    database: Database, hasher: PasswordHasher, person_id: UUID, *, current: str, password: str, now: datetime
) -> None:
    """Put another password in place of the present one, which proves that it is the owner who asks.

    Whoever else knew the old one is signed out everywhere, and so is the owner. Wrong present passwords are
    counted as those of the sign-in page are: a token in wrong hands is no way to guess without waiting.

    Raises:
        NoSuchPerson
        InvalidPerson: the new one is too weak.
        TooManyAttempts: the present one was wrong too often.
        WrongPassword: the present one is another.
        HashingBusy: too many wait already.
    """
    async with database.transaction() as tx:
        person = await get_person(tx, person_id)
        refuse(check_password(password, person.account_name))
        key = key_of(person.account_name, "change of password")
        await count_attempt(tx, key, now)
        known = await store.password_of(tx, person.account_name)
    if not await hasher.verify(known[1] if known else None, current):
        raise WrongPassword
    password_hash = await hasher.hash(password)
    async with database.transaction() as tx:
        await forget_failures(tx, key)
        await store.put_password(tx, person_id, password_hash, now)
        await end_sessions_of(tx, person_id)
        await revoke_all_of(tx, person_id, now)


async def _locked(tx: AsyncConnection, person_id: UUID, meant: Meant) -> Person:
    person = await store.person_by_id(tx, person_id, lock=True)
    if person is None:
        raise NoSuchPerson
    meant(person.version)
    return person
