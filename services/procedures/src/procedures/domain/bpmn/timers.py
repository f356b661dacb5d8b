"""What the timers of a drawing say of a step: how long it has, and whether it goes on by itself then.

| in the drawing                                              | of the step                                  |
|-------------------------------------------------------------|----------------------------------------------|
| an interrupting one on a task                               | allowance, and silence is consent            |
| one on a task that does not interrupt and leads to an end   | allowance: that it ran out is noted and told |
| an intermediate one that is waited for                      | a step of its own that nobody need do        |

Whatever else a timer may do (begin a case, come again, at a date, set other work going) a procedure cannot say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from procedures.domain.bpmn import names
from procedures.domain.bpmn.attributes import members
from procedures.domain.bpmn.edited import Note, allowance_drawn
from procedures.domain.bpmn.reading import Diagram, Flow, Node
from procedures.domain.bpmn.ways import Way, Ways
from procedures.domain.finding import error, warning
from procedures.domain.json_input import quoted


@dataclass(frozen=True, slots=True)
class Timers:
    """The timers of a diagram; notes those that cannot be read."""

    diagram: Diagram
    ways: Ways
    note: Note

    def of_step(self, step: Node, ways: list[Way], allowance: object) -> tuple[list[Way], dict[str, Any]]:
        """The ways on from a step, first the one that is gone by itself, and the members that its timers say.

        `allowance` is that of the step's attributes, or None; one among those of a timer counts more.
        """
        if step.kind == names.CATCH and step.timer is not None:
            return ways, self._silence(step, allowance)
        attached = [node for node in self.diagram.nodes.values() if node.attached_to == step.id]
        said: dict[str, Any] = {}
        for timer in sorted(attached, key=lambda one: not one.interrupts):
            silent = self._ways_of(timer)
            if not said and timer.interrupts and silent is not None:
                ways, said = _first(silent, timer, ways), self._silence(timer, allowance)
            elif not said and not timer.interrupts and (silent is None or not silent.targets) and timer.timer:
                said = self._allowance(timer, allowance)
            else:
                self.note(
                    warning(
                        "timer_not_mapped",
                        f"#{timer.id}",
                        vi="Sự kiện gắn này không được đọc: mỗi công việc có một bộ đếm giờ, ngắt việc, hoặc không ngắt"
                        " và dẫn đến kết thúc.",
                        en="This boundary event is not read: a task has one timer, which interrupts it, or does not and"
                        " leads to an end.",
                    )
                )
        return ways, said

    def _ways_of(self, timer: Node) -> Way | None:
        """The one way on from a timer; None when there is none, or several."""
        if timer.timer is None or not self.diagram.leaving(timer.id):
            return None
        ways = self.ways.after(timer)
        return ways[0] if len(ways) == 1 else None

    def _silence(self, timer: Node, allowance: object) -> dict[str, Any]:
        return {"silenceConsents": True, **self._allowance(timer, allowance)}

    def _allowance(self, timer: Node, allowance: object) -> dict[str, Any]:
        drawn = allowance_drawn(timer, members(timer.own).get("allowance", allowance), self.note)
        if drawn is not None:
            return {"allowance": drawn}
        self.note(
            error(
                "timer_unreadable",
                f"#{timer.id}",
                vi=f"Không đọc được thời hạn {quoted(timer.timer)}; viết như P3D.",
                en=f"The duration {quoted(timer.timer)} cannot be read; write it like P3D.",
            )
        )
        return {}


def _first(silent: Way, timer: Node, ways: Sequence[Way]) -> list[Way]:
    """The ways with the one first that is gone when the timer runs out."""
    first = next((way for way in ways if way.targets == silent.targets), None)
    if first is None:
        name = "" if any(flow.name for flow in silent.choices) else timer.name or "Hết hạn"
        named = Flow("", timer.id, "", name, timer.own, conditional=False)
        first = Way(silent.targets, (named, *silent.choices))
    return [first, *(way for way in ways if way is not first)]
