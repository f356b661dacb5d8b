"""Officials: people appointed to an agency, with roles in its units."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from shared.errors import Conflict, Fault, Invalid, NotFound, Text

_ROLE = re.compile(r"[A-Z][A-Z0-9_]{1,39}")


@dataclass(frozen=True, slots=True)
class Post:
    """A role in a unit: who may receive (`TIEP_NHAN`), examine (`XU_LY`), sign decisions (`KY_DUYET`) there."""

    unit: str
    role: str


@dataclass(frozen=True, slots=True)
class Official:
    """One appointment of one person to one agency; its id is the subject of the official's tokens."""

    id: UUID
    person_id: UUID
    agency: str
    posts: tuple[Post, ...]
    version: int = 1


class InvalidAppointment(Invalid):
    slug = "invalid-appointment"
    title = Text(vi="Thông tin bổ nhiệm chưa đúng.", en="The appointment is not valid.")


class AlreadyAppointed(Conflict):
    slug = "already-appointed"
    title = Text(
        vi="Người này đang là cán bộ của một cơ quan.", en="This person is an official of an agency already."
    )


class NoSuchOfficial(NotFound):
    slug = "no-such-official"
    title = Text(vi="Không có cán bộ này.", en="There is no such official.")


def check_posts(posts: Iterable[Post], units: frozenset[str]) -> None:
    """Refuse posts in units the agency does not have, malformed roles, and repetitions.

    Raises:
        InvalidAppointment: naming every fault at once.
    """
    faults, seen = [], set()
    for index, post in enumerate(posts):
        if post.unit not in units:
            text = Text(vi="Cơ quan không có đơn vị này.", en="The agency has no such unit.")
            faults.append(Fault(f"/posts/{index}/unit", "unknown", text))
        if not _ROLE.fullmatch(post.role):
            text = Text(
                vi="Vai trò gồm chữ hoa, số và gạch dưới, như XU_LY.",
                en="A role is capitals, digits and underscores, as in XU_LY.",
            )
            faults.append(Fault(f"/posts/{index}/role", "malformed", text))
        if post in seen:
            text = Text(vi="Vị trí này bị lặp lại.", en="This post is repeated.")
            faults.append(Fault(f"/posts/{index}", "repeated", text))
        seen.add(post)
    if not seen:
        text = Text(vi="Cần ít nhất một vị trí.", en="At least one post is needed.")
        faults.append(Fault("/posts", "missing", text))
    if faults:
        raise InvalidAppointment(faults=faults)
