"""What is different between two versions of a procedure, part by part and in words.

The comparison is of the documented JSON, so that every part of a definition takes part in it, also one that
has no words of its own here. What has a code is known again by it wherever it stands, a way on by its
outcome, a field of the form by its name.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from procedures.domain.change_words import (
    PROCEDURE,
    item_in_words,
    member_in_words,
    named_item,
    parts_in_words,
    value_in_words,
)
from procedures.domain.definition import Definition
from procedures.domain.definition_json import definition_to_json
from procedures.domain.json_input import escaped
from shared.errors import Text

_KEYS = {"transitions": "outcome", "retention": "result", "rules": "name", "routing": "step"}
"""By what the items of a list are known again, where it is not their code."""

_NAMED_MEMBERS = ("properties", "$defs")
"""Objects whose members are things with a name."""

_AS_A_WHOLE = ("table",)
"""Objects of which it says nothing to anybody what changed inside them."""


class Kind(StrEnum):
    """What became of a part."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"
    """The items of a list are the same, in another order."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. The pointer leads into the newer version; that of something removed, into the older."""

    kind: Kind
    pointer: str
    before: Any
    after: Any
    text: Text


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a part stands in both versions, and what it belongs to, in words."""

    before: str
    after: str
    owner: Text

    def at(self, before: object, after: object | None = None, owner: Text | None = None) -> "_Place":
        following = before if after is None else after
        return _Place(
            f"{self.before}/{escaped(str(before))}",
            f"{self.after}/{escaped(str(following))}",
            owner or self.owner,
        )


def changes(before: Definition, after: Definition) -> tuple[Change, ...]:
    """Everything that `after` says otherwise than `before`; nothing exactly when they are equal."""
    return tuple(_of_object(definition_to_json(before), definition_to_json(after), _Place("", "", PROCEDURE)))


def _of_object(old: Mapping[str, Any], new: Mapping[str, Any], place: _Place) -> Iterator[Change]:
    for member in dict.fromkeys([*new, *old]):
        if old.get(member) is None and new.get(member) is None and (member in old) != (member in new):
            yield _of_null(member, place.at(member), come=member in new)
        else:
            yield from _of_member(member, old.get(member), new.get(member), place.at(member))


def _of_member(member: str, old: Any, new: Any, place: _Place) -> Iterator[Change]:
    if old == new:
        return
    inside = isinstance(old, dict) and isinstance(new, dict) and member not in _AS_A_WHOLE
    if inside and not value_in_words(new):
        if member in _NAMED_MEMBERS:
            yield from _of_items(member, list(old.items()), list(new.items()), place, by_name=True)
        else:
            yield from _of_object(old, new, place)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_list(member, old, new, place)
    else:
        yield _changed(member, old, new, place)


def _of_list(member: str, old: Sequence[Any], new: Sequence[Any], place: _Place) -> Iterator[Change]:
    everything = [*old, *new]
    key = _KEYS.get(member, "code")
    if all(isinstance(item, dict) and isinstance(item.get(key, 0), str | None) for item in everything):
        yield from _of_items(
            member, [(item[key], item) for item in old], [(item[key], item) for item in new], place
        )
    elif all(isinstance(item, str) for item in everything):
        yield from _of_items(member, [(item, item) for item in old], [(item, item) for item in new], place)
    elif len(old) == len(new):
        for at, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _of_member(member, one, other, place.at(at))
    else:
        yield _changed(member, old, new, place)


def _of_items(
    member: str,
    old: Sequence[tuple[Any, Any]],
    new: Sequence[tuple[Any, Any]],
    place: _Place,
    *,
    by_name: bool = False,
) -> Iterator[Change]:
    """Things that are known again by a key; of several with one key the first by the first, and so on."""
    was, now = _numbered(old), _numbered(new)
    for key, (at, item) in now.items():
        if key not in was:
            inner = place.at(key[0] if by_name else at)
            words = item_in_words(member, key[0], item, place.owner)
            text = Text(vi=f"Thêm {words.vi}.", en=f"Added: {words.en}.")
            yield Change(Kind.ADDED, inner.after, None, item, text)
    for key, (at, item) in was.items():
        inner = place.at(key[0] if by_name else at)
        words = item_in_words(member, key[0], item, place.owner)
        if key not in now:
            text = Text(vi=f"Bỏ {words.vi}.", en=f"Removed: {words.en}.")
            yield Change(Kind.REMOVED, inner.before, item, None, text)
        else:
            following, other = now[key]
            inner = inner if by_name else place.at(at, following)
            owner = named_item(member, key[0], other, place.owner)
            inner = _Place(inner.before, inner.after, owner)
            if isinstance(item, dict) and isinstance(other, dict):
                yield from _of_object(item, other, inner)
            else:
                yield from _of_member(member, item, other, inner)
    if not by_name and [key for key in was if key in now] != [key for key in now if key in was]:
        what = member_in_words(member, place.owner)
        text = Text(vi=f"Đổi thứ tự {what.vi}.", en=f"The order of {what.en} has changed.")
        yield Change(Kind.MOVED, place.after, [key[0] for key in was], [key[0] for key in now], text)


def _numbered(items: Sequence[tuple[Any, Any]]) -> dict[tuple[Any, int], tuple[int, Any]]:
    """Each item under its key and the number of its like before it; with its place in the list."""
    seen: Counter[Any] = Counter()
    numbered = {}
    for at, (key, item) in enumerate(items):
        numbered[key, seen[key]] = (at, item)
        seen[key] += 1
    return numbered


def _changed(member: str, old: Any, new: Any, place: _Place) -> Change:
    _, *above = place.after.split("/")
    what = member_in_words(member, place.owner, within=above[-2] if len(above) > 1 else "")
    before, after = value_in_words(old, member), value_in_words(new, member)
    if above[0] != "form" and member not in _AS_A_WHOLE:
        before, after = before or parts_in_words(old), after or parts_in_words(new)
    kind = Kind.ADDED if old is None else Kind.REMOVED if new is None else Kind.CHANGED
    if before and after:
        text = Text(
            vi=f"{_capital(what.vi)}: đổi từ {before.vi} thành {after.vi}.",
            en=f"{_capital(what.en)}: from {before.en} to {after.en}.",
        )
    else:
        done = {
            Kind.ADDED: Text("thêm mới", "added"),
            Kind.REMOVED: Text("bỏ", "removed"),
            Kind.CHANGED: Text("thay đổi", "changed"),
        }[kind]
        text = Text(vi=f"{_capital(what.vi)}: {done.vi}.", en=f"{_capital(what.en)}: {done.en}.")
    return Change(kind, place.before if new is None else place.after, old, new, text)


def _of_null(member: str, place: _Place, *, come: bool) -> Change:
    """A member that is `null`, which in a form is not the same as none."""
    what = member_in_words(member, place.owner)
    done = Text("thêm mới, để trống", "added, as null") if come else Text("bỏ", "removed")
    text = Text(vi=f"{_capital(what.vi)}: {done.vi}.", en=f"{_capital(what.en)}: {done.en}.")
    kind, pointer = (Kind.ADDED, place.after) if come else (Kind.REMOVED, place.before)
    return Change(kind, pointer, None, None, text)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
