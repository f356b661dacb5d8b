"""A definition written as a BPMN 2.0 file with a picture: tools open it, people read it, `read_bpmn` gives it back.

Terms, documents, the form and whatever else BPMN has no word for stand in extension attributes of our own
namespace, and as JSON in an extension of the process.
"""

import json
import re
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from procedures.domain.bpmn import names
from procedures.domain.bpmn.drawing import Drawing, Line, NotDrawable, Shape, drawing_of
from procedures.domain.bpmn.durations import duration_of
from procedures.domain.bpmn.layout import Box, LaneKey, Layout, laid_out, lane_of
from procedures.domain.definition import Definition, Transition
from procedures.domain.definition_json import definition_to_json

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DRAWN = ("code", "title", "unit", "agency", "allowance", "transitions", "join", "silenceConsents")
"""Members of a step that the drawing itself shows."""

for _prefix, _namespace in names.PREFIXES.items():
    register_namespace(_prefix, _namespace)


def write_bpmn(definition: Definition) -> bytes:
    """The definition as a BPMN file, in UTF-8.

    Raises:
        NotDrawable: the steps have errors, or a text has characters that XML cannot hold.
    """
    drawing = drawing_of(definition)
    layout = laid_out(drawing)
    lanes = {key: f"Lane_{at}" for at, key in enumerate(layout.lanes, start=1)}
    root = Element(_bpmn("definitions"), {"id": "Definitions", "targetNamespace": names.OWN})
    collaboration = SubElement(root, _bpmn("collaboration"), {"id": "Collaboration"})
    pool = {"id": "Pool", "name": definition.title.vi, "processRef": "Process"}
    SubElement(collaboration, _bpmn("participant"), pool).set(_own(names.DRAWN_AS), definition.title.vi)
    _write_process(root, definition, drawing, lanes)
    _write_picture(root, drawing, layout, lanes)
    indent(root)
    text = tostring(root, encoding="unicode")
    if _NOT_XML.search(text):
        raise NotDrawable
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode()


def _write_process(
    root: Element, definition: Definition, drawing: Drawing, lanes: dict[LaneKey, str]
) -> None:
    value = definition_to_json(definition)
    steps = {step["code"]: step for step in value.pop("steps")}
    whole = {key: part for key, part in value.items() if key not in ("code", "title", "agency", "first")}
    process = SubElement(root, _bpmn("process"), {"id": "Process", "isExecutable": "false"})
    _set_title(process, value["title"])
    process.set(_own("code"), definition.code)
    extension = SubElement(process, _bpmn("extensionElements"))
    SubElement(extension, _own("definition")).text = json.dumps(whole, ensure_ascii=False)
    lane_set = SubElement(process, _bpmn("laneSet"), {"id": "Lanes"})
    for key, identifier in lanes.items():
        lane = SubElement(lane_set, _bpmn("lane"), {"id": identifier, "name": key[1]})
        lane.set(_own(names.DRAWN_AS), key[1])
        lane.set(_own("unit"), _attribute(key[1]))
        if key[0] is not None:
            lane.set(_own("agency"), _attribute(key[0]))
        for shape in drawing.shapes:
            if lane_of(shape) == key:
                SubElement(lane, _bpmn("flowNodeRef")).text = shape.id
    for shape in drawing.shapes:
        _write_node(process, shape, drawing, steps)
    for line in drawing.lines:
        _write_flow(process, line)


def _write_node(process: Element, shape: Shape, drawing: Drawing, steps: dict[str, dict[str, Any]]) -> None:
    node = SubElement(process, _bpmn(shape.kind), {"id": shape.id})
    if shape.kind == "userTask":
        step = steps[shape.step.code]
        _set_title(node, step["title"])
        node.set(_own("code"), step["code"])
        for key, value in step.items():
            if key not in _DRAWN and value not in (None, False):
                node.set(_own(key), _attribute(value))
    if shape.kind == names.END_EVENT and shape.attached_to is not None:
        node.set("name", "Quá hạn")
    if shape.kind == names.BOUNDARY:
        node.set("attachedToRef", shape.attached_to or "")
        node.set(_own("allowance"), _attribute(shape.step.allowance.to_json()))
        node.set("cancelActivity", json.dumps(shape.step.silence_consents))
    if shape.kind == names.INCLUSIVE and shape.step.join is not None:
        node.set(_own("join"), "true")
        if shape.step.join.needed is not None:
            node.set(_own("needed"), str(shape.step.join.needed))
    for line in drawing.lines:
        if line.target == shape.id:
            SubElement(node, _bpmn("incoming")).text = line.id
    for line in drawing.lines:
        if line.source == shape.id:
            SubElement(node, _bpmn("outgoing")).text = line.id
    if shape.kind == names.BOUNDARY:
        timer = SubElement(node, _bpmn("timerEventDefinition"), {"id": f"{shape.id}_timer"})
        SubElement(timer, _bpmn("timeDuration")).text = duration_of(shape.step.allowance)


def _write_flow(process: Element, line: Line) -> None:
    flow = SubElement(
        process, _bpmn("sequenceFlow"), {"id": line.id, "sourceRef": line.source, "targetRef": line.target}
    )
    if line.way is not None:
        _set_way(flow, line.way)


def _set_way(flow: Element, way: Transition) -> None:
    if way.title is not None:
        flow.set("name", way.title.vi)
        flow.set(_own("titleVi"), way.title.vi)
        flow.set(_own("titleEn"), way.title.en)
    elif way.outcome is not None:
        flow.set("name", way.outcome)
    if way.outcome is not None:
        flow.set(_own("outcome"), way.outcome)


def _write_picture(root: Element, drawing: Drawing, layout: Layout, lanes: dict[LaneKey, str]) -> None:
    diagram = SubElement(root, f"{{{names.DIAGRAM}}}BPMNDiagram", {"id": "Diagram"})
    plane = SubElement(
        diagram, f"{{{names.DIAGRAM}}}BPMNPlane", {"id": "Plane", "bpmnElement": "Collaboration"}
    )
    boxes = list(layout.lanes.values())
    whole = Box(boxes[0].x - 30, boxes[0].y, boxes[0].width + 30, boxes[-1].y + boxes[-1].height - boxes[0].y)
    _write_shape(plane, "Pool", whole, isHorizontal="true")
    for key, identifier in lanes.items():
        _write_shape(plane, identifier, layout.lanes[key], isHorizontal="true")
    for shape in drawing.shapes:
        marked = {"isMarkerVisible": "true"} if shape.kind == names.EXCLUSIVE else {}
        _write_shape(plane, shape.id, layout.shapes[shape.id], **marked)
    for line in drawing.lines:
        edge = SubElement(
            plane, f"{{{names.DIAGRAM}}}BPMNEdge", {"id": f"{line.id}_di", "bpmnElement": line.id}
        )
        for x, y in layout.lines[line.id]:
            SubElement(edge, f"{{{names.LINES}}}waypoint", {"x": str(x), "y": str(y)})


def _write_shape(plane: Element, element: str, box: Box, **attributes: str) -> None:
    shape = SubElement(
        plane,
        f"{{{names.DIAGRAM}}}BPMNShape",
        {"id": f"{element}_di", "bpmnElement": element, **attributes},
    )
    bounds = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    SubElement(shape, f"{{{names.BOUNDS}}}Bounds", {key: str(value) for key, value in bounds.items()})


def _set_title(element: Element, title: dict[str, str]) -> None:
    element.set("name", title["vi"])
    if title["vi"] != " ".join(title["vi"].split()):
        element.set(_own("titleVi"), title["vi"])
    if title["en"] != title["vi"]:
        element.set(_own("titleEn"), title["en"])


def _attribute(value: Any) -> str:
    """A member as an attribute: terms and plain texts as people write them, all else as JSON."""
    if isinstance(value, str) and value[:1] not in ("{", "[", '"') and value not in ("true", "false", "null"):
        return value
    if isinstance(value, dict) and value.keys() == {"kind", "amount"}:
        return f"{value['amount']} {value['kind']}"
    return json.dumps(value, ensure_ascii=False)


def _bpmn(name: str) -> str:
    return f"{{{names.MODEL}}}{name}"


def _own(name: str) -> str:
    return f"{{{names.OWN}}}{name}"
