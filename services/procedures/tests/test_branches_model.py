"""Forks and joins against a game of tokens: any graph, any order of completions, the same steps open.

The game knows nothing of how the service goes about it. It plays tokens on the edges of the graph and asks of a
join "could a token still come here" by playing all futures of the others, one edge at a time.
`MOTCUA_GRAPHS` says how many graphs are played; the short form is for every run of the tests.
"""

import os
from collections.abc import Iterable, Mapping
from random import Random

from procedures.domain.branches import progress
from procedures.domain.case import Arrival
from procedures.domain.definition import END, Definition, Join, Step, Transition
from procedures.domain.terms import NO_TERM
from shared.errors import Text

GRAPHS = int(os.environ.get("MOTCUA_GRAPHS", "300"))
MOVES = 30
WORDS = Text("Bước", "Step")


def random_graph(dice: Random) -> Definition:
    """Up to nine steps, each with one or two ways on to up to three others: loops, dead ends, joins of joins."""
    codes = [f"B{number}" for number in range(dice.randint(2, 9))]
    forward = dice.random() < 0.7  # mostly as procedures are drawn; the rest leads anywhere

    def targets(at: int) -> tuple[str, ...]:
        reach = codes[at + 1 :] if forward else codes
        return tuple(dice.sample(reach, min(len(reach), dice.choice([0, 1, 1, 2, 2, 3]))))

    def way(at: int, outcome: str | None) -> Transition:
        to = targets(at)
        return Transition(to[0] if to else END, outcome, None, to[1:])

    def step(at: int, code: str) -> Step:
        outcomes = [None] if at == 0 or dice.random() < 0.6 else ["a", "b"]
        join = dice.choice([None, Join(), Join(), Join(1), Join(2), Join(3)]) if at else None
        return Step(code, WORDS, "BP", tuple(way(at, outcome) for outcome in outcomes), join=join)

    steps = tuple(step(at, code) for at, code in enumerate(codes))
    return Definition("MAU", WORDS, "H99.01", NO_TERM, codes[0], steps)


class Game:
    """Tokens: one on each open step, and one on each edge (from, to) whose join still waits."""

    def __init__(self, definition: Definition) -> None:
        self.edges: Mapping[str, list[tuple[str | None, list[str]]]] = {
            step.code: [(way.outcome, list(way.targets)) for way in step.transitions]
            for step in definition.steps
        }
        self.joins = {step.code: step.join.needed for step in definition.steps if step.join}
        self.rank = {step.code: at for at, step in enumerate(definition.steps)}
        self.at_work: set[str] = {definition.first_step}
        self.waiting: set[tuple[str, str]] = set()

    def move(self, done: str, outcome: str | None) -> set[str]:
        """Play the token of a step on; returns the steps from which tokens were taken that nobody waits for."""
        self.at_work.remove(done)
        before, gone = set(self.at_work), set[str]()
        (targets,) = [to for name, to in self.edges[done] if name == outcome]
        for target in targets:
            if target in self.joins:
                self.waiting.add((done, target))
            else:
                self.at_work.add(target)
        while (join := self._ready()) is not None:
            late = {step for step in self.at_work if self._comes_to(step, join)}
            gone |= late & before
            self.at_work = (self.at_work - late) | {join}
            self.waiting = {
                edge for edge in self.waiting if edge[1] != join and not self._before(edge[1], join)
            }
        return gone

    def _ready(self) -> str | None:
        for join in sorted(self.joins, key=self.rank.__getitem__):
            come = [edge for edge in self.waiting if edge[1] == join]
            if not come or join in self.at_work:
                continue
            needed = self.joins[join]
            if needed is not None and len(come) >= needed:
                return join
            if not any(self._comes_to(step, join) for step in self._others(join)):
                return join
        return None

    def _before(self, other: str, join: str) -> bool:
        """Whether tokens that wait at the other join could only have come to this one."""
        return self._comes_to(other, join) and not self._comes_to(join, other)

    def _others(self, join: str) -> Iterable[str]:
        """Where tokens may still come from: the steps at work, and joins that are to open before this one."""
        yield from self.at_work
        for other in {edge[1] for edge in self.waiting} - {join}:
            if not self._comes_to(join, other) or self.rank[other] < self.rank[join]:
                yield other

    def _comes_to(self, step: str, join: str) -> bool:
        """Whether a token on the step can ever be on an edge into the join."""
        seen: set[str] = set()
        board = {step}
        while board:
            edges = {to for place in board for _, targets in self.edges[place] for to in targets}
            if join in edges:
                return True
            seen |= board
            board = edges - seen
        return False


def play(dice: Random) -> int:
    """One graph, to its end or for so many moves; returns how many were made."""
    definition = random_graph(dice)
    game, steps, arrivals = Game(definition), [definition.first_step], tuple[Arrival, ...]()
    for number in range(MOVES):
        if not steps:
            assert arrivals == ()
            return number
        done = dice.choice(steps)
        outcome = dice.choice([way.outcome for way in definition.step(done).transitions])
        told = progress(definition, steps, arrivals, done, outcome)
        gone = game.move(done, outcome)
        steps = [step for step in steps if step != done and step not in told.lapsed]
        steps += [opened.code for opened in told.opens]
        arrivals = told.arrivals
        assert len(steps) == len(set(steps))
        assert set(steps) == game.at_work
        assert {(arrival.came_from, arrival.step) for arrival in arrivals} == game.waiting
        assert set(told.lapsed) == gone
    return MOVES


def test_any_graph_goes_on_as_the_game_of_tokens_says() -> None:
    moves = 0
    for seed in range(GRAPHS):
        try:
            moves += play(Random(seed))
        except AssertionError as difference:
            raise AssertionError(f"the game of graph {seed} goes otherwise") from difference
    print(f"{GRAPHS} graphs, {moves} moves, no difference")
