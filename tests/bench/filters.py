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

INBOX_FILTERS: Mapping[str, Mapping[str, str]] = {
    "unit": {"TU_PHAP": "unit = 'TU_PHAP'"},
    "procedure": {"MAU-01-2": "procedure = 'MAU-01-2'"},
    "step": {"KY_DUYET": "step = 'KY_DUYET'"},
    "status": {"accepted": "status = 'accepted'"},
    "overdue": {"true": "due_at < now()"},
    "claim": {
        "unclaimed": "NOT EXISTS (SELECT FROM claims c WHERE (c.case_id, c.step) = (tasks.case_id, tasks.step))"
    },
}
"""Likewise of the work list, each with the same condition in plain SQL."""

LEADERS_FILTERS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "/late-cases": {"procedure": ("MAU-01-2",), "unit": ("TU_PHAP",)},
    "/likely-late-cases": {
        "procedure": ("MAU-01-2",),
        "step": ("KY_DUYET",),
        "unit": ("TU_PHAP",),
        "atLeast": ("30",),
    },
}
"""Likewise of what leaders look at."""


def documented_filters(path: str) -> list[str]:
    """The filters of a list, as the contract names them."""
    contract = json.loads((ROOT / "services/procedures/openapi.json").read_text())
    named = [one["name"] for one in contract["paths"][path]["get"]["parameters"] if one["in"] == "query"]
    return [name for name in named if name not in ("cursor", "limit")]
