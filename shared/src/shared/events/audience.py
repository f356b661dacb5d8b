"""Who is told of which topic through the gateway (webhooks, stream), and what of an event decides it.

Whoever reads Kafka itself is trusted with whole topics; an integrator is not. So each topic is either
offered here, with the scope that its listeners need, or withheld, with the reason; a test refuses a topic
that is neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told of a topic's events.

    A topic with a `scope` is told to callers with it: a client of an agency and an official of one hear of
    that agency's events alone, a person of those about themselves. A topic without a scope is told to
    everybody who may listen at all, except where it has `client`: that client alone.

    `agency`, `procedure`, `person`, `client` name the field of the data that holds the agency's code, the
    procedure's code, the person's subject id, the client's id.
    """

    scope: str | None = None
    agency: str | None = None
    procedure: str | None = None
    person: str | None = None
    client: str | None = None


OFFERED: Mapping[str, Audience] = {
    "identity.agency.v1": Audience(agency="code"),
    "procedures.procedure.v1": Audience(agency="agency", procedure="code"),
    "procedures.case.v1": Audience(
        scope="procedures:cases:read", agency="agency", procedure="procedure", person="applicant"
    ),
    "procedures.task.v1": Audience(scope="procedures:tasks:work", agency="agency", procedure="procedure"),
    "procedures.claim.v1": Audience(scope="procedures:work:manage", agency="agency", procedure="procedure"),
    "procedures.delegation.v1": Audience(scope="procedures:work:manage", agency="agency"),
    "procedures.anchor.v1": Audience(),
    "procedures.statistics.v1": Audience(agency="agency"),
    "open-data.dataset.v1": Audience(),
    "participation.process.v1": Audience(agency="agency"),
    "gateway.subscription.v1": Audience(client="client"),
}
"""Topic -> its audience."""

WITHHELD: Mapping[str, str] = {
    "participation.feedback.v1": "one score at a time could be traced to the person just served",
    "procedures.access.v1": "who looked at whose data is told to that person, by identity alone",
    "identity.person.v1": "who has an account concerns nobody outside the platform",
    "identity.client.v1": "which programs there are and what they may do concerns those who registered them",
    "identity.official.v1": "who works where is identity's to tell, to those it concerns",
}
"""Topic -> why it is not offered."""
