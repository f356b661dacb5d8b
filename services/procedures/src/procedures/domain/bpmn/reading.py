"""A BPMN file as nodes and flows, each with what our own attributes say of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from procedures.domain.bpmn import names
from procedures.domain.finding import Finding, error, warning
from procedures.domain.json_input import quoted, storable

LARGEST = 2_000_000
"""Bytes of a file that are read."""
MOST_ELEMENTS = 20_000
_NODES = names.STEPS | {
    names.EXCLUSIVE,
    names.PARALLEL,
    names.INCLUSIVE,
    names.START,
    names.END_EVENT,
    names.BOUNDARY,
}


@dataclass(frozen=True, slots=True)
class Lane:
    """Where work is done: a lane, or a pool without lanes."""

    id: str
    name: str
    own: Mapping[str, str]

    @property
    def renamed(self) -> bool:
        """Whether somebody gave it another name since we drew it."""
        written = self.own.get(names.DRAWN_AS)
        return written is not None and plain(written) != self.name


@dataclass(frozen=True, slots=True)
class Node:
    """A task, gateway or event. `timer` is the duration of a timer; a boundary one is `attached_to` a task."""

    id: str
    kind: str
    name: str
    own: Mapping[str, str]
    timer: str | None = None
    attached_to: str | None = None
    interrupts: bool = True


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    name: str
    own: Mapping[str, str]
    conditional: bool
    default: bool = False
    """It is gone when the condition of no other one holds."""


@dataclass(slots=True)
class Diagram:
    """What was read of a file."""

    id: str = ""
    name: str = ""
    own: Mapping[str, str] = field(default_factory=dict)
    definition: str | None = None
    """JSON of what our own extension says of the procedure as a whole."""
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    lanes: dict[str, Lane] = field(default_factory=dict)
    """By the id of a node."""
    pool: Lane | None = None
    findings: list[Finding] = field(default_factory=list)

    def leaving(self, node: str) -> list[Flow]:
        return [flow for flow in self.flows if flow.source == node]

    def coming(self, node: str) -> list[Flow]:
        return [flow for flow in self.flows if flow.target == node]


def read_diagram(raw: bytes) -> Diagram:
    """The diagram in a file, as far as it can be read. Never raises."""
    diagram = Diagram()
    root = _parsed(raw, diagram)
    if root is not None:
        processes = root.findall(f"{{{names.MODEL}}}process")
        drawn = [process for process in processes if next(_flow_elements(process), None) is not None]
        if not drawn:
            _note(diagram, "no_process", "", "Tệp không có quy trình nào.", "The file has no process.")
        else:
            _read_process(drawn[0], diagram)
            _read_pool(root, drawn[0], diagram)
        for other in drawn[1:]:
            _note(
                diagram,
                "several_processes",
                other.get("id", ""),
                f"Tệp có nhiều quy trình; quy trình {quoted(_name(other))} không được đọc.",
                f"The file has several processes; {quoted(_name(other))} is not read.",
            )
    return diagram


def _parsed(raw: bytes, diagram: Diagram) -> Element | None:
    root: Element | None = None
    if len(raw) <= LARGEST:
        try:
            root = fromstring(raw, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
            root = None
    if root is None or root.tag != f"{{{names.MODEL}}}definitions" or _larger(root):
        _note(
            diagram,
            "unreadable_diagram",
            "",
            "Tệp không phải là sơ đồ BPMN 2.0, hoặc quá lớn.",
            "The file is no BPMN 2.0 diagram, or too large.",
        )
        return None
    return root


def _larger(root: Element) -> bool:
    return sum(1 for _ in root.iter()) > MOST_ELEMENTS


def _read_process(process: Element, diagram: Diagram) -> None:
    diagram.id, diagram.name, diagram.own = process.get("id", ""), _name(process), _own(process)
    extension = process.find(f"{{{names.MODEL}}}extensionElements/{{{names.OWN}}}definition")
    diagram.definition = None if extension is None else extension.text
    for element in _flow_elements(process):
        kind = _kind(element)
        if kind == "sequenceFlow":
            diagram.flows.append(_flow(element))
        elif kind in _NODES:
            node = _node(element, diagram)
            diagram.nodes[node.id] = node
        elif kind not in names.PASSIVE:
            _note(
                diagram,
                "unknown_element",
                element.get("id", ""),
                f"Không đọc được phần tử {quoted(_name(element))} loại {kind}.",
                f"The element {quoted(_name(element))} of the kind {kind} is not understood.",
            )
    for lane in process.iter(f"{{{names.MODEL}}}lane"):
        for reference in lane.findall(f"{{{names.MODEL}}}flowNodeRef"):
            # of nested lanes the inner one comes later, and counts
            diagram.lanes[(reference.text or "").strip()] = Lane(lane.get("id", ""), _name(lane), _own(lane))
    otherwise = {element.get("default") for element in _flow_elements(process)}
    diagram.flows = [replace(flow, default=flow.id in otherwise) for flow in diagram.flows]
    _drop_loose_flows(diagram)


def _flow_elements(process: Element) -> Iterator[Element]:
    skipped = {"laneSet", "extensionElements", "documentation", "ioSpecification", "property", "auditing"}
    return (element for element in process if _kind(element) not in skipped)


def _node(element: Element, diagram: Diagram) -> Node:
    kind, identifier = _kind(element), element.get("id", "")
    timer = element.find(f"{{{names.MODEL}}}timerEventDefinition")
    duration = None if timer is None else timer.find(f"{{{names.MODEL}}}timeDuration")
    others = any(_kind(child).endswith("EventDefinition") and child is not timer for child in element)
    waits_for_nothing = kind == names.CATCH and timer is None
    if kind in (names.START, names.BOUNDARY, names.CATCH) and (others or waits_for_nothing):
        _note(
            diagram,
            "unknown_element",
            identifier,
            f"Sự kiện {quoted(_name(element))} thuộc loại chưa hỗ trợ.",
            f"The event {quoted(_name(element))} is of a kind that is not understood.",
        )
    if kind == names.START and timer is not None:
        _note(
            diagram,
            "timer_not_mapped",
            identifier,
            "Hồ sơ không tự bắt đầu theo giờ: bộ đếm giờ ở sự kiện bắt đầu không được đọc.",
            "No case begins by a timer: that of the start event is not read.",
        )
    return Node(
        id=identifier,
        kind=kind,
        name=_name(element),
        own=_own(element),
        timer=None if timer is None else (duration.text or "").strip() if duration is not None else "",
        attached_to=element.get("attachedToRef"),
        interrupts=element.get("cancelActivity", "true") != "false",
    )


def _flow(element: Element) -> Flow:
    return Flow(
        id=element.get("id", ""),
        source=element.get("sourceRef", ""),
        target=element.get("targetRef", ""),
        name=_name(element),
        own=_own(element),
        conditional=element.find(f"{{{names.MODEL}}}conditionExpression") is not None,
    )


def _drop_loose_flows(diagram: Diagram) -> None:
    """Flows from or to nothing that was read; what is drawn so was told already, or is a slip."""
    known = diagram.nodes.keys()
    for flow in [flow for flow in diagram.flows if not {flow.source, flow.target} <= known]:
        diagram.flows.remove(flow)
        _note(
            diagram,
            "loose_flow",
            flow.id,
            f"Đường nối {quoted(flow.name or flow.id)} không nối hai phần tử đọc được.",
            f"The flow {quoted(flow.name or flow.id)} does not connect two elements that are understood.",
        )


def _read_pool(root: Element, process: Element, diagram: Diagram) -> None:
    for pool in root.iter(f"{{{names.MODEL}}}participant"):
        if pool.get("processRef") == process.get("id"):
            diagram.pool = Lane(pool.get("id", ""), _name(pool), _own(pool))


def _kind(element: Element) -> str:
    namespace, _, kind = str(element.tag).rpartition("}")
    return kind if namespace == f"{{{names.MODEL}" else str(element.tag)


def plain(name: str) -> str:
    """A name as it is read: in one line, of characters that can be stored."""
    return " ".join(storable(name).split())


def _name(element: Element) -> str:
    return plain(element.get("name", ""))


def _own(element: Element) -> dict[str, str]:
    mark = f"{{{names.OWN}}}"
    return {key.removeprefix(mark): value for key, value in element.attrib.items() if key.startswith(mark)}


def _note(diagram: Diagram, code: str, identifier: str, vi: str, en: str) -> None:
    """An error where nothing sound can come of it, else a warning; its pointer is the element's id."""
    severe = code not in ("several_processes", "loose_flow", "timer_not_mapped")
    diagram.findings.append((error if severe else warning)(code, f"#{identifier}", vi=vi, en=en))
