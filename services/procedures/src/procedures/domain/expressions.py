"""What may stand in a cell of a decision table: the part of the engine's language that cannot hold a process.

    value       form.copies * 8000     'ONLINE'     ['CT01', 'CT02']     len(form.children) + 1
    condition   > 3     'a', 'b'     [1..5]     not in ['a']     != null     $ >= 3 and $ < 10     (blank or -: anything)

`$` is the input of the column. There are no loops, closures, patterns, exponents, random numbers and clocks in
this part, an expression is short, and it names few inputs: so the time and the memory that it takes are
bounded by its length, whoever wrote it.

The engine by itself takes what it cannot read for a cell that does not match. So every expression is read
here, before a case depends on it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import zen

from procedures.domain.json_input import Node, quoted

LONGEST = 300
"""Characters of one expression."""

DEEPEST = 8
"""Brackets inside brackets."""

MOST_NAMES = 3
"""Inputs that one expression names, repeated ones counted again."""

THIS = "$"
"""The input of the column."""

FUNCTIONS = frozenset(
    {
        "abs",
        "ceil",
        "contains",
        "date",
        "endsWith",
        "floor",
        "len",
        "lower",
        "max",
        "min",
        "number",
        "round",
        "startsWith",
        "string",
        "sum",
        "trim",
        "upper",
        "year",
    }
)
"""What an expression may call: each looks at its arguments once."""

OF_DATES = frozenset({"date", "year"})

CLOCK = "now"
"""Read as a date, this text is the present instant; a rule does not know the present."""

_KEYWORDS = frozenset({"and", "or", "not", "in", "true", "false", "null"})
_ORDER = frozenset({"<", "<=", ">", ">="})
_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<number>\d{1,15}(?:\.(?!\.)\d{1,10})?)"
    r"|(?P<text>'[^'\\\n]*'|\"[^\"\\\n]*\")"
    r"|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)"
    r"|(?P<sign>\.\.|==|!=|<=|>=|[<>+\-*/%,()\[\]]|\$(?!\w))"
    r")",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression: a number, a text, a name or a sign; and where it begins and ends."""

    kind: str
    text: str
    begins: int
    ends: int


_NOTHING = Token("", "", 0, 0)


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was found fit to be evaluated."""

    text: str
    names: tuple[str, ...] = ()
    """The inputs that it names, without `$`."""
    whole: str = ""
    """The same with each test of a condition written out, `> 3` as `$ > 3`."""
    of_dates: bool = False
    """Whether it reads texts as dates."""


ANYTHING = Expression("")
"""The condition that always holds."""


def read_value(node: Node) -> Expression:
    """An expression that gives a value: what a column looks at, or what a row answers; faults are noted."""
    return _read(node, node.code(LONGEST), condition=False)


def read_condition(node: Node) -> Expression:
    """A condition on the input of a column: tests with commas between them, of which one must hold."""
    text = node.text() if node.given else ""
    if text in ("", "-"):
        return ANYTHING
    return _read(node, text, condition=True)


def of_column(condition: Expression, column: Expression) -> str:
    """The condition with what its column looks at in place of `$`.

    The engine's own reading of conditions takes `($ > 3 and $ < 5)` for a torn interval, and a comparison with
    something that is not there for the end of all tests in the cell; whole expressions it reads soundly.
    """
    written, at = "", 0
    for token in _tokens(condition.whole) or ():
        if token.text == THIS:
            written += f"{condition.whole[at : token.begins]}({column.text})"
            at = token.ends
    return written + condition.whole[at:]


def literal_texts(expression: Expression) -> tuple[str, ...]:
    """The texts of an answer that is a text or a list of texts; none of one that is made of something."""
    tokens = _tokens(expression.text) or []
    if any(token.kind != "text" and token.text not in ("[", ",", "]") for token in tokens):
        return ()
    return tuple(token.text[1:-1] for token in tokens if token.kind == "text")


def _read(node: Node, text: str, *, condition: bool) -> Expression:
    before = len(node.faults)
    tokens = _tokens(text) if len(text) <= LONGEST else None
    if not text:
        return ANYTHING
    if tokens is None:
        _refuse(node, text, "không đọc được", "it cannot be read")
        return ANYTHING
    for vi, en in _objections(tokens, condition=condition):
        _refuse(node, text, vi, en)
    tests = list(_tests(text, tokens)) if condition else [text]
    if len(node.faults) == before and any(zen.validate_expression(test) is not None for test in tests):
        _refuse(node, text, "sai cú pháp", "its syntax is wrong")
    of_dates = any(token.text in OF_DATES for token in tokens)
    return Expression(text, tuple(dict.fromkeys(_names(tokens))), " or ".join(tests), of_dates)


def _refuse(node: Node, text: str, vi: str, en: str) -> None:
    node.fault(
        "expression_refused",
        vi=f"Không dùng được biểu thức {quoted(text)}: {vi}.",
        en=f"The expression {quoted(text)} cannot be used: {en}.",
    )


def _tokens(text: str) -> list[Token] | None:
    """The pieces of an expression; None when there is something else in it."""
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            return None
        found.append(
            Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup), match.end())
        )
        at = match.end()
    return found


def _objections(tokens: Sequence[Token], *, condition: bool) -> Iterator[tuple[str, str]]:
    """Why an expression is not taken although the engine may understand it."""
    depth = deepest = 0
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        deepest = max(deepest, depth)
        calls = token.kind == "name" and following is not None and following.text == "("
        if calls and token.text not in FUNCTIONS | _KEYWORDS:
            yield f"không có hàm {token.text}", f"there is no function {token.text}"
        if token.kind == "text" and token.text[1:-1] == CLOCK:
            yield "quy tắc không xem giờ hiện tại", "a rule does not know the present"
        if token.text in (THIS, "..") and not condition:
            yield f"{token.text} chỉ dùng trong điều kiện", f"{token.text} belongs into a condition"
    for token, following in pairwise(tokens):
        is_value = token.kind in ("name", "text") or token.text in (THIS, ")", "]")
        if following.text == "[" and is_value and token.text not in _KEYWORDS:
            yield "không dùng được […] sau một dữ liệu", "[…] after an input is not taken"
    if deepest > DEEPEST or depth != 0:
        yield "dấu ngoặc không khớp hoặc quá sâu", "its brackets do not match or nest too deep"
    if sum(1 for _ in _named(tokens)) > MOST_NAMES:
        yield f"nêu quá {MOST_NAMES} dữ liệu", f"it names more than {MOST_NAMES} inputs"
    if any(not _reads_plainly(tokens, at) for at, token in enumerate(tokens) if token.text in OF_DATES):
        yield "chỉ đọc được ngày từ một dữ liệu hoặc một chuỗi", "a date is read of one input or one text"


def _reads_plainly(tokens: Sequence[Token], at: int) -> bool:
    """Whether what is read as a date stands there as it is, so that no clock is put together."""
    opening, argument, closing = (*tokens[at + 1 : at + 4], *[_NOTHING] * 3)[:3]
    return (opening.text, closing.text) == ("(", ")") and argument.kind in ("name", "text")


def _names(tokens: Sequence[Token]) -> Iterator[str]:
    return (token.text for token in _named(tokens) if token.text != THIS)


def _named(tokens: Sequence[Token]) -> Iterator[Token]:
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.text == THIS or (
            token.kind == "name"
            and token.text not in _KEYWORDS
            and not (following is not None and following.text == "(")
        ):
            yield token


def _tests(text: str, tokens: Sequence[Token]) -> Iterator[str]:
    """Each test of a condition as a whole expression."""
    test: list[Token] = []
    depth = 0
    for token in (*tokens, None):
        if token is None or (token.text == "," and depth == 0):
            yield _whole(text, test)
            test = []
            continue
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        test.append(token)


def _whole(text: str, test: Sequence[Token]) -> str:
    """`> 3` is `$ > 3`, and does not hold for what is not there, which the engine cannot compare.

    Nothing where the test is none.
    """
    if not test:
        return ""
    written = text[test[0].begins : test[-1].ends]
    first = test[0].text
    if any(token.text == ".." for token in test):
        return f"({THIS} != null and {THIS} in {written})" if _is_interval(test) else ""
    if first in _ORDER:
        return f"({THIS} != null and {THIS} {written})"
    if first in ("==", "!=", "in") or [token.text for token in test[:2]] == ["not", "in"]:
        return f"({THIS} {written})"
    return f"({written})" if any(token.text == THIS for token in test) else f"({THIS} == ({written}))"


def _is_interval(test: Sequence[Token]) -> bool:
    """Whether the test is one interval as a whole: elsewhere it would be a list, however long."""
    depths, depth = [], 0
    for token in test:
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        depths.append((depth, token.text))
    dots = [at for at, text in depths if text == ".."]
    closed_early = any(at == 0 for at, _ in depths[:-1])
    return test[0].text in ("(", "[") and dots == [1] and not closed_early
