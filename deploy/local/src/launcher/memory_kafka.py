"""`python -m launcher.memory_kafka`: run librdkafka's cluster in this process until it is ended.

Makes the platform's topics, since its clients cannot, and prints the bootstrap servers as its one line.
"""

import signal

from confluent_kafka import Producer

from launcher.services import SERVICES
from shared.events import TOPICS
from shared.kafka import dead_letters_of

_ANSWER_SECONDS = 10


def main() -> None:
    # "x" is never asked: with mock brokers, librdkafka puts their addresses in its place.
    cluster = Producer({"bootstrap.servers": "x", "test.mock.num.brokers": 1, "log_level": 0})
    groups = [service.name.replace("_", "-") for service in SERVICES]
    dead = [dead_letters_of(topic, group) for topic in TOPICS for group in groups]
    for topic in (*TOPICS, *dead):
        cluster.list_topics(topic.name, timeout=_ANSWER_SECONDS)  # asking for a topic makes it
    brokers = cluster.list_topics(timeout=_ANSWER_SECONDS).brokers.values()
    print(",".join(f"{broker.host}:{broker.port}" for broker in brokers), flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
