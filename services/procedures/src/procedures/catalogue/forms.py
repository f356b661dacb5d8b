"""Forms: what an applicant filled in against the JSON Schema 2020-12 of the procedure's version."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import jsonschema_rs
import orjson

from procedures.domain.form_layout import Option, read_layout
from procedures.domain.form_words import answer_fault_in_words, label_at
from procedures.domain.json_input import Node, escaped, note_unstorable
from shared.errors import Fault

_SUSPICIOUS = (b"null", b"\\u00", b"\x7f", b"-0.0")
"""What stands in JSON for NaN, for control characters, and for a zero that loses its sign."""

_NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}


class Form:
    """The compiled form of a version."""

    def __init__(self, schema: Mapping[str, Any] | None) -> None:
        """`schema`: None for a procedure that asks nothing."""
        self._schema = schema
        self._validator = jsonschema_rs.Draft202012Validator(
            _NOTHING if schema is None else dict(schema), validate_formats=True, offline=True
        )

    def faults(self, filled_in: Mapping[str, Any]) -> list[Fault]:
        """All faults of what was filled in, each with the pointer to its field under `/form` and its label."""
        if unstorable := _unstorable(filled_in):
            return unstorable
        if self._validator.is_valid(filled_in):
            return []
        return [fault for error in self._validator.iter_errors(filled_in) for fault in self._faults(error)]

    def _faults(self, error: Any) -> Iterator[Fault]:
        """The faults that an error of the validator stands for: one, or one for each field too many."""
        code, limit = str(error.kind.name), getattr(error.kind, "value", None)
        path = list(error.instance_path)
        if code == "required":
            yield self._fault(code, limit, [*path, error.kind.property])
        elif code in ("additionalProperties", "unevaluatedProperties"):
            for name in error.kind.unexpected:
                yield self._fault("additionalProperties", limit, [*path, name])
        else:
            yield self._fault(code, limit, path)

    def _fault(self, code: str, limit: Any, path: list[str | int]) -> Fault:
        pointer = "/form" + "".join(f"/{escaped(str(part))}" for part in path)
        options = self._options(path) if code == "enum" else ()
        return Fault(pointer, code, answer_fault_in_words(code, limit, label_at(self._schema, path), options))

    def _options(self, path: list[str | int]) -> tuple[Option, ...]:
        """What the choices of a field are called."""
        if len(path) != 1:
            return ()
        field = read_layout(self._schema).fields.get(str(path[0]))
        return field.options if field else ()


def _unstorable(filled_in: Mapping[str, Any]) -> list[Fault]:
    """What of it is no plain JSON, so that it could not be stored, or not be read back as it was sent.

    Looking at each value takes longer than checking the form; mostly a glance at the whole is enough.
    """
    with suppress(TypeError):
        glance = orjson.dumps(filled_in, option=orjson.OPT_STRICT_INTEGER)
        if not any(sign in glance for sign in _SUSPICIOUS):
            return []
    faults: list[Fault] = []
    note_unstorable(Node(filled_in, "/form", faults))
    return faults
