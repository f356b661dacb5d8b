"""Commands of procedures besides those that every service has.

import       read register sheets and BPMN diagrams into drafts, with every fault of each in a sentence
draw         print a version of a procedure as a BPMN diagram
verify       check that no bit of cases, logs, payments, series of numbers, disposals, anchors and papers was changed
check-result verify a signed result from its file alone
recount      count the statistics anew from the logs of all cases
rotate-keys  seal everything under the newest version of the master key
retention    schedule ended cases, and tell how many are due to be destroyed or transferred
sample       publish invented procedures to try the platform on
simulate     try out a definition or a register sheet in simulated time
"""

import argparse
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

from procedures.anchors.operations import flaws_of_anchors
from procedures.anchors.store import newest as newest_anchor
from procedures.calendars.operations import Calendars, national_calendar
from procedures.calendars.soundness import flaws_of_calendars
from procedures.cases.soundness import verify_cases
from procedures.cases.store import see_one_state
from procedures.catalogue.operations import (
    DraftUnsound,
    ProcedureNotFound,
    Versions,
    import_bpmn,
    import_sheet,
    publish_version,
)
from procedures.catalogue.store import newest_version, version_of
from procedures.documents.contents import Contents
from procedures.documents.soundness import verify_contents
from procedures.domain.agency import AnotherAgency
from procedures.domain.bpmn import write_bpmn
from procedures.domain.bpmn.drawing import NotDrawable
from procedures.domain.definition_json import definition_from_json
from procedures.domain.register_sheet import Imported
from procedures.domain.report import render
from procedures.keys.keyring import Keyring, hand_over
from procedures.keys.operations import rotate_keys
from procedures.results.certificates import make_sample_certificate
from procedures.results.checking import check
from procedures.retention.operations import schedule_retentions
from procedures.retention.soundness import flaws_of_lists
from procedures.retention.store import count_due
from procedures.sample import publish_sample, samples
from procedures.series import flaws_of_series
from procedures.settings import Settings
from procedures.simulations.command import SIMULATE
from procedures.statistics.operations import recount
from procedures.stays.operations import recount_stays
from shared.clock import SystemClock
from shared.db import Database
from shared.process import Command
from shared.settings import ServiceSettings

_AT_ONCE = 500
_TOLD_EVERY = 1000


@asynccontextmanager
async def _database(settings: ServiceSettings) -> AsyncIterator[Database]:
    assert isinstance(settings, Settings)
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    hand_over(Keyring(settings.master_key.get_secret_value()), database)
    try:
        yield database
    finally:
        await database.close()


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="sheets, or folders of them")
    parser.add_argument("--agency", required=True, help="code of the agency that answers for the procedures")
    parser.add_argument("--publish", action="store_true", help="put those without errors into force")
    parser.add_argument("--language", choices=["vi", "en", "both"], default="vi")


async def _import(arguments: argparse.Namespace, settings: ServiceSettings) -> int:
    """0 when every sheet became a draft, 1 when a file or sheet could not be read."""
    files = [file for path in arguments.paths for file in (_in_folder(path) if path.is_dir() else [path])]
    imports: list[tuple[str, Imported]] = []
    unread = 0
    async with _database(settings) as database:
        for file in files:
            try:
                raw = file.read_bytes()
            except OSError as error:
                print(f"procedures: {file} cannot be read: {error.strerror}", file=sys.stderr)
                unread += 1
                continue
            imports.append((file.name, await _take(database, file.suffix, raw, arguments)))
    print(render(imports, arguments.language))
    return int(bool(unread) or any(imported.definition is None for _, imported in imports))


def _in_folder(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix in (".json", ".bpmn"))


async def _take(database: Database, suffix: str, raw: bytes, arguments: argparse.Namespace) -> Imported:
    now = SystemClock().now()
    read = import_bpmn if suffix == ".bpmn" else import_sheet
    async with database.transaction() as tx:
        imported, draft = await read(tx, now, agency=arguments.agency, raw=raw)
        if arguments.publish and draft is not None and imported.publishable:
            await publish_version(
                tx,
                now,
                agency=arguments.agency,
                code=draft.procedure,
                version=draft.version,
                if_match="*",
            )
    return imported


async def _verify(arguments: argparse.Namespace, settings: ServiceSettings) -> int:
    """0 when every case is as its log says, 1 after naming those that are not."""
    looked_at, unsound, after = 0, 0, None
    async with _database(settings) as database:
        while True:
            async with database.transaction() as tx:
                verified = await verify_cases(tx, after=after, limit=_AT_ONCE, code=arguments.case)
            for one in verified:
                if one.flaw is not None:
                    unsound += 1
                    print(f"{one.code}: {one.flaw.vi} / {one.flaw.en}")
            looked_at += len(verified)
            if len(verified) < _AT_ONCE:
                break
            after = verified[-1].id
        beside = 0 if arguments.case else await _verify_beside(database, dict(arguments.anchor))
        wrong = await _verify_contents(database, settings, arguments.case) if arguments.contents else 0
    print(f"procedures: {looked_at} cases looked at, {unsound} not sound")
    return int(unsound + beside + wrong > 0)


async def _verify_beside(database: Database, anchors: dict[date, bytes]) -> int:
    """How many days, series of numbers, disposal lists and calendars are not sound, after naming each."""
    unheld = await _verify_anchors(database, anchors)
    async with database.transaction() as tx:
        await see_one_state(tx)
        series, calendars = await flaws_of_series(tx), await flaws_of_calendars(tx)
        lists = [found async for found in flaws_of_lists(tx)]
    for name, flaw in (*series, *lists, *calendars):
        print(f"{name}: {flaw.vi} / {flaw.en}")
    print(
        f"procedures: {unheld} days not as anchored; {len(series)} series of numbers with a gap; "
        f"{len(lists)} disposal lists not as settled; {len(calendars)} calendars not as declared"
    )
    return unheld + len(series) + len(lists) + len(calendars)


async def _verify_contents(database: Database, settings: ServiceSettings, case: str | None) -> int:
    """How many contents of documents are not what was received, after naming each; tells how far it is."""
    assert isinstance(settings, Settings)
    read = size = wrong = 0
    async for one in verify_contents(database, Contents(settings.document_store), code=case):
        read, size = read + 1, size + one.size
        if one.flaw is not None:
            wrong += 1
            print(f"{one.case}, {one.document}: {one.flaw.vi} / {one.flaw.en}")
        if read % _TOLD_EVERY == 0:
            print(f"procedures: {read} documents read, {size / 1e9:.1f} GB", file=sys.stderr)
    print(f"procedures: {read} documents read, {size} bytes; {wrong} not as received")
    return wrong


async def _verify_anchors(database: Database, kept: dict[date, bytes]) -> int:
    """How many days are not as they were anchored, after naming each; also tells the newest anchor."""
    unheld = 0
    async with database.transaction() as tx:
        await see_one_state(tx)
        async for day, flaw in flaws_of_anchors(tx, kept):
            unheld += 1
            print(f"{day}: {flaw.vi} / {flaw.en}")
        newest = await newest_anchor(tx)
    if newest is not None:
        print(f"procedures: the newest anchor is {newest.day}={newest.hash.hex()}")
    return unheld


def _kept_anchor(text: str) -> tuple[date, bytes]:
    day, _, anchor = text.partition("=")
    return date.fromisoformat(day), bytes.fromhex(anchor)


def _draw_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", help="code of the procedure")
    parser.add_argument("--version", type=int, help="the newest, when left out")


async def _draw(arguments: argparse.Namespace, settings: ServiceSettings) -> int:
    """0 after printing the diagram, 1 when there is no such version or it has errors."""
    async with _database(settings) as database, database.reading() as tx:
        version = arguments.version or await newest_version(tx, arguments.code)
        row = await version_of(tx, arguments.code, version)
    try:
        if row is None:
            raise ProcedureNotFound
        print(write_bpmn(definition_from_json(row.definition)).decode())
    except (ProcedureNotFound, NotDrawable) as refused:
        print(f"procedures: {arguments.code}: {refused.detail.vi} / {refused.detail.en}", file=sys.stderr)
        return 1
    return 0


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--case", metavar="CODE", help="this case alone, by its legal code")
    parser.add_argument(
        "--contents", action="store_true", help="also read the content of every document, which takes long"
    )
    parser.add_argument(
        "--anchor",
        metavar="DAY=HASH",
        type=_kept_anchor,
        action="append",
        default=[],
        help="an anchor that was kept elsewhere, to compare with ours; may be given several times",
    )


async def _rotate_keys(_: argparse.Namespace, settings: ServiceSettings) -> int:
    """0 when everything is sealed under the newest version, 1 when it should be run again."""
    async with _database(settings) as database:
        rotated = await rotate_keys(database)
    print(f"procedures: {rotated.done} sealed anew, {rotated.left} left; run again until none is left")
    return int(rotated.left > 0)


async def _retention(_: argparse.Namespace, settings: ServiceSettings) -> int:
    """Schedules what has ended, then tells how many cases of each agency are due by today."""
    async with _database(settings) as database:
        scheduled = await schedule_retentions(database, Versions(), Calendars())
        today = national_calendar().local_date(SystemClock().now())
        async with database.reading() as tx:
            due = await count_due(tx, today)
    for row in due:
        print(f"{row.agency}: {row.number} to {row.disposal}")
    print(
        f"procedures: {scheduled} newly ended cases scheduled; due by {today}: {sum(r.number for r in due)}"
    )
    return 0


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="a signed PDF, or the signed JSON of a result")
    parser.add_argument("--authority", type=Path, required=True, help="certificates of the authorities, PEM")


_SAID_BY = {
    True: "(có dấu thời gian / attested by a time stamp)",
    False: "(theo người ký / as the signer says)",
}


async def _check_result(arguments: argparse.Namespace, _: ServiceSettings) -> int:
    """0 when the file is as it was signed, also when the certificate has ended since; 1 when not."""
    try:
        content, authority = arguments.file.read_bytes(), arguments.authority.read_bytes()
        checked = await check(content, authority, SystemClock().now())
    except (OSError, ValueError) as error:
        print(f"procedures: {error}", file=sys.stderr)
        return 2
    if not checked.sound:
        print("Không đúng như đã ký. / Not as it was signed.")
        return 1
    print(f"Đúng như đã ký bởi {checked.signer}. / As it was signed by {checked.signer}.")
    assert checked.signed_at is not None
    print(f"Thời điểm ký / Signed at: {checked.signed_at.isoformat()} {_SAID_BY[checked.attested]}")
    if checked.ended_at is not None:
        print(
            f"Chứng thư số đã hết hạn từ {checked.ended_at.isoformat()}, sau khi ký. "
            "/ The certificate has ended since, after it was signed."
        )
    return 0


async def _recount(_: argparse.Namespace, settings: ServiceSettings) -> int:
    """0 when every log could be read, 1 after naming the cases whose could not."""
    async with _database(settings) as database:
        acts, unreadable = await recount(database)
        await recount_stays(database)
    for code in unreadable:
        print(f"{code}: Nhật ký không đọc được. / The log cannot be read.")
    print(f"procedures: {acts} acts were counted, {len(unreadable)} cases left out")
    return int(bool(unreadable))


async def _sample(_: argparse.Namespace, settings: ServiceSettings) -> int:
    """Publish each sample procedure that is new or has changed, and make a certificate where there is none.

    What does not fit into what is here is told and left out: nobody's start depends on it.
    """
    now = SystemClock().now()
    assert isinstance(settings, Settings)
    folder = settings.result_certificates
    if folder is not None and not list(folder.glob("*.p12")):
        authority = make_sample_certificate(
            folder, settings.result_passphrase.get_secret_value().encode(), now
        )
        print(f"procedures: results are signed with a sample certificate of {authority}")
    async with _database(settings) as database:
        for definition in samples():
            try:
                async with database.transaction() as tx:
                    version = await publish_sample(tx, now, definition)
            except (AnotherAgency, DraftUnsound) as fault:
                print(f"procedures: {definition.code} is not put into force: {fault}")
                continue
            if version is not None:
                print(f"procedures: {definition.code}, version {version}, is in force: {definition.title.vi}")
    return 0


COMMANDS: tuple[Command, ...] = (
    Command("import", "read register sheets and BPMN diagrams into drafts", _import, _import_arguments),
    Command("draw", "print a version of a procedure as a BPMN diagram", _draw, _draw_arguments),
    Command("check-result", "verify a signed result from its file alone", _check_result, _check_arguments),
    Command(
        "verify",
        "check that no bit of cases, logs, payments, series of numbers, disposals, anchors and papers was changed",
        _verify,
        _verify_arguments,
    ),
    Command("recount", "count the statistics anew from the logs of all cases", _recount),
    Command("rotate-keys", "seal everything under the newest version of the master key", _rotate_keys),
    Command("retention", "schedule ended cases, and tell how many are due for what", _retention),
    Command("sample", "publish invented procedures", _sample),
    SIMULATE,
)
