"""Where the shapes of a drawing stand: from left to right as a case goes, each in the lane of its unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from procedures.domain.bpmn import names
from procedures.domain.bpmn.drawing import Drawing, Line, Shape

LaneKey = tuple[str | None, str]
"""Agency and unit."""

COLUMN, ROW, HEAD, MARGIN = 170, 160, 30, 60
_GATEWAY = (50, 50)
_SIZES = {
    "userTask": (120, 80),
    names.EXCLUSIVE: _GATEWAY,
    names.PARALLEL: _GATEWAY,
    names.INCLUSIVE: _GATEWAY,
}
_EVENT = (36, 36)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in pixels from the upper left."""

    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[int, int]:
        return self.x + self.width // 2, self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes of shapes and lanes, and the points that each line passes."""

    shapes: Mapping[str, Box]
    lanes: Mapping[LaneKey, Box]
    lines: Mapping[str, Sequence[tuple[int, int]]]


def lane_of(shape: Shape) -> LaneKey:
    return shape.step.agency, shape.step.unit


def laid_out(drawing: Drawing) -> Layout:
    """A place for everything, without overlaps of shapes."""
    columns = _columns(drawing)
    placed = [shape for shape in drawing.shapes if shape.attached_to is None]
    lanes = list(dict.fromkeys(lane_of(shape) for shape in sorted(placed, key=lambda one: columns[one.id])))
    rows = _rows(placed, columns)
    heights = {lane: 1 + max(rows[one.id] for one in placed if lane_of(one) == lane) for lane in lanes}
    width = HEAD * 2 + COLUMN * (1 + max(columns.values())) + MARGIN
    boxes: dict[str, Box] = {}
    lane_boxes: dict[LaneKey, Box] = {}
    top = MARGIN
    for lane in lanes:
        lane_boxes[lane] = Box(MARGIN + HEAD, top, width - HEAD, heights[lane] * ROW + 20)
        for shape in (one for one in placed if lane_of(one) == lane):
            wide, high = _SIZES.get(shape.kind, _EVENT)
            x = MARGIN + HEAD * 2 + columns[shape.id] * COLUMN + (COLUMN - wide) // 2
            boxes[shape.id] = Box(x, top + 10 + rows[shape.id] * ROW + (ROW - high) // 2, wide, high)
        top += lane_boxes[lane].height
    for shape in drawing.shapes:
        if shape.attached_to is not None:
            host = boxes[shape.attached_to]
            if shape.kind == names.BOUNDARY:
                boxes[shape.id] = Box(host.x + 20, host.y + host.height - 18, *_EVENT)
            else:
                boxes[shape.id] = Box(host.x + host.width + 32, host.y + 20, *_EVENT)
    lines = {line.id: _points(line, boxes, top + 20) for line in drawing.lines}
    return Layout(boxes, lane_boxes, lines)


def _columns(drawing: Drawing) -> dict[str, int]:
    """How far right a shape stands: behind all that lead to it, where a case does not go back."""
    follow: dict[str, list[str]] = {}
    attached = {shape.id for shape in drawing.shapes if shape.attached_to is not None}
    for line in drawing.lines:
        if line.target not in attached:
            follow.setdefault(line.source, []).append(line.target)
    for shape in drawing.shapes:
        if shape.attached_to is not None:
            follow.setdefault(shape.attached_to, []).extend(follow.get(shape.id, []))
    order = _finished_last(follow, [shape.id for shape in drawing.shapes if shape.attached_to is None])
    position = {one: at for at, one in enumerate(order)}
    columns = dict.fromkeys(order, 0)
    for one in order:
        for target in follow.get(one, []):
            if position[target] > position[one]:
                columns[target] = max(columns[target], columns[one] + 1)
    return columns


def _finished_last(follow: Mapping[str, Sequence[str]], shapes: Sequence[str]) -> list[str]:
    """Depth first, in an order in which each comes before those that it leads to, loops aside."""
    seen: set[str] = set()
    order: list[str] = []
    for root in shapes:
        pending = [(root, False)]
        while pending:
            shape, left = pending.pop()
            if left:
                order.append(shape)
            elif shape not in seen:
                seen.add(shape)
                pending.append((shape, True))
                pending.extend((target, False) for target in follow.get(shape, []))
    return order[::-1]


def _rows(shapes: Sequence[Shape], columns: Mapping[str, int]) -> dict[str, int]:
    """Shapes of one lane and column stand below each other."""
    taken: dict[tuple[LaneKey, int], int] = {}
    rows = {}
    for shape in shapes:
        cell = lane_of(shape), columns[shape.id]
        rows[shape.id] = taken.get(cell, 0)
        taken[cell] = rows[shape.id] + 1
    return rows


def _points(line: Line, boxes: Mapping[str, Box], below: int) -> list[tuple[int, int]]:
    source, target = boxes[line.source], boxes[line.target]
    (from_x, from_y), (to_x, to_y) = source.middle, target.middle
    if target.x < source.x + source.width:  # back: under everything
        return [
            (from_x, source.y + source.height),
            (from_x, below),
            (to_x, below),
            (to_x, target.y + target.height),
        ]
    start, end = source.x + source.width, target.x
    turn = end - 20
    if end - start > COLUMN:  # past others: in the gap under the row
        gap = from_y + ROW // 2 - 3
        return [(from_x, source.y + source.height), (from_x, gap), (turn, gap), (turn, to_y), (end, to_y)]
    if from_y == to_y:
        return [(start, from_y), (end, to_y)]
    return [(start, from_y), (turn, from_y), (turn, to_y), (end, to_y)]
