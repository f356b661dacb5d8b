"""The AsyncAPI document, as the AsyncAPI initiative's own parser reads it."""

import json
from pathlib import Path
from typing import Any

from shared.asyncapi import document
from shared.testing import run_node

FOLDER = Path(__file__).parent / "asyncapi_parser"


async def test_the_official_parser_finds_no_fault_and_every_topic() -> None:
    contract = document()
    read = await _read(contract)
    assert read["errors"] == []
    assert set(read["channels"]) == {channel["address"] for channel in contract["channels"].values()} != set()


async def test_the_official_parser_finds_what_is_wrong() -> None:
    contract = document()
    contract["operations"] = {"unheard": {"action": "shout", "channel": {"$ref": "#/channels/none"}}}
    assert any(path.startswith("operations") for path, _ in (await _read(contract))["errors"])


async def _read(contract: dict[str, Any]) -> Any:
    return json.loads(await run_node(FOLDER, "read.mjs", given=json.dumps(contract).encode()))
