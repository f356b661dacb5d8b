"""What open data tells the public; no token is needed."""

from typing import Any

import httpx

DATASETS = "/open-data/v1/datasets"


def closed_cases(http: httpx.Client, agency: str, procedure: str) -> int:
    """How many cases of the procedure the agency has closed, of all that were published."""
    rows = _rows(http, "on-time-processing", agency=agency, procedure=procedure)
    return sum(row["closed"] for row in rows)


def latest_ratings(http: httpx.Client, agency: str) -> dict[str, Any] | None:
    """What people said of the agency, in the newest month of which it is told: month, ratings, mean.

    Ratings are published by tens, so that nobody is recognised.
    """
    rows = _rows(http, "service-ratings", agency=agency, sort="-month")
    return next((row for row in rows if row["ratings"]), None)


def _rows(http: httpx.Client, dataset: str, **asked: str) -> list[dict[str, Any]]:
    address = f"{DATASETS}/{dataset}/versions/latest/rows"
    items: list[dict[str, Any]] = http.get(address, params=asked).raise_for_status().json()["items"]
    return items
