"""`python -m <service>`: what an operator types, and what is said in return."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic_settings import SettingsConfigDict
from sqlalchemy import text
from structlog.testing import capture_logs

from shared.ids import new_id
from shared.process import Program, main
from shared.settings import ServiceSettings
from shared.testing import eventually, free_port

Run = Callable[..., Any]


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SAMPLE_", frozen=True)


@pytest.fixture
def run(backbone: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """`await run("replay", …)`: exit code, what was said, and what was said of mistakes."""
    monkeypatch.setenv("SAMPLE_DATABASE_URL", backbone.database.url)
    monkeypatch.setenv("SAMPLE_PORT", "0")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", backbone.kafka.bootstrap_servers)
    monkeypatch.setattr("shared.process.configure_logs", lambda *_: None)  # it would keep this test's stderr
    with capture_logs():  # relay and listener of this process would speak among what the command says
        yield _commands(backbone, capsys)


def _commands(backbone: Any, capsys: pytest.CaptureFixture[str]) -> Run:
    program = Program(
        name="sample",
        settings=Settings,
        create_app=lambda *_: SimpleNamespace(state=SimpleNamespace(consumer=backbone.consumer())),  # type: ignore[arg-type,return-value]
        migrations=Path(),
    )

    async def command(*words: str) -> tuple[int, list[str], list[str]]:
        capsys.readouterr()
        code = await asyncio.to_thread(main, program, words)
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err.splitlines()

    return command


@pytest.fixture
async def sent(backbone: Any) -> list[Any]:
    """Three events of two cases, an hour between each and the next, that are marked as sent."""
    first, second = new_id(), new_id()
    events = [
        backbone.submitted(case, sequence, at=backbone.now + timedelta(hours=hours))
        for hours, (case, sequence) in enumerate([(first, 1), (first, 2), (second, 1)])
    ]
    await backbone.put(*events)
    async with backbone.database.transaction() as tx:
        await tx.execute(text("UPDATE outbox SET sent_at = now()"))
    return events


async def waiting(backbone: Any) -> list[Any]:
    query = text("SELECT id FROM outbox WHERE sent_at IS NULL ORDER BY position")
    async with backbone.database.reading() as tx:
        return [row.id for row in await tx.execute(query)]


def hours(backbone: Any, since: float, until: float) -> list[str]:
    """The range between these hours, in Vietnam's time."""
    zone = timezone(timedelta(hours=7))
    instants = [
        (backbone.now + timedelta(hours=hour)).astimezone(zone).isoformat() for hour in (since, until)
    ]
    return ["--since", instants[0], "--until", instants[1]]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [(0, 3, [0, 1, 2]), (0, 1, [0]), (1, 2, [1]), (0.5, 2.5, [1, 2]), (3, 9, [])],
)
async def test_any_range_is_sent_again_its_beginning_included_its_end_not(
    backbone: Any, run: Run, sent: list[Any], since: float, until: float, expected: list[int]
) -> None:
    code, said, _ = await run("replay", *hours(backbone, since, until))
    assert (code, said) == (0, [f"sample: {len(expected)} events will be sent again by the relay"])
    assert await waiting(backbone) == [sent[number].id for number in expected]


async def test_a_range_can_be_narrowed_to_an_aggregate_or_a_topic(
    backbone: Any, run: Run, sent: list[Any]
) -> None:
    everything = hours(backbone, 0, 3)
    await run("replay", *everything, "--aggregate", str(sent[0].subject))
    assert await waiting(backbone) == [sent[0].id, sent[1].id]
    _, said, _ = await run("replay", *everything, "--topic", "open-data.dataset.v1")
    assert said == ["sample: 0 events will be sent again by the relay"]
    await run("replay", *everything, "--topic", "procedures.case.v1")
    assert len(await waiting(backbone)) == 3


async def test_what_is_replayed_comes_again_under_its_id_and_takes_no_second_effect(
    backbone: Any, run: Run
) -> None:
    case, after = new_id(), new_id()
    async with backbone.running(backbone.relay().run(), backbone.consumer().run()):
        await backbone.put(*(backbone.submitted(case, sequence) for sequence in (1, 2, 3)))
        await eventually(lambda: has(backbone, case, 3))
        await eventually(lambda: nothing_waits(backbone))
        await run("replay", *hours(backbone, 0, 1))
        await backbone.put(backbone.submitted(after, 1))
        await eventually(lambda: has(backbone, after, 1))
        await eventually(lambda: nothing_waits(backbone))
    assert await backbone.effects_of(case) == [1, 2, 3]


async def has(backbone: Any, case: Any, number: int) -> bool:
    return len(await backbone.effects_of(case)) == number


async def nothing_waits(backbone: Any) -> bool:
    return await waiting(backbone) == []


async def test_dead_letters_are_listed_with_their_reason_and_put_back(backbone: Any, run: Run) -> None:
    case = new_id()
    event = backbone.submitted(case, 1)
    backbone.failures[case] = [ValueError("refused by the test")] * 4
    topic = f"procedures.case.v1.{backbone.group}.dlq"
    async with backbone.running(backbone.relay().run(), backbone.consumer().run()):
        await backbone.put(event)

        async def listed() -> Any:
            return (await run("dead-letters"))[1]

        (line,) = await eventually(listed)
        assert line == (
            f"{topic} 0 vn.motcua.procedures.case.submitted.v1 {event.id}: ValueError: refused by the test"
        )
        assert await run("dead-letters", "--resend") == (0, ["sample: 1 events were put back"], [])
        await eventually(lambda: has(backbone, case, 1))
    assert (await run("dead-letters"))[1] == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--since", "2026-01-01", "--until", "2026-02-01T00:00:00+07:00"], "has no zone"),
        (["--since", "soon", "--until", "later"], "invalid"),
        (["--since", "2026-01-01T00:00:00+07:00"], "--until"),
    ],
)
async def test_a_range_that_is_not_clear_is_refused(
    run: Run, words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        await run("replay", *words)
    assert refused.value.code == 2
    assert reason in capsys.readouterr().err.splitlines()[-1]


async def test_a_server_that_does_not_answer_is_said_in_a_line(
    backbone: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMPLE_DATABASE_URL", f"postgresql+asyncpg://a:b@127.0.0.1:{free_port()}/c")
    code, _, (line,) = await run("replay", *hours(backbone, 0, 1))
    assert (code, line.partition(":")[0]) == (1, "sample")
    assert "does not answer" in line
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
    code, _, (*_, line) = await run("dead-letters")
    assert (code, line.startswith("sample: Kafka does not answer")) == (1, True)


async def test_a_database_that_lets_nobody_in_or_was_not_migrated_is_said_in_a_line(
    backbone: Any, run: Run, postgres: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = postgres.create_database(f"empty_{backbone.group[-8:]}")
    monkeypatch.setenv("SAMPLE_DATABASE_URL", empty)
    _, _, (line,) = await run("replay", *hours(backbone, 0, 1))
    assert "not migrated" in line
    monkeypatch.setenv("SAMPLE_DATABASE_URL", empty.replace("://", "://nobody-").replace("@", "x@"))
    code, _, (line,) = await run("replay", *hours(backbone, 0, 1))
    assert (code, "lets nobody in" in line) == (1, True)


async def test_a_setting_that_is_missing_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMPLE_DATABASE_URL")
    monkeypatch.setenv("SAMPLE_PORT", "many")
    code, _, (line,) = await run("migrate")
    assert code == 2
    assert line == "sample: these settings are missing or wrong: SAMPLE_DATABASE_URL, SAMPLE_PORT"
