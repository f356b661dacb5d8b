"""A step that systems of its agency do: which, and what is wrong with saying so.

"external": {"attempts": 3}          how often it is tried before an official must look into it; null: officials do it
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from procedures.domain.finding import Finding, error, warning
from procedures.domain.json_input import Node, quoted

if TYPE_CHECKING:
    from procedures.domain.definition import Definition

MOST_ATTEMPTS = 20
_USUAL_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class ExternalWork:
    """Systems of the step's agency do it; officials of its unit still may."""

    attempts: int = _USUAL_ATTEMPTS

    @classmethod
    def read(cls, node: Node) -> Self | None:
        """What a step says at this node; None when officials do it."""
        if not node.given or not node.object():
            return None
        node.only("attempts")
        attempts = node.get("attempts")
        return cls(attempts.whole(least=1, most=MOST_ATTEMPTS) if attempts.given else _USUAL_ATTEMPTS)

    def to_json(self) -> dict[str, Any]:
        return {"attempts": self.attempts}


def external_findings(
    definition: "Definition", systems: Mapping[str, Collection[str]] | None = None
) -> Iterator[Finding]:
    """Findings about steps that systems do.

    `systems` are the clients that may take such work, by agency; None leaves them unchecked.
    """
    for at, step in enumerate(definition.steps):
        if step.external is None:
            continue
        vi, en = f"{quoted(step.title.vi)} ({step.code})", f"{quoted(step.title.en)} ({step.code})"
        agency = step.agency or definition.agency
        if step.code == definition.first_step:
            yield error(
                "external_first_step",
                f"/steps/{at}/external",
                vi=f"Công việc {vi} tiếp nhận hồ sơ, việc này phải do cán bộ làm, không giao cho hệ thống được.",
                en=f"The step {en} receives the case; officials do that, no system can.",
            )
        elif systems is not None and not systems.get(agency):
            yield warning(
                "external_without_system",
                f"/steps/{at}/external",
                vi=f"Công việc {vi} giao cho hệ thống, nhưng cơ quan {quoted(agency)} chưa có ứng dụng nào được nhận việc.",
                en=f"The step {en} is left to systems, but the agency {quoted(agency)} has no client that may take it.",
            )
