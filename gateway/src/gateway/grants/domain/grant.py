"""What identity says that a client may do: the bound of what its subscriptions are sent, whatever its tokens said."""

from dataclasses import dataclass
from typing import Literal

from gateway.stream.domain.sight import Sight
from shared.errors import Forbidden, Text

SUBSCRIBE = "gateway:subscriptions:write"
"""The scope of those who may have webhooks."""

_NOTHING = Sight(frozenset())


class ClientWithdrawn(Forbidden):
    slug = "client-withdrawn"
    title = Text(
        vi="Ứng dụng này không còn được phép nhận sự kiện. Hãy hỏi cơ quan đã đăng ký ứng dụng.",
        en="This client may not have events any more. Ask the agency that registered it.",
    )


@dataclass(frozen=True, slots=True)
class Grant:
    """A client as it is registered now. `sequence` is that of the event that said so."""

    client: str
    kind: Literal["person", "official", "client"]
    scopes: frozenset[str]
    agency: str | None
    enabled: bool
    sequence: int

    @property
    def subscribes(self) -> bool:
        """Whether it may have webhooks at all."""
        return self.enabled and self.kind == "client" and SUBSCRIBE in self.scopes

    @property
    def sight(self) -> Sight:
        """What it may see."""
        if not self.subscribes:
            return _NOTHING
        return Sight.of(
            self.kind, self.scopes, subject=self.client, client_id=self.client, agency=self.agency
        )
