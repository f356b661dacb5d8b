"""What a contract asks of the callers of its operations. Pure.

Each service's OpenAPI document is compiled to a flat table (method and path template to scopes), so a call
without the token or scope it needs is refused at the door. The services verify again: what the table does
not know is theirs to decide, and a table that is missing costs an early refusal, never safety.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

SCHEME = "oauth2"
_METHODS = ("get", "head", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a contract.

    `scopes` are the alternatives of its `security`: the caller must hold all scopes of one of them. No
    alternative at all means that everybody may call it.
    """

    template: str
    scopes: tuple[frozenset[str], ...]

    def missing(self, held: frozenset[str]) -> frozenset[str]:
        """The scopes that a caller with `held` still needs (of the nearest alternative); empty when none."""
        for alternative in self.scopes:
            if alternative <= held:
                return _NOTHING
        return min((alternative - held for alternative in self.scopes), key=len, default=_NOTHING)


_NOTHING: frozenset[str] = frozenset()
_Entry = tuple[tuple[str, ...], str, Operation]
"""Segments that are still to be matched, method, operation."""


class _Node:
    """What may follow after some segments of a path: one step for each segment, and never one back."""

    def __init__(self, entries: Sequence[_Entry]) -> None:
        self.operations: dict[str, Operation] = {}
        for segments, method, operation in entries:
            if not segments:
                self.operations.setdefault(method, operation)
        ahead = [(segments[0], (segments[1:], method, of)) for segments, method, of in entries if segments]
        open_ended = [rest for segment, rest in ahead if _is_parameter(segment)]
        self.parameter = _Node(open_ended) if open_ended else None
        self.children = {
            literal: _Node([rest for segment, rest in ahead if segment == literal or _is_parameter(segment)])
            for literal in {segment for segment, _ in ahead if not _is_parameter(segment)}
        }


_NOWHERE = _Node(())


class Policy:
    """The operations of one contract, found by walking the segments of a path.

    Where several templates fit, the first in the document counts, as it does in the services' own routers.
    """

    def __init__(self, operations: Mapping[tuple[str, str], Operation]) -> None:
        self.operations = operations
        entries = ((tuple(path.split("/")), method, of) for (method, path), of in operations.items())
        self._root = _Node(tuple(entries))

    def find(self, method: str, segments: Sequence[str]) -> Operation | None:
        """The operation that a call reaches, or None when the contract does not know it."""
        operations = self._at(segments).operations
        return operations.get(method) or (operations.get("GET") if method == "HEAD" else None)

    def methods(self, segments: Sequence[str]) -> tuple[str, ...]:
        """The methods that the contract declares for a path."""
        return tuple(self._at(segments).operations)

    def _at(self, segments: Sequence[str]) -> _Node:
        node = self._root
        for segment in segments:
            below = node.children.get(segment) or (node.parameter if segment else None)
            if below is None:
                return _NOWHERE
            node = below
        return node


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def compile_policy(contract: Mapping[str, Any]) -> Policy:
    """The policy of an OpenAPI 3.1 document.

    Paths are taken relative to the path of the first server, unless they already begin with it. Operations
    that accept another scheme than `oauth2` are left out: only the service can judge them.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the document is not OpenAPI.
    """
    servers = contract.get("servers") or [{"url": "/"}]
    base = urlsplit(servers[0]["url"]).path.rstrip("/")
    everywhere = contract.get("security", ())
    operations = {}
    for path, method, operation in _declared(contract["paths"]):
        full = path if path.startswith(f"{base}/") or path == base else base + path
        alternatives = operation.get("security", everywhere)
        if all(set(alternative) <= {SCHEME} for alternative in alternatives):
            operations[method.upper(), full] = Operation(full, _scopes(alternatives))
    return Policy(operations)


def _declared(paths: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in paths.items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _scopes(alternatives: Sequence[Mapping[str, Sequence[str]]]) -> tuple[frozenset[str], ...]:
    if not all(alternatives):  # `{}` among them: no token is needed
        return ()
    return tuple(frozenset(alternative[SCHEME]) for alternative in alternatives)
