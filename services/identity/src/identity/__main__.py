"""`python -m identity`: the server, the relay, the consumers and the sender in one process.

Beside the commands of every service: `rotate-keys`, and `sample` for trying the platform out.
"""

import argparse
import sys
from pathlib import Path

from identity.app import create_app
from identity.keys.operations import replace_all_keys, rotate_keys
from identity.sample import load_sample
from identity.settings import Settings
from identity.vault import Vault
from shared.clock import SystemClock
from shared.db import Database
from shared.process import Command, Program, main
from shared.settings import ServiceSettings


async def _rotate(arguments: argparse.Namespace, settings: ServiceSettings) -> int:
    assert isinstance(settings, Settings)
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    vault, now = Vault(settings.master_key.get_secret_value()), SystemClock().now()
    async with database.transaction() as tx:
        if arguments.leaked:
            steps = await replace_all_keys(tx, vault, now)
        else:
            steps = await rotate_keys(tx, vault, settings.rotation, now, asked=True)
    await database.close()
    for step in steps:
        print(f"identity: {step}")
    if not steps:
        print("identity: a rotation is under way; nothing is due yet")
    return 0


async def _sample(arguments: argparse.Namespace, settings: ServiceSettings) -> int:
    assert isinstance(settings, Settings)
    await load_sample(settings, arguments.credentials)
    print(f"identity: the sample is loaded; its credentials are in {arguments.credentials}")
    return 0


def _rotate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--leaked", action="store_true", help="a private key is known to others: withdraw all keys at once"
    )


def _sample_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--credentials", type=Path, required=True, help="file to write the credentials to")


PROGRAM = Program(
    name="identity",
    settings=Settings,
    create_app=create_app,
    migrations=Path(__file__).parents[2] / "migrations",
    commands=(
        Command("rotate-keys", "begin the rotation of the signing keys", _rotate, _rotate_arguments),
        Command("sample", "load invented agencies, accounts and clients", _sample, _sample_arguments),
    ),
)

if __name__ == "__main__":
    sys.exit(main(PROGRAM))
