"""The sender against a mail server that others wrote, with encryption and an account."""

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from sqlalchemy import select

from identity.domain.messages import Occasion
from identity.notifications.operations import notify_applicant
from identity.notifications.sender import Sender, mail_of
from identity.tables import contact_addresses, notifications
from shared.ids import new_id

ACCOUNT, PASSWORD = "motcua", "mật khẩu của máy chủ thư"
CODE = "000.00.01.H99-260302-0001"


@dataclass
class Post:
    """What the server took: envelope and message of each mail."""

    port: int = 0
    taken: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken.append(envelope)
        self.encrypted.append(session.ssl is not None)
        return "250 2.0.0 taken"

    def authenticate(
        self, _: SMTP, __: Session, ___: Envelope, ____: str, given: LoginPassword
    ) -> AuthResult:
        right = (given.login, given.password) == (ACCOUNT.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=right)

    def sender(self, ground: Any, **settings: Any) -> Sender:
        """The sender, told to use this server."""
        told = {"smtp_host": "127.0.0.1", "smtp_port": self.port, **settings}
        return Sender(
            ground.database, ground.clock, ground.app.state.identity.settings.model_copy(update=told)
        )


OpenPost = Callable[..., AbstractAsyncContextManager[Post]]


@pytest.fixture
def post() -> OpenPost:
    """`async with post(**options) as server`: a mail server with these options of aiosmtpd."""

    @asynccontextmanager
    async def serve(from_the_start: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[Post]:
        post = Post()
        if options.get("auth_required"):
            options["authenticator"] = post.authenticate
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(post, enable_SMTPUTF8=True, hostname="mail.test", **options),
            "127.0.0.1",
            0,
            ssl=from_the_start,
        )
        post.port = server.sockets[0].getsockname()[1]
        async with server:
            yield post

    return serve


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What the server proves itself with, by an authority that this machine trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.datetime.now(datetime.UTC)  # noqa: TID251 -- certificates are read by the machine's clock
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, private = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, private)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    return context


async def write_to(ground: Any, email: str) -> Any:
    """A message waits for someone who is reached at this address."""
    person = await ground.person(email=email)
    async with ground.database.transaction() as tx:
        await notify_applicant(
            tx,
            event_id=(message := new_id()),
            applicant=str(person.id),
            occasion=Occasion.SUBMITTED,
            case_code=CODE,
            due_at=None,
            at=ground.clock.now(),
        )
    return message


async def standing(ground: Any, message: Any) -> tuple[Any, Any]:
    """When the message was sent, and when it is tried again."""
    async with ground.database.reading() as reading:
        n = notifications.c
        row = (await reading.execute(select(n.sent_at, n.next_attempt_at).where(n.id == message))).one()
    return row.sent_at, row.next_attempt_at


async def test_a_message_goes_encrypted_and_under_the_account(
    own_ground: Any, post: OpenPost, certificate: ssl.SSLContext
) -> None:
    message = await write_to(own_ground, "mau@example.com")
    async with post(tls_context=certificate, require_starttls=True, auth_required=True) as server:
        sender = server.sender(own_ground, smtp_username=ACCOUNT, smtp_password=SecretStr(PASSWORD))
        assert await sender.send_due() == 1
    (envelope,) = server.taken
    assert server.encrypted == [True]
    assert envelope.mail_from == "khong-tra-loi@motcua.invalid"
    assert envelope.rcpt_tos == ["mau@example.com"]
    mail = message_from_bytes(envelope.content, policy=SMTPUTF8)
    assert mail["Subject"] == f"Đã nhận hồ sơ nộp – {CODE}"
    assert "Your case was submitted" in mail.get_content()
    assert await standing(own_ground, message) == (own_ground.clock.now(), None)


async def test_a_message_goes_to_a_server_that_is_encrypted_from_the_start(
    own_ground: Any, post: OpenPost, certificate: ssl.SSLContext
) -> None:
    await write_to(own_ground, "mau@example.com")
    async with post(from_the_start=certificate) as server:
        assert await server.sender(own_ground, smtp_tls=True).send_due() == 1
    assert [envelope.rcpt_tos for envelope in server.taken] == [["mau@example.com"]]


async def test_nothing_is_sent_unencrypted_when_encryption_is_asked_for(
    own_ground: Any, post: OpenPost
) -> None:
    message = await write_to(own_ground, "mau@example.com")
    async with post() as server:
        assert await server.sender(own_ground).send_due() == 1
    assert server.taken == []
    sent_at, again_at = await standing(own_ground, message)
    assert sent_at is None
    assert again_at > own_ground.clock.now()


async def test_nothing_is_sent_to_a_server_that_nobody_vouches_for(
    own_ground: Any, post: OpenPost, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    await write_to(own_ground, "mau@example.com")
    async with post(tls_context=certificate) as server:
        assert await server.sender(own_ground).send_due() == 1
    assert server.taken == []


async def test_a_wrong_account_is_tried_again_later(
    own_ground: Any, post: OpenPost, certificate: ssl.SSLContext
) -> None:
    message = await write_to(own_ground, "mau@example.com")
    async with post(tls_context=certificate, auth_required=True) as server:
        wrong = server.sender(own_ground, smtp_username=ACCOUNT, smtp_password=SecretStr("sai"))
        assert await wrong.send_due() == 1
    assert server.taken == []
    assert (await standing(own_ground, message))[1] > own_ground.clock.now()


async def test_an_address_in_letters_of_any_script_is_reached(own_ground: Any, post: OpenPost) -> None:
    await write_to(own_ground, "người.dân@example.com")
    async with post() as server:
        assert await server.sender(own_ground, smtp_start_tls=False).send_due() == 1
    assert server.taken[0].rcpt_tos == ["người.dân@example.com"]


@pytest.mark.parametrize("address", ["a:b;@example.com", "a,b@example.com", "a\x01b@example.com", "@"])
async def test_an_address_that_nothing_can_be_sent_to_holds_up_no_other(
    own_ground: Any, post: OpenPost, address: str
) -> None:
    """Such an address is refused when it is given; it may lie there from before."""
    odd = await write_to(own_ground, "odd@example.com")
    async with own_ground.database.transaction() as tx:
        await tx.execute(contact_addresses.update().values(value=address))
    await write_to(own_ground, "mau@example.com")
    async with post() as server:
        assert await server.sender(own_ground, smtp_start_tls=False).send_due() == 2
    assert [envelope.rcpt_tos for envelope in server.taken] == [["mau@example.com"]]
    assert await standing(own_ground, odd) == (None, None)


async def test_a_message_that_breaks_the_libraries_holds_up_no_other(
    own_ground: Any, post: OpenPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = await write_to(own_ground, "odd@example.com")
    await write_to(own_ground, "mau@example.com")

    def written(notification: Any, **told: Any) -> Any:
        if notification.id == odd:
            raise AttributeError("'Group' object has no attribute 'local_part'")
        return mail_of(notification, **told)

    monkeypatch.setattr("identity.notifications.sender.mail_of", written)
    async with post() as server:
        assert await server.sender(own_ground, smtp_start_tls=False).send_due() == 2
    assert [envelope.rcpt_tos for envelope in server.taken] == [["mau@example.com"]]
    assert (await standing(own_ground, odd))[1] > own_ground.clock.now()


async def test_a_slow_server_never_gets_a_message_twice_from_two_senders(
    own_ground: Any, post: OpenPost
) -> None:
    """Each message takes a minute: a claim on all of them would have run out before the second sender comes."""
    for number in range(5):
        await write_to(own_ground, f"p{number}@example.com")
    async with post() as server:
        first, second = (server.sender(own_ground, smtp_start_tls=False) for _ in range(2))
        take, slow = server.handle_DATA, 0

        async def slowly(*told: Any) -> str:
            nonlocal slow
            slow += 1
            if slow <= 3:
                own_ground.clock.advance(datetime.timedelta(seconds=60))
            if slow == 3:
                await second.send_due()
            return await take(*told)

        server.handle_DATA = slowly  # type: ignore[method-assign]
        await first.send_due()
    assert sorted(envelope.rcpt_tos[0] for envelope in server.taken) == [
        f"p{n}@example.com" for n in range(5)
    ]
