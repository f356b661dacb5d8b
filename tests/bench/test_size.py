"""What is measured at size is all that the contract offers."""

import pytest

from tests.bench.filters import FILTERS, INBOX_FILTERS, LEADERS_FILTERS, documented_filters


def test_every_documented_filter_of_the_list_of_cases_is_measured() -> None:
    assert set(documented_filters("/cases")) == set(FILTERS)


def test_every_documented_filter_of_the_work_list_is_measured() -> None:
    assert set(documented_filters("/work-list")) == set(INBOX_FILTERS)


@pytest.mark.parametrize("path", LEADERS_FILTERS)
def test_every_documented_filter_of_what_leaders_look_at_is_measured(path: str) -> None:
    assert set(documented_filters(path)) == set(LEADERS_FILTERS[path])
