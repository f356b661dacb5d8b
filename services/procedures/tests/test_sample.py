"""The sample procedures: sound, loaded once, and a new version where a release has changed one."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from procedures.catalogue.operations import DraftUnsound, list_versions
from procedures.domain.definition import Definition
from procedures.domain.findings import findings
from procedures.sample import publish_sample, samples
from shared.errors import Text
from shared.ids import new_id

NOW = datetime(2026, 1, 5, 2, tzinfo=UTC)


def sample(**changes: Any) -> Definition:
    """The first sample, under a code of its own."""
    return replace(next(samples()), code=f"MAU-{new_id().hex[-6:].upper()}", **changes)


async def versions(world: Any, code: str) -> list[tuple[int, str]]:
    async with world.database.reading() as tx:
        return [(row.version, row.status) for row in await list_versions(tx, code, agency=None)]


async def load(world: Any, one: Definition) -> int | None:
    async with world.database.transaction() as tx:
        version: int | None = await publish_sample(tx, NOW, one)
        return version


def test_the_samples_are_without_error_and_those_that_others_lead_to_come_first() -> None:
    known: dict[str, Definition] = {}
    for one in samples():
        found = findings(one, procedures=known)
        assert not [finding for finding in found if finding.severity == "error"], one.code
        known[one.code] = one
    assert len(known) > 3


async def test_loading_the_samples_again_changes_nothing(world: Any) -> None:
    async with world.database.transaction() as tx:
        assert {await publish_sample(tx, NOW, one) for one in samples()} == {1}
        assert {await publish_sample(tx, NOW, one) for one in samples()} == {None}
        await tx.rollback()  # other tests use these codes


async def test_a_sample_that_a_release_has_changed_becomes_a_new_version(world: Any) -> None:
    old = sample()
    await load(world, old)
    assert await load(world, replace(old, title=Text(vi="Tên mới", en="A new name"))) == 2
    assert await versions(world, old.code) == [(2, "published"), (1, "retired")]


async def test_a_sample_that_somebody_has_gone_on_from_stays_as_they_left_it(world: Any) -> None:
    one = sample()
    await load(world, one)
    await load(world, replace(one, title=Text(vi="Của tôi", en="My own")))
    assert await load(world, one) is None
    assert await versions(world, one.code) == [(2, "published"), (1, "retired")]


async def test_a_sample_that_does_not_fit_what_is_here_leaves_no_trace(world: Any) -> None:
    agency = f"H{new_id().hex[-6:]}"
    one = sample(agency=agency)
    await world.learn_agency(agency, "MOT_BO_PHAN_KHAC")
    with pytest.raises(DraftUnsound):
        await load(world, one)
    assert await versions(world, one.code) == []
