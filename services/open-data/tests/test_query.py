"""Questions to the rows: what is understood, and that every fault of one is named at once."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_data.domain.dataset import ON_TIME_PROCESSING, SERVICE_RATINGS
from open_data.domain.query import Filter, Op, Query, Sort, read_place, read_query
from open_data.domain.table import Column
from shared.errors import Invalid

COLUMNS = {column.name: column for column in ON_TIME_PROCESSING.columns}


def _read(*parameters: tuple[str, str]) -> Query:
    return read_query(ON_TIME_PROCESSING.columns, parameters)


def _faults(*parameters: tuple[str, str]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        _read(*parameters)
    return [(fault.pointer, fault.code) for fault in caught.value.faults]


def test_asking_nothing_asks_for_all_rows_and_fields_in_the_order_of_the_key() -> None:
    query = _read()
    assert query.fields == ON_TIME_PROCESSING.columns
    assert query.filters == ()
    assert [sort.column.name for sort in query.order] == ["agency", "procedure", "month"]


def test_a_column_given_twice_may_equal_either_value() -> None:
    assert _read(("agency", "A"), ("agency", "B")).filters == (Filter(COLUMNS["agency"], Op.EQ, ("A", "B")),)


def test_ranges_are_read_as_the_columns_type() -> None:
    assert _read(("month.gte", "2026-01"), ("received.lt", "-5"), ("meanDays.gt", "2.5")).filters == (
        Filter(COLUMNS["month"], Op.GTE, ("2026-01",)),
        Filter(COLUMNS["received"], Op.LT, (-5,)),
        Filter(COLUMNS["meanDays"], Op.GT, (Decimal("2.5"),)),
    )


def test_booleans_are_true_and_false() -> None:
    (condition,) = read_query(SERVICE_RATINGS.columns, [("suppressed", "true")]).filters
    assert condition.values == (True,)


def test_an_order_is_completed_by_the_key() -> None:
    assert _read(("sort", "-late,month")).order == (
        Sort(COLUMNS["late"], descending=True),
        Sort(COLUMNS["month"]),
        Sort(COLUMNS["agency"]),
        Sort(COLUMNS["procedure"]),
    )


def test_fields_come_as_they_were_named() -> None:
    assert [column.name for column in _read(("fields", "month,late")).fields] == ["month", "late"]


def test_every_fault_is_named_at_once() -> None:
    assert _faults(
        ("colour", "red"),
        ("received", "many"),
        ("month.like", "2026%"),
        ("fields", "month,nothing"),
        ("sort", "-agency,agency"),
        ("late.gt", "1"),
        ("late.gt", "2"),
    ) == [
        ("/query/colour", "unknown_column"),
        ("/query/received", "integer_value"),
        ("/query/month.like", "unknown_operator"),
        ("/query/fields", "unknown_column"),
        ("/query/sort", "repeated_column"),
        ("/query/late.gt", "too_many"),
    ]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("received", "1.5"),
        ("received", "9" * 19),
        ("received", "١"),
        ("received", ""),
        ("meanDays", "NaN"),
        ("meanDays", "1e5"),
        ("meanDays", "Infinity"),
        ("agency", "a" * 201),
        ("agency", "a\0"),
    ],
)
def test_a_value_that_the_column_cannot_hold_is_a_fault(parameter: str, value: str) -> None:
    assert [pointer for pointer, _ in _faults((parameter, value))] == [f"/query/{parameter}"]


def test_an_equality_takes_a_hundred_values_and_no_more() -> None:
    values = [("agency", f"H{number}") for number in range(101)]
    assert len(_read(*values[:100]).filters[0].values) == 100
    assert _faults(*values) == [("/query/agency", "too_many")]


def test_the_same_question_has_one_canonical_text_however_it_was_written() -> None:
    one = _read(("agency", "A"), ("agency", "B"), ("late.gt", "1"), ("sort", "late"))
    other = _read(("sort", "late,agency"), ("late.gt", "01"), ("agency", "B"), ("agency", "A"))
    assert one.canonical == other.canonical
    assert one.canonical != _read(("agency", "A"), ("agency", "B"), ("late.gt", "1")).canonical


def test_two_different_questions_never_have_the_same_canonical_text() -> None:
    texts = {
        _read(("agency", "A', 'B")).canonical,
        _read(("agency", "A"), ("agency", "B")).canonical,
        _read(("agency.gt", "A")).canonical,
        _read(("agency.gte", "A")).canonical,
        _read(("procedure", "A")).canonical,
        _read(("sort", "-agency")).canonical,
        _read(("fields", "agency")).canonical,
    }
    assert len(texts) == 7


@pytest.mark.parametrize(
    "place",
    [
        [],
        ["H99.01", "TP01"],
        ["H99.01", "TP01", 5],
        [None, "TP01", "2026-01"],
        [["H99.01"], "TP01", "2026-01"],
    ],
)
def test_a_place_that_is_not_one_in_this_order_is_refused(place: list[object]) -> None:
    with pytest.raises(ValueError, match=r"not a value|another number"):
        read_place(_read(), place)


def test_a_place_may_be_at_an_absent_value() -> None:
    query = _read(("sort", "meanDays,inProgress"))
    place = ["2.5", None, "H99.01", "TP01", "2026-01"]
    assert read_place(query, place) == (Decimal("2.5"), None, "H99.01", "TP01", "2026-01")


_NAMES = st.sampled_from([*COLUMNS, "fields", "sort", "month.gte", "meanDays.lt", ".", "agency."]) | st.text()


@given(
    st.lists(st.tuples(_NAMES, st.text() | st.sampled_from(["1", "-1.5", "month,late", "-late"])), max_size=5)
)
def test_whatever_is_asked_is_understood_or_refused_with_its_faults(asked: list[tuple[str, str]]) -> None:
    found: Query | Invalid
    try:
        found = _read(*asked)
    except Invalid as refused:
        found = refused
    assert found.faults if isinstance(found, Invalid) else found.fields


def test_no_column_is_named_like_a_parameter_of_the_address() -> None:
    columns: list[Column] = [*ON_TIME_PROCESSING.columns, *SERVICE_RATINGS.columns]
    assert not {column.name for column in columns} & {"fields", "sort", "limit", "cursor"}
