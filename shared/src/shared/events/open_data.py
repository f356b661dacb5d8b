"""Events of open-data: what was published, and under which words it is offered."""

from datetime import datetime

from shared.events.envelope import Event, Topic

DATASET_TOPIC = Topic("open-data.dataset.v1", "Datasets and their published versions", partitions=1)


class DatasetEvent(Event):
    """What every event of a dataset says: which one. The event's subject is its id."""

    topic = DATASET_TOPIC

    dataset: str
    """Its slug, as in its address."""


class DatasetPublished(DatasetEvent):
    """A version was published; it never changes again."""

    type = "open-data.dataset.published.v1"

    version: str
    """Its number, `edition.events`."""
    issued_at: datetime
    """Time of the last event that it rests on."""
    rows: int
    sha256: str
    """Of its Parquet file, in hexadecimal."""


class DatasetDescribed(DatasetEvent):
    """Its publisher offers it under other words: title, description, keywords, licence or contact."""

    type = "open-data.dataset.described.v1"
