"""The filters of the list of cases, and what is asked by each when they are measured."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILTERS: Mapping[str, Sequence[str]] = {
    "status": ("closed", "accepted", "lapsed"),
    "procedure": ("MAU-01-2",),
}
"""Values for each filter that the contract documents: common, less common and rare."""


def documented_filters() -> list[str]:
    """The filters of the list of cases, as the contract names them."""
    contract = json.loads((ROOT / "services/procedures/openapi.json").read_text())
    named = [one["name"] for one in contract["paths"]["/cases"]["get"]["parameters"] if one["in"] == "query"]
    return [name for name in named if name not in ("cursor", "limit")]
