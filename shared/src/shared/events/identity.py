"""Events of identity: people, agencies, officials, clients. Ids and codes; names only of agencies and units."""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.events.envelope import Event, Topic

PERSON_TOPIC = Topic("identity.person.v1", "People who have an account, by id alone")
AGENCY_TOPIC = Topic("identity.agency.v1", "The tree of agencies and their units", partitions=3)
OFFICIAL_TOPIC = Topic("identity.official.v1", "Who is appointed where, by id alone", partitions=3)
CLIENT_TOPIC = Topic("identity.client.v1", "Registered programs and what they may do", partitions=3)


class PersonRegistered(Event):
    """Someone has an account now. The event's subject is the `sub` of the tokens they act with."""

    topic = PERSON_TOPIC
    type = "identity.person.registered.v1"


class Unit(BaseModel):
    """A unit inside an agency, as one-stop desk or judicial section."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    code: str
    name_vi: str
    name_en: str


class AgencyEvent(Event):
    """What every event of an agency says: its whole present state."""

    topic = AGENCY_TOPIC

    code: str
    """The code of the national list, as `000.00.01.H99`."""
    parent: str | None = None
    """Code of the agency above; absent at the top."""
    name_vi: str
    name_en: str
    units: tuple[Unit, ...] = ()


class AgencyRegistered(AgencyEvent):
    type = "identity.agency.registered.v1"


class AgencyChanged(AgencyEvent):
    type = "identity.agency.changed.v1"


class Post(BaseModel):
    """A role in a unit of the official's agency, both by code."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    unit: str
    role: str


class OfficialEvent(Event):
    """What every event of an official says: the subject is the `sub` of the official's tokens."""

    topic = OFFICIAL_TOPIC

    agency: str
    posts: tuple[Post, ...] = ()
    """Every post held now; none after removal."""


class OfficialAppointed(OfficialEvent):
    type = "identity.official.appointed.v1"


class OfficialPostsChanged(OfficialEvent):
    type = "identity.official.posts_changed.v1"


class OfficialRemoved(OfficialEvent):
    type = "identity.official.removed.v1"


class ClientEvent(Event):
    """What every event of a client says: its whole present state. The subject is an id derived from `client`."""

    topic = CLIENT_TOPIC

    client: str
    """`client_id` of the tokens that it is given."""
    kind: Literal["person", "official", "client"]
    """Whom its tokens speak for."""
    agency: str | None = None
    """Code of the agency in whose name it acts; absent for one of the platform itself."""
    scopes: tuple[str, ...] = ()
    enabled: bool
    """Whether it is given tokens at all."""


class ClientRegistered(ClientEvent):
    type = "identity.client.registered.v1"


class ClientChanged(ClientEvent):
    """Its registration has changed, or its secret."""

    type = "identity.client.changed.v1"
