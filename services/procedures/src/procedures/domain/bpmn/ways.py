"""The ways on from a task through the gateways behind it.

An exclusive gateway with several flows out is a choice, and so is a task whose flows out have conditions, but for
the default one: each flow is a way of its own. A parallel one with
several flows out is a fork: its branches belong to one way. One with several flows in is a join, of which the
step behind it is told; so is a merging inclusive one. Other merges are passed through.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from procedures.domain.bpmn import names
from procedures.domain.bpmn.reading import Diagram, Flow, Node
from procedures.domain.finding import Finding, error, warning
from procedures.domain.json_input import quoted

MOST_WAYS = 50
"""Ways on from one step that are told apart; nobody chooses among more."""


@dataclass(frozen=True, slots=True)
class Way:
    """The tasks that open together (ids; none at the end), and the choices that led there."""

    targets: tuple[str, ...]
    choices: tuple[Flow, ...] = ()


class Ways:
    """What follows each task of a diagram; notes what cannot be followed."""

    def __init__(self, diagram: Diagram) -> None:
        self._diagram = diagram
        self.joins: dict[str, Node] = {}
        """The gateway that joins branches before a task, by the task's id."""
        self.findings: list[Finding] = []
        for node in diagram.nodes.values():
            if node.kind in (names.PARALLEL, names.INCLUSIVE) and self._is_join(node):
                self._through(node, (node.id,))

    def after(self, node: Node) -> list[Way]:
        """The ways on from a task or event."""
        flows = self._diagram.leaving(node.id)
        if not flows:
            self.findings.append(
                warning(
                    "implicit_end",
                    f"#{node.id}",
                    vi=f"{quoted(node.name)} không dẫn đến đâu; hiểu là kết thúc.",
                    en=f"{quoted(node.name)} leads nowhere; taken for an end.",
                )
            )
            return [Way(())]
        choice = [flow.conditional or flow.default for flow in flows]
        if len(flows) > 1 and any(choice):
            if not all(choice):
                self._refuse_half(node)
            return [self._chosen(flow, way) for flow in flows for way in self._along(flow, ())]
        ways = self._together(flows, ())
        told = len(flows) == 1 and not any(way.choices for way in ways)
        return [self._chosen(flows[0], way) for way in ways] if told else ways

    def _refuse_half(self, node: Node) -> None:
        self.findings.append(
            error(
                "inclusive_split",
                f"#{node.id}",
                vi=f"Sau {quoted(node.name or node.id)} có hướng đi có điều kiện, có hướng không; hãy dùng cổng loại trừ"
                " hoặc song song.",
                en=f"Of the flows after {quoted(node.name or node.id)} some have a condition and some have none; use an"
                " exclusive or a parallel gateway.",
            )
        )

    def _along(self, flow: Flow, passed: tuple[str, ...]) -> list[Way]:
        node = self._diagram.nodes[flow.target]
        if node.kind in names.STEPS:
            return [Way((node.id,))]
        if node.kind == names.END_EVENT:
            return [Way(())]
        if node.id in passed or node.kind in (names.START, names.BOUNDARY):
            self._refuse(
                "gateway_loop", node, "dẫn vòng mà không qua công việc nào", "leads round without a task"
            )
            return []
        return self._through(node, (*passed, node.id))

    def _through(self, gateway: Node, passed: tuple[str, ...]) -> list[Way]:
        flows = self._diagram.leaving(gateway.id)
        if not flows:
            self._refuse("gateway_without_way", gateway, "không dẫn đến đâu", "leads nowhere")
            return []
        if gateway.kind == names.EXCLUSIVE:
            ways = [way for flow in flows for way in self._choices(flow, passed, len(flows) > 1)]
            return self._bounded(gateway, ways)
        if gateway.kind == names.INCLUSIVE and len(flows) > 1:
            self._refuse(
                "inclusive_split",
                gateway,
                "mở một số nhánh tùy lúc; hãy dùng cổng loại trừ hoặc song song",
                "opens some of its branches at will; use an exclusive or a parallel one",
            )
            return []
        ways = self._bounded(gateway, self._together(flows, passed))
        return self._joining(gateway, ways) if self._is_join(gateway) else ways

    def _is_join(self, gateway: Node) -> bool:
        return len(self._diagram.coming(gateway.id)) > 1 or gateway.own.get("join") == "true"

    def _choices(self, flow: Flow, passed: tuple[str, ...], several: bool) -> Iterator[Way]:
        for way in self._along(flow, passed):
            yield self._chosen(flow, way) if several else way

    def _together(self, flows: Sequence[Flow], passed: tuple[str, ...]) -> list[Way]:
        """Each combination of the ways of the flows: they are all gone at once."""
        branches = [self._along(flow, passed) for flow in flows]
        combined = []
        for ways in product(*branches):
            targets = dict.fromkeys(target for way in ways for target in way.targets)
            combined.append(Way(tuple(targets), tuple(flow for way in ways for flow in way.choices)))
            if len(combined) > MOST_WAYS:
                break
        return combined

    def _joining(self, gateway: Node, ways: list[Way]) -> list[Way]:
        """Tell the one task behind a join that it waits for branches."""
        targets = {target for way in ways for target in way.targets}
        if len(ways) != 1 or len(targets) != 1:
            self._refuse(
                "join_without_step",
                gateway,
                "nối các nhánh; ngay sau nó phải là đúng một công việc",
                "joins branches; right behind it must stand just one task",
            )
            return ways
        self.joins[targets.pop()] = gateway
        return ways

    def _bounded(self, gateway: Node, ways: list[Way]) -> list[Way]:
        if len(ways) > MOST_WAYS:
            self._refuse("too_many_ways", gateway, "có quá nhiều hướng đi", "has too many ways on")
        return ways[:MOST_WAYS]

    @staticmethod
    def _chosen(flow: Flow, way: Way) -> Way:
        return replace(way, choices=(flow, *way.choices))

    def _refuse(self, code: str, node: Node, vi: str, en: str) -> None:
        finding = error(
            code,
            f"#{node.id}",
            vi=f"Cổng {quoted(node.name or node.id)} {vi}.",
            en=f"The gateway {quoted(node.name or node.id)} {en}.",
        )
        if finding not in self.findings:
            self.findings.append(finding)
