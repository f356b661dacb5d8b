"""`python -m <service>`: one program a service, with the commands that all have.

run            the server, the relay and the consumers in one process (the default)
migrate        bring the database to the newest version
replay         send events of a range of time again, ids unchanged
dead-letters   list what could not be handled; with --resend, put it back
openapi        print the contract
"""

import argparse
import asyncio
import gc
import json
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvicorn
from aiokafka.errors import KafkaError
from fastapi import FastAPI
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from shared import dead_letters, outbox
from shared.db import Database, is_transient
from shared.inbox import Consumer
from shared.logs import configure_logs
from shared.settings import KafkaSettings, ServiceSettings
from shared.spans import send_spans

_YOUNG_OBJECTS = 10_000
"""New objects, less those let go, after which the collector looks through the new ones."""
_NO_SUCH_TABLE = "42P01"
_NOT_LET_IN = ("28", "3D")  # SQLSTATE classes: wrong role or password, no such database

Run = Callable[[argparse.Namespace, ServiceSettings], Coroutine[Any, Any, int]]


@dataclass(frozen=True)
class Command:
    """A further command of one service. `run` returns the exit code."""

    name: str
    help: str
    run: Run
    arguments: Callable[[argparse.ArgumentParser], None] = lambda _: None


@dataclass(frozen=True)
class Program:
    """What `python -m <service>` is made of."""

    name: str
    settings: type[ServiceSettings]
    create_app: Callable[[Any, KafkaSettings], FastAPI]
    migrations: Path
    commands: Sequence[Command] = ()
    serve: Callable[[Any, KafkaSettings], None] | None = None
    """Serves until told to stop, where a program does it in a way of its own."""


def main(program: Program, argv: Sequence[str] | None = None) -> int:
    """Run a command of the program; returns the exit code.

    A user's mistake is one line on standard error, never a stack trace.
    """
    arguments = _parser(program).parse_args(argv)
    try:
        settings = program.settings()
        kafka = KafkaSettings()
    except ValidationError as error:
        names = ", ".join(_variable(program, fault["loc"]) for fault in error.errors())
        print(f"{program.name}: these settings are missing or wrong: {names}", file=sys.stderr)
        return 2
    configure_logs(program.name, settings.log_format)
    send_spans(program.name)
    own = {command.name: command for command in program.commands}
    try:
        if arguments.command in own:
            return asyncio.run(own[arguments.command].run(arguments, settings))
        return _COMMANDS[arguments.command](program, arguments, settings, kafka)
    except (DBAPIError, asyncpg.PostgresError, KafkaError, OSError) as error:
        reason = _operators_reason(error)
        if reason is None:
            raise
        print(f"{program.name}: {reason}", file=sys.stderr)
        return 1


def _operators_reason(error: Exception) -> str | None:
    """What an operator must see to, in one line; None for what is a defect of ours."""
    raised = error.orig if isinstance(error, DBAPIError) and error.orig else error
    state: str = getattr(raised, "sqlstate", None) or ""
    if state == _NO_SUCH_TABLE:
        return "the database is not migrated yet: run `migrate` first"
    if state.startswith(_NOT_LET_IN):
        return f"the database lets nobody in: {raised}"
    if isinstance(raised, KafkaError):
        return f"Kafka does not answer: {raised}"
    unreachable = isinstance(raised, OSError) and raised.filename is None
    return f"a server does not answer: {raised}" if unreachable or is_transient(error) else None


def _variable(program: Program, loc: tuple[int | str, ...]) -> str:
    prefix = program.settings.model_config.get("env_prefix", "")
    return f"{prefix}{loc[0]}".upper() if loc else prefix.upper()


def _parser(program: Program) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {program.name}")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="the server, the relay and the consumers (the default)")
    commands.add_parser("migrate", help="bring the database to the newest version")
    replay = commands.add_parser("replay", help="send events of a range of time again")
    replay.add_argument("--since", type=_instant, required=True, help="2026-01-31T00:00:00+07:00")
    replay.add_argument("--until", type=_instant, required=True, help="the first instant after the range")
    replay.add_argument("--aggregate", type=UUID, help="of this aggregate alone")
    replay.add_argument("--topic", help="of this topic alone")
    letters = commands.add_parser("dead-letters", help="list what could not be handled")
    letters.add_argument("--resend", action="store_true", help="put it back on its topic")
    commands.add_parser("openapi", help="print the contract")
    for command in program.commands:
        command.arguments(commands.add_parser(command.name, help=command.help))
    parser.set_defaults(command="run")
    return parser


def _instant(text: str) -> datetime:
    """An instant of a range; the zone must be said, since the machine's is seldom the operator's."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no zone: write {at.isoformat()}+07:00")
    return at


def _run(program: Program, _: argparse.Namespace, settings: ServiceSettings, kafka: KafkaSettings) -> int:
    if program.serve is not None:
        program.serve(settings, kafka)
        return 0
    config = uvicorn.Config(
        program.create_app(settings, kafka),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        forwarded_allow_ips=settings.forwarded_by,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    _spare_collector()
    uvicorn.Server(config).run()
    return 0


def _spare_collector() -> None:
    """Keep Python's collector of cycles from walking, again and again, through what stays as long as the process.

    Code, routes and schemas are some hundred thousand objects: looking through them was an eighth of what a
    request cost.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


def _migrate(program: Program, _: argparse.Namespace, settings: ServiceSettings, __: KafkaSettings) -> int:
    from shared import migrations  # Alembic is a tenth of what a service loads, and only needed here

    migrations.upgrade(program.migrations, settings.database_url.get_secret_value())
    return 0


def _replay(
    program: Program, arguments: argparse.Namespace, settings: ServiceSettings, _: KafkaSettings
) -> int:
    async def replay() -> int:
        database = Database(settings.database_url.get_secret_value(), pool_size=1)
        try:
            async with database.transaction() as tx:
                return await outbox.send_again(
                    tx,
                    since=arguments.since,
                    until=arguments.until,
                    aggregate=arguments.aggregate,
                    topic=arguments.topic,
                )
        finally:
            await database.close()

    print(f"{program.name}: {asyncio.run(replay())} events will be sent again by the relay")
    return 0


def _dead_letters(
    program: Program, arguments: argparse.Namespace, settings: ServiceSettings, kafka: KafkaSettings
) -> int:
    consumer: Consumer | None = program.create_app(settings, kafka).state.consumer
    if consumer is None:
        print(f"{program.name} listens to nothing")
        return 0
    if arguments.resend:
        count = asyncio.run(dead_letters.send_again(kafka, consumer.topics, consumer.group))
        print(f"{program.name}: {count} events were put back")
        return 0
    for letter in asyncio.run(dead_letters.dead_letters(kafka, consumer.topics, consumer.group)):
        print(f"{letter.topic} {letter.offset} {letter.event_type} {letter.event_id}: {letter.reason}")
    return 0


def _openapi(program: Program, _: argparse.Namespace, settings: ServiceSettings, kafka: KafkaSettings) -> int:
    contract = program.create_app(settings, kafka).openapi()
    print(json.dumps(contract, ensure_ascii=False, indent=2, sort_keys=False))
    return 0


_COMMANDS: dict[str, Callable[[Program, argparse.Namespace, ServiceSettings, KafkaSettings], int]] = {
    "run": _run,
    "migrate": _migrate,
    "replay": _replay,
    "dead-letters": _dead_letters,
    "openapi": _openapi,
}
