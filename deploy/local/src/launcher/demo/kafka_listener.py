"""An integrator with access to Kafka: reads a topic as any client of Kafka does, CloudEvents in binary mode."""

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, cast

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from launcher.errors import LauncherError

_ANSWER_SECONDS = 10.0
_POLL_SECONDS = 0.1
_OPTIONS = {"group.id": "demo", "enable.auto.commit": False, "fetch.wait.max.ms": 100, "log_level": 2}
_NAMES = {
    "KAFKA_BOOTSTRAP_SERVERS": "bootstrap.servers",
    "KAFKA_SECURITY_PROTOCOL": "security.protocol",
    "KAFKA_SASL_MECHANISM": "sasl.mechanism",
    "KAFKA_SASL_USERNAME": "sasl.username",
    "KAFKA_SASL_PASSWORD": "sasl.password",
    "KAFKA_SSL_CAFILE": "ssl.ca.location",
    "KAFKA_SSL_CERTFILE": "ssl.certificate.location",
    "KAFKA_SSL_KEYFILE": "ssl.key.location",
}
"""The services' setting -> librdkafka's."""


class KafkaListener:
    """Tells `heard` each event that comes to the topic from now on; a context manager.

    It reads all partitions by itself and joins no group, so it needs no more than the right to read the topic.
    """

    def __init__(
        self, settings: Mapping[str, str], topic: str, heard: Callable[[dict[str, Any]], None]
    ) -> None:
        options = {name: settings[variable] for variable, name in _NAMES.items() if variable in settings}
        if certificate := options.get("ssl.certificate.location"):
            options.setdefault("ssl.key.location", certificate)  # the services take both from one file
        self._consumer = Consumer({**_OPTIONS, **options})
        self._topic = topic
        self._heard = heard
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        try:
            self._begin_at_the_end()
        except KafkaException as error:
            self._consumer.close()
            raise LauncherError(f"Kafka does not tell {self._topic}: {error.args[0].str()}") from None
        self._thread.start()
        return self

    def _begin_at_the_end(self) -> None:
        topic = self._consumer.list_topics(self._topic, timeout=_ANSWER_SECONDS).topics[self._topic]
        ends = [TopicPartition(self._topic, number) for number in topic.partitions]
        for end in ends:
            _, end.offset = self._consumer.get_watermark_offsets(end, timeout=_ANSWER_SECONDS)
        self._consumer.assign(ends)

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._consumer.close()

    def _listen(self) -> None:
        while not self._ended.is_set():
            message = self._consumer.poll(_POLL_SECONDS)
            if message is not None and message.error() is None:
                self._heard(_attributes(message))


def _attributes(message: Message) -> dict[str, Any]:
    """The CloudEvents attributes: headers that begin with `ce_`."""
    headers = cast("list[tuple[str, bytes]]", message.headers() or [])
    return {name.removeprefix("ce_"): raw.decode() for name, raw in headers if name.startswith("ce_")}
