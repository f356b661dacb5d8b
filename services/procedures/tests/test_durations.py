"""Durations in answers."""

from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from procedures.durations import Duration


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(days=596, hours=8), "P596DT8H"),
        (timedelta(days=730), "P730D"),
        (timedelta(hours=12), "PT12H"),
        (timedelta(), "PT0S"),
    ],
)
def test_a_long_time_is_told_in_days_and_comes_back(span: timedelta, told: str) -> None:
    duration: TypeAdapter[timedelta] = TypeAdapter(Duration)
    assert duration.dump_python(span, mode="json") == told
    assert duration.validate_python(told) == span
