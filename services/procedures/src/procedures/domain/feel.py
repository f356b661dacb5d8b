"""What stands in the cells of DMN tables (FEEL), in the language of ours.

    "a", "b"   'a', 'b'          ]1..5[   (1..5)          not("a", > 5)   not ($ == 'a' or $ > 5)
    = 3        == 3              ?        $               date("2026-01-05")   date('2026-01-05')

Tests, comparisons, intervals, negation, arithmetic, `and`, `or` and the functions below are understood; FEEL's
loops, conditionals, contexts and names with blanks are not. A name stands for the field of the form with that name,
unless it is one of those that a submission has besides.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from procedures.domain.rule_inputs import DOCUMENTS, FORM, SUBMITTED_DATE

_FUNCTIONS = {
    "starts with": "startsWith",
    "ends with": "endsWith",
    "list contains": "contains",
    "string length": "len",
    "count": "len",
    "upper case": "upper",
    "lower case": "lower",
    "ceiling": "ceil",
}
"""What FEEL calls otherwise."""

_KEYWORDS = frozenset({"and", "or", "not", "in", "true", "false", "null"})
_OPENING, _CLOSING = ("(", "["), (")", "]")
_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<number>\d+(?:\.(?!\.)\d+)?)"
    r"|(?P<text>\"[^\"\\\n]*\")"
    rf"|(?P<called>(?:{'|'.join(_FUNCTIONS)}|[A-Za-z]\w*)(?=\s*\())"
    r"|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)"
    r"|(?P<sign>\.\.|!=|<=|>=|[<>=+\-*/,()\[\]?@])"
    r")",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def value_of(feel: str) -> str | None:
    """An expression that gives a value; None when it is not understood."""
    tokens = _tokens(feel)
    return None if not tokens else _written(tokens)


def condition_of(feel: str) -> str | None:
    """The tests of an input entry; blank when anything will do, None when it is not understood."""
    if feel.strip() in ("", "-"):
        return ""
    tokens = _tokens(feel)
    if not tokens:
        return None
    if tokens[0].text == "not" and tokens[-1].text == ")" and len(tokens) > 3:
        negated = list(_split(tokens[2:-1]))
        if all(_balanced(test) for test in negated):
            return f"not ({' or '.join(_spelled_out(test) for test in negated)})"
    return ", ".join(_written(_turned(test)) for test in _split(tokens))


def _tokens(feel: str) -> list[_Token] | None:
    found, at, feel = [], 0, feel.rstrip()
    while at < len(feel):
        match = _TOKEN.match(feel, at)
        if match is None or match.lastgroup is None:
            return None
        found.append(_Token(match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return None if any(map(_side_by_side, found, found[1:])) else found


def _side_by_side(token: _Token, following: _Token) -> bool:
    """Whether two values stand side by side, as the words of what is not understood do."""
    return all(each.kind != "sign" and each.text not in _KEYWORDS for each in (token, following))


def _split(tokens: Sequence[_Token]) -> Iterator[Sequence[_Token]]:
    """The tests between the commas."""
    test: list[_Token] = []
    at = depth = 0
    while at < len(tokens):
        end = None if test else _interval_end(tokens, at)
        if end is not None:
            test += tokens[at : end + 1]
            at = end
        elif tokens[at].text == "," and depth == 0:
            yield test
            test = []
        else:
            depth += (tokens[at].text in _OPENING) - (tokens[at].text in _CLOSING)
            test.append(tokens[at])
        at += 1
    yield test


def _balanced(test: Sequence[_Token]) -> bool:
    """Whether its brackets close what they open; those of an interval do, wherever they face."""
    if test and _interval_end(test, 0) == len(test) - 1:
        return True
    depth = 0
    for token in test:
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if depth < 0:
            return False
    return bool(test) and depth == 0


def _interval_end(tokens: Sequence[_Token], start: int) -> int | None:
    """Where the interval ends that begins there, be its brackets inwards or outwards (`]1..5[`); None without one."""
    if tokens[start].text not in ("(", "[", "]"):
        return None
    dots = False
    depth = 0
    for at, token in enumerate(tokens[start + 1 :], start + 1):
        if depth == 0 and token.text in (")", "]", "["):
            return at if dots else None
        if token.text == "," or (token.text in ("(", "[") and tokens[at - 1].kind != "called"):
            return None
        depth += (token.text == "(") - (token.text == ")")
        dots = dots or token.text == ".."
    return None


def _turned(test: Sequence[_Token]) -> Sequence[_Token]:
    """An interval with its brackets as ours are: an end that does not belong to it has a round one."""
    if not (test and any(token.text == ".." for token in test)):
        return test
    first = _Token("sign", "[" if test[0].text == "[" else "(")
    last = _Token("sign", "]" if test[-1].text == "]" else ")")
    return [first, *test[1:-1], last]


def _spelled_out(test: Sequence[_Token]) -> str:
    """A test as an expression about `$`, to be negated."""
    dots = [at for at, token in enumerate(test) if token.text == ".."]
    if dots:
        least, most = _written(test[1 : dots[0]]), _written(test[dots[0] + 1 : -1])
        above = ">=" if test[0].text == "[" else ">"
        below = "<=" if test[-1].text == "]" else "<"
        return f"($ {above} {least} and $ {below} {most})"
    if test[0].text in ("<", "<=", ">", ">=", "=", "!=", "in"):
        return f"$ {_written(test)}"
    if any(token.text == "?" for token in test):
        return f"({_written(test)})"
    return f"$ == {_written(test)}"


def _written(tokens: Sequence[_Token]) -> str:
    return "".join(_pieces(tokens)).strip()


def _pieces(tokens: Sequence[_Token]) -> Iterator[str]:
    for at, token in enumerate(tokens):
        match token.kind, token.text:
            case "text", text:
                plain = f"'{text[1:-1]}'" if "'" not in text else text
                yield f"date({plain})" if at and tokens[at - 1].text == "@" else plain
            case "called", name:
                yield f" {name} " if name in _KEYWORDS else _FUNCTIONS.get(name, name)
            case "name", name:
                yield f" {name} " if name in _KEYWORDS else _input(name)
            case _, "=":
                yield " == "
            case _, "?":
                yield "$"
            case _, "@":
                continue
            case _, "," | "<" | "<=" | ">" | ">=" | "!=" | "+" | "*" | "/":
                yield f"{token.text} " if token.text == "," else f" {token.text} "
            case _, sign:
                yield sign


def _input(name: str) -> str:
    root = name.partition(".")[0]
    return name if root in (FORM, DOCUMENTS, SUBMITTED_DATE) else f"{FORM}.{name}"
