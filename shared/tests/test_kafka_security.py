"""Each way to secure Kafka that the settings know, against a real Apache Kafka with certificates of its own."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from launcher.demo.kafka_listener import KafkaListener
from launcher.demo.patience import wait
from launcher.jars import kafka_jars
from launcher.kafka import ApacheKafka
from launcher.processes import LOOPBACK, free_port
from shared.clock import SystemClock
from shared.events import Topic
from shared.ids import new_id
from shared.kafka import ensure_topics, new_consumer, new_producer
from shared.settings import KafkaSettings

USER, PASSWORD = "motcua", "bi-mat"
_SCRAM = {"SCRAM-SHA-256": ScramMechanism.SCRAM_SHA_256, "SCRAM-SHA-512": ScramMechanism.SCRAM_SHA_512}


class Authority:
    """A certificate authority that lives as long as the test: PEM files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of a test")])
        self._now = SystemClock().now()
        certificate = self._certificate(self._name, self._key.public_key(), x509.BasicConstraints(True, 0))
        self.file = folder / "authority.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> Path:
        """A key and its certificate in one file, for a program on this machine."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        here = x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))])
        certificate = self._certificate(subject, key.public_key(), here)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = self._folder / f"{name}.pem"
        file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        return file

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        day = timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - day)
            .not_valid_after(self._now + day)
            .add_extension(extension, critical=True)
            .sign(self._key, hashes.SHA256())
        )


@dataclass(frozen=True)
class Secured:
    """A broker with one listener for each protocol."""

    ports: dict[str, int]
    authority: Authority
    client: Path

    def settings(self, protocol: str, **more: Any) -> KafkaSettings:
        tls = {"ssl_cafile": str(self.authority.file)} if protocol.endswith("SSL") else {}
        if protocol == "SSL":
            tls["ssl_certfile"] = str(self.client)
        sasl = {"sasl_username": USER, "sasl_password": PASSWORD} if protocol.startswith("SASL") else {}
        servers = f"{LOOPBACK}:{self.ports[protocol]}"
        return KafkaSettings(
            **{"bootstrap_servers": servers, "security_protocol": protocol, **tls, **sasl, **more}
        )


@pytest.fixture(scope="module")
def secured() -> Iterator[Secured]:
    folder = Path(tempfile.mkdtemp(prefix="motcua-tests-"))
    authority = Authority(folder)
    ports = {name: free_port() for name in ("PLAINTEXT", "CONTROLLER", "SSL", "SASL_PLAINTEXT", "SASL_SSL")}
    broker = ApacheKafka(
        folder / "kafka",
        jars=kafka_jars(print),
        port=ports["PLAINTEXT"],
        controller_port=ports["CONTROLLER"],
        properties=properties(ports, authority),
    )
    try:
        broker.start()
        add_scram_user(broker.bootstrap_servers)
        yield Secured(ports, authority, authority.issue("client"))
    finally:
        broker.kill()
        shutil.rmtree(folder)


def properties(ports: dict[str, int], authority: Authority) -> dict[str, str]:
    plain = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    protocols = {**{name: name for name in ports}, "CONTROLLER": "PLAINTEXT"}
    return {
        "listeners": ",".join(f"{name}://{LOOPBACK}:{port}" for name, port in ports.items()),
        "listener.security.protocol.map": ",".join(f"{name}:{kind}" for name, kind in protocols.items()),
        "sasl.enabled.mechanisms": ",".join(("PLAIN", *_SCRAM)),
        **{
            f"listener.name.{name}.{mechanism}.sasl.jaas.config": module
            for name in ("sasl_plaintext", "sasl_ssl")
            for mechanism, module in {
                "plain": f'{plain} user_{USER}="{PASSWORD}";',
                **{one.lower(): scram for one in _SCRAM},
            }.items()
        },
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(authority.issue("broker")),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.file),
        "listener.name.ssl.ssl.client.auth": "required",
    }


def add_scram_user(servers: str) -> None:
    admin = AdminClient({"bootstrap.servers": servers})
    for mechanism in _SCRAM.values():  # Kafka takes one change of a user at a time
        credential = ScramCredentialInfo(mechanism, 4096)
        for done in admin.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(USER, credential, PASSWORD.encode())]
        ).values():
            done.result(30)


WAYS: tuple[tuple[str, dict[str, str]], ...] = (
    ("SSL", {}),
    ("SASL_PLAINTEXT", {"sasl_mechanism": "PLAIN"}),
    ("SASL_PLAINTEXT", {"sasl_mechanism": "SCRAM-SHA-256"}),
    ("SASL_SSL", {"sasl_mechanism": "PLAIN"}),
    ("SASL_SSL", {"sasl_mechanism": "SCRAM-SHA-512"}),
)


@pytest.mark.parametrize(("protocol", "more"), WAYS)
async def test_a_topic_is_made_written_and_read(
    secured: Secured, protocol: str, more: dict[str, str]
) -> None:
    settings = secured.settings(protocol, **more)
    topic = Topic(f"secured.{new_id()}.v1", "Of a test", partitions=1)
    async with asyncio.timeout(30):
        await ensure_topics(settings, [topic])
        async with new_producer(settings) as producer:
            await producer.send_and_wait(topic.name, b"sealed")
        async with new_consumer(settings, topic.name, group_id=topic.name) as consumer:
            assert (await consumer.getone()).value == b"sealed"


@pytest.mark.parametrize(
    ("protocol", "more"),
    [
        ("SASL_PLAINTEXT", {"sasl_password": "wrong"}),
        ("SASL_SSL", {"sasl_mechanism": "SCRAM-SHA-256", "sasl_password": "wrong"}),
        ("SASL_SSL", {"ssl_cafile": None}),
        ("SSL", {"ssl_certfile": None}),
        ("SSL", {"ssl_cafile": None}),
    ],
    ids=["password", "scram password", "unknown authority", "no certificate", "unknown authority of tls"],
)
async def test_who_cannot_prove_who_he_is_or_meets_a_stranger_is_not_connected(
    secured: Secured, protocol: str, more: dict[str, str | None]
) -> None:
    with pytest.raises(KafkaError):
        async with asyncio.timeout(30), new_producer(secured.settings(protocol, **more)):
            pass


@pytest.mark.parametrize(("protocol", "more"), WAYS)
async def test_the_demos_listener_takes_the_same_settings(
    secured: Secured, protocol: str, more: dict[str, str]
) -> None:
    settings = secured.settings(protocol, **more)
    topic = Topic(f"secured.{new_id()}.v1", "Of a test", partitions=1)
    await ensure_topics(settings, [topic])
    told = {f"KAFKA_{name.upper()}": value for name, value in settings.model_dump(exclude_none=True).items()}
    told |= {"KAFKA_SASL_PASSWORD": PASSWORD}
    heard: list[dict[str, Any]] = []
    with KafkaListener({name: str(value) for name, value in told.items()}, topic.name, heard.append):
        async with new_producer(settings) as producer:
            await producer.send_and_wait(topic.name, b"{}", headers=[("ce_id", b"1")])
        await asyncio.to_thread(wait, "the event", lambda: heard)
    assert heard == [{"id": "1"}]
