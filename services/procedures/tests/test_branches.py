"""Forks and joins: where a case goes on, told by examples and by properties of random graphs."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from procedures.domain.branches import progress
from procedures.domain.case import Arrival
from procedures.domain.definition import END, Definition, Join, Step, Transition
from procedures.domain.terms import NO_TERM
from shared.errors import Text

WORDS = Text("Bước", "Step")
ALL, TWO, ONE = Join(), Join(2), Join(1)


def graph(ways: Mapping[str, Sequence[Sequence[str]]], joins: Mapping[str, Join]) -> Definition:
    """Steps by code with their ways on, each a list of the steps that open together; an empty one ends."""
    steps = tuple(
        Step(
            code,
            WORDS,
            "BP",
            tuple(
                Transition(to[0] if to else END, str(at) if len(following) > 1 else None, None, tuple(to[1:]))
                for at, to in enumerate(following)
            ),
            join=joins.get(code),
        )
        for code, following in ways.items()
    )
    return Definition("MAU", WORDS, "H99.01", NO_TERM, steps[0].code, steps)


class Walk:
    """A case that goes through a graph."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.open: list[str] = [definition.first_step]
        self.arrivals: tuple[Arrival, ...] = ()

    def done(self, step: str, outcome: str | None = None) -> list[str]:
        following = progress(self.definition, self.open, self.arrivals, step, outcome)
        self.open = [code for code in self.open if code != step and code not in following.lapsed]
        self.open += [opened.code for opened in following.opens]
        self.arrivals = following.arrivals
        return self.open


FORKED = {"begin": [["tax", "police", "land"]], "tax": [["sign"]], "police": [["sign"]], "land": [["sign"]]}


def test_a_fork_opens_its_steps_together_and_the_join_waits_for_all() -> None:
    walk = Walk(graph({**FORKED, "sign": [[]]}, {"sign": ALL}))
    assert walk.done("begin") == ["tax", "police", "land"]
    assert walk.done("police") == ["tax", "land"]
    assert walk.done("tax") == ["land"]
    assert walk.done("land") == ["sign"]
    assert walk.arrivals == ()


def test_two_of_three_are_enough_and_the_third_is_not_waited_for() -> None:
    walk = Walk(graph({**FORKED, "sign": [[]]}, {"sign": TWO}))
    walk.done("begin")
    walk.done("land")
    assert walk.done("tax") == ["sign"]


def test_the_first_answer_is_enough_for_any() -> None:
    walk = Walk(graph({**FORKED, "sign": [[]]}, {"sign": ONE}))
    walk.done("begin")
    assert walk.done("tax") == ["sign"]


def test_branches_that_wait_for_each_other_are_not_waited_for_once_enough_have_come() -> None:
    """Else they would go on beside what they were for, and have it done twice."""
    ways = {
        "begin": [["a", "b", "quick"]],
        "a": [["both"]],
        "b": [["both"]],
        "both": [["sign"]],
        "quick": [["sign"]],
        "sign": [[]],
    }
    walk = Walk(graph(ways, {"both": ALL, "sign": ONE}))
    walk.done("begin")
    walk.done("a")
    assert walk.done("quick") == ["sign"]
    assert walk.arrivals == ()
    assert walk.done("sign") == []


def test_a_branch_that_ends_elsewhere_is_not_waited_for() -> None:
    ways = {**FORKED, "police": [["sign"], []], "sign": [[]]}
    walk = Walk(graph(ways, {"sign": ALL}))
    walk.done("begin")
    walk.done("tax")
    walk.done("land")
    assert walk.done("police", "1") == ["sign"]


def test_a_choice_within_a_branch_comes_to_the_join_once() -> None:
    ways = {
        "begin": [["a", "b"]],
        "a": [["a1"], ["a2"]],
        "a1": [["sign"]],
        "a2": [["sign"]],
        "b": [["sign"]],
        "sign": [[]],
    }
    walk = Walk(graph(ways, {"sign": ALL}))
    walk.done("begin")
    assert walk.done("b") == ["a"]
    assert walk.done("a", "1") == ["a2"]
    assert walk.done("a2") == ["sign"]


def test_a_step_without_a_join_opens_once_however_many_branches_come_to_it() -> None:
    walk = Walk(graph({**FORKED, "sign": [[]]}, {}))
    walk.done("begin")
    assert walk.done("tax") == ["police", "land", "sign"]
    assert walk.done("land") == ["police", "sign"]


@st.composite
def graphs(draw: st.DrawFn) -> Definition:
    codes = [f"B{number}" for number in range(draw(st.integers(1, 7)))]
    targets = st.lists(st.sampled_from(codes), max_size=3, unique=True)
    ways = {
        code: draw(st.lists(targets, min_size=1, max_size=1 if code == codes[0] else 2)) for code in codes
    }
    joins = {code: draw(st.sampled_from([ALL, TWO, ONE])) for code in draw(st.sets(st.sampled_from(codes)))}
    return graph(ways, joins)


@given(graphs(), st.randoms(use_true_random=False))
def test_no_case_is_ever_stuck_at_a_join_and_no_step_is_open_twice(
    definition: Definition, chance: object
) -> None:
    walk = Walk(definition)
    for _ in range(40):
        assert len(set(walk.open)) == len(walk.open)
        if not walk.open:
            break
        step = chance.choice(walk.open)  # type: ignore[attr-defined]
        ways = definition.step(step).transitions
        walk.done(step, chance.choice([way.outcome for way in ways]))  # type: ignore[attr-defined]
    assert walk.open or not walk.arrivals
