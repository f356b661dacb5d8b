"""Bodies are read as their contract says: what only resembles a value is a fault."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Self

import pytest
from pydantic import AwareDatetime, Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from shared.schema import Schema


class Inner(Schema):
    sure: bool = False


class Body(Schema):
    """With a rule of its own over the whole, as some bodies have."""

    truth: bool = False
    count: Annotated[int, Field(ge=1)] = 1
    opens_date: date | None = None
    instants: tuple[AwareDatetime, ...] = ()
    marks: dict[int, bool] | None = None
    line: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5)] = "line"
    inner: Inner | None = None

    @model_validator(mode="after")
    def _of_one_mind(self) -> Self:
        assert self.inner is None or self.inner.sure is self.truth
        return self


@pytest.mark.parametrize(
    ("sent", "pointer", "code"),
    [
        ({"truth": 1}, ("truth",), "bool_type"),
        ({"truth": "yes"}, ("truth",), "bool_type"),
        ({"inner": {"sure": 0}}, ("inner", "sure"), "bool_type"),
        ({"marks": {"1": "true"}}, ("marks", "1"), "bool_type"),
        ({"count": "3"}, ("count",), "int_type"),
        ({"count": True}, ("count",), "int_type"),
        ({"opensDate": 0}, ("opensDate",), "date_type"),
        ({"opensDate": "1700000000"}, ("opensDate",), "date_type"),
        ({"instants": [1700000000]}, ("instants", 0), "datetime_type"),
        ({"instants": ["1700000000"]}, ("instants", 0), "datetime_type"),
        ({"line": "abcd  "}, ("line",), "string_too_long"),
        ({"line": "   "}, ("line",), "string_too_short"),
        ({"lime": "line"}, ("lime",), "extra_forbidden"),
    ],
)
def test_what_only_resembles_a_value_is_a_fault(sent: Any, pointer: tuple[str, ...], code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Body.model_validate(sent)
    assert [(fault["loc"], fault["type"]) for fault in refused.value.errors()] == [(pointer, code)]


def test_what_is_written_as_the_contract_says_is_read() -> None:
    sent = {
        "truth": True,
        "count": 3,
        "opensDate": "2026-11-23",
        "instants": ["2026-11-23T09:00:00+07:00"],
        "marks": {"1": True},
        "line": " abc ",
        "inner": {"sure": True},
    }
    assert Body.model_validate(sent) == Body(
        truth=True,
        count=3,
        opens_date=date(2026, 11, 23),
        instants=(datetime(2026, 11, 23, 2, tzinfo=UTC),),
        marks={1: True},
        line="abc",
        inner=Inner(sure=True),
    )


def test_the_contract_of_a_body_says_the_plain_types() -> None:
    described = Body.model_json_schema()["properties"]
    assert described["count"]["type"] == "integer"
    assert described["opensDate"]["anyOf"][0] == {"type": "string", "format": "date"}
    assert described["line"]["maxLength"] == 5


def test_a_body_stays_as_it_is_however_often_others_use_it() -> None:
    before = repr(Body.__pydantic_core_schema__)
    TypeAdapter(list[Body])
    assert repr(Body.__pydantic_core_schema__) == before
