"""A definition as the nodes and flows of a drawing: gateways where it branches, forks and joins."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from procedures.domain.bpmn import names
from procedures.domain.bpmn.slugs import Slugs
from procedures.domain.definition import Definition, Step, Transition, steps_by_code
from procedures.domain.terms import TermKind
from shared.errors import Conflict, Text


class NotDrawable(Conflict):
    """The definition has ways that lead nowhere, or other errors of the linter, and gives no drawing."""

    slug = "procedure-not-drawable"
    title = Text(
        vi="Thủ tục còn lỗi về các bước nên chưa vẽ thành sơ đồ được.",
        en="The steps of the procedure have errors, so it cannot be drawn yet.",
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """A node of the drawing, in the lane of `step`; a timer stands on a task, the end that it leads to below it."""

    id: str
    kind: str
    step: Step
    attached_to: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A flow of the drawing; `way` is the transition that it stands for."""

    id: str
    source: str
    target: str
    way: Transition | None = None


@dataclass
class Drawing:
    """All nodes and flows, and the shape of each step by its code."""

    shapes: list[Shape] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    tasks: dict[str, Shape] = field(default_factory=dict)


def drawing_of(definition: Definition) -> Drawing:
    """The drawing of a definition.

    Raises:
        NotDrawable: a code stands twice, or something leads to a step that there is not.
    """
    steps = steps_by_code(definition)
    targets = {target for step in definition.steps for way in step.transitions for target in way.targets}
    whole = len(steps) == len(definition.steps) and all(step.transitions for step in definition.steps)
    if not whole or not targets | {definition.first_step} <= steps.keys():
        raise NotDrawable
    pen = _Pen(definition)
    pen.draw()
    return pen.drawing


class _Pen:
    def __init__(self, definition: Definition) -> None:
        self.drawing = Drawing()
        self._definition = definition
        self._ids = Slugs()
        self._entries: dict[str, str] = {}

    def draw(self) -> None:
        first = self._definition.first
        start = self._shape("Start", names.START, first)
        for at, step in enumerate(self._definition.steps):
            self._task(at, step)
        self._line(start, self._entries[first.code])
        for step in self._definition.steps:
            self._ways(step)

    def _task(self, at: int, step: Step) -> None:
        plain = step.code.isascii() and step.code.replace("-", "_").replace(".", "_").isidentifier()
        task = Shape(self._ids.take(step.code if plain else f"Step_{at}"), "userTask", step)
        if step.join is not None:
            self._entries[step.code] = self._shape(f"Join_{task.id}", names.INCLUSIVE, step)
            self._line(self._entries[step.code], task.id)
        else:
            self._entries[step.code] = task.id
        self.drawing.shapes.append(task)
        self.drawing.tasks[step.code] = task

    def _ways(self, step: Step) -> None:
        source = task = self.drawing.tasks[step.code].id
        if len(step.transitions) > 1:
            source = self._shape(f"Choice_{task}", names.EXCLUSIVE, step)
            self._line(task, source)
        for at, way in enumerate(step.transitions):
            ends = list(self._ends_of(step, way))
            target = ends[0]
            if len(ends) > 1:
                target = self._shape(f"Fork_{task}", names.PARALLEL, step)
                for end in ends:
                    self._line(target, end)
            if at == 0 and step.silence_consents:
                merge = self._shape(f"Merge_{task}", names.EXCLUSIVE, step)
                timer = self._shape(f"Timer_{task}", names.BOUNDARY, step, attached_to=task)
                self._line(merge, target)
                self._line(timer, merge)
                target = merge
            self._line(source, target, way)
        if step.allowance.kind is not TermKind.NONE and not step.silence_consents:
            timer = self._shape(f"Timer_{task}", names.BOUNDARY, step, attached_to=task)
            self._line(timer, self._shape(f"Overdue_{task}", names.END_EVENT, step, attached_to=timer))

    def _ends_of(self, step: Step, way: Transition) -> Iterator[str]:
        if not way.targets:
            yield self._shape(f"End_{self.drawing.tasks[step.code].id}", names.END_EVENT, step)
        for target in way.targets:
            yield self._entries[target]

    def _shape(self, wanted: str, kind: str, step: Step, attached_to: str | None = None) -> str:
        shape = Shape(self._ids.take(wanted), kind, step, attached_to)
        self.drawing.shapes.append(shape)
        return shape.id

    def _line(self, source: str, target: str, way: Transition | None = None) -> None:
        self.drawing.lines.append(Line(self._ids.take(f"Flow_{source}"), source, target, way))
