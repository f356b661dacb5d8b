"""Messages to applicants: written once for each event, sent until a mail server has each of them."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import func, select

from identity.app import create_app
from identity.consumers import HANDLERS
from identity.notifications.operations import GIVEN_UP_AFTER
from identity.notifications.sender import Sender
from identity.tables import notifications
from shared.events import Envelope
from shared.events.procedures import (
    CaseAccepted,
    CaseApologised,
    CaseDecided,
    CaseEvent,
    CaseExtended,
    CaseLapsed,
    CaseRedated,
    CaseReminded,
    CaseSubmitted,
    CaseSupplemented,
    CaseSupplementExpired,
    CaseSupplementRequested,
    CaseTaskCompleted,
)
from shared.events.procedures_fees import CaseFeeDemanded, CaseFeeExpired, CaseFeeReminded
from shared.ids import new_id
from shared.settings import KafkaSettings
from shared.testing import client_of

CODE = "000.00.01.H99-260302-0001"


def _event(kind: type[CaseEvent], applicant: object, **details: Any) -> CaseEvent:
    return kind(
        code=CODE,
        procedure="1.000001",
        version=1,
        agency="000.00.01.H99",
        applicant=str(applicant),
        status="processing",
        **details,
    )


async def _happens(ground: Any, event: CaseEvent, *, times: int = 1) -> Envelope:
    envelope = event.envelope(subject=new_id(), sequence=1, at=ground.clock.now())
    for _ in range(times):
        async with ground.database.transaction() as tx:
            await HANDLERS[type(event)](tx, envelope, event)
    return envelope


async def _messages(ground: Any, browser: AsyncClient, person: Any) -> list[dict[str, Any]]:
    own = ground.tokens.bearer("identity:notifications:read", subject=str(person.id))
    items: list[dict[str, Any]] = (await browser.get("/identity/v1/notifications", headers=own)).json()[
        "items"
    ]
    return items


async def test_an_applicant_is_told_once_however_often_the_event_comes(
    ground: Any, browser: AsyncClient
) -> None:
    person, other = await ground.person(), await ground.person()
    due_at = datetime.fromisoformat("2026-03-09T10:00:00Z")
    envelope = await _happens(ground, _event(CaseAccepted, person.id, due_at=due_at), times=3)
    assert await _messages(ground, browser, other) == []
    (message,) = await _messages(ground, browser, person)
    assert message == {
        "id": str(envelope.id),
        "caseCode": CODE,
        "subject": {
            "vi": f"Hồ sơ đã được tiếp nhận – {CODE}",
            "en": f"Your case was accepted – {CODE}",
        },
        "body": {
            "vi": f"Mã hồ sơ: {CODE}\nHẹn trả kết quả: 17:00 ngày 09/03/2026\n"
            "Cơ quan đang giải quyết. Bạn có thể theo dõi tiến độ bằng mã hồ sơ.",
            "en": f"Case code: {CODE}\nDue: 09 March 2026, 17:00 (Vietnam time)\n"
            "The agency is working on it. You can follow its progress by the case code.",
        },
        "occurredAt": "2026-03-02T01:00:00Z",
        "sentAt": None,
    }


@pytest.mark.parametrize(("outcome", "words"), [("granted", "được chấp thuận"), ("rejected", "bị từ chối")])
async def test_a_decision_is_told_as_it_is(
    ground: Any, browser: AsyncClient, outcome: str, words: str
) -> None:
    person = await ground.person()
    await _happens(ground, _event(CaseDecided, person.id, outcome=outcome))
    (message,) = await _messages(ground, browser, person)
    assert words in message["subject"]["vi"]


PROMISED = {"promised_at": datetime.fromisoformat("2026-03-20T16:59:59Z")}
BY_THE_20TH = {"answer_by": PROMISED["promised_at"]}
FEE = {"fee": f"{CODE}/1"}
PAY_BY_THE_20TH = {"pay_by": PROMISED["promised_at"]}


@pytest.mark.parametrize(
    ("kind", "details", "words"),
    [
        (
            CaseExtended,
            {"extensions": 1, "due_at": PROMISED["promised_at"]},
            "Hẹn trả kết quả: 23:59 ngày 20/03/2026",
        ),
        (CaseRedated, {"reason": "Bão.", "due_at": PROMISED["promised_at"]}, "Hẹn trả kết quả: 23:59"),
        (CaseRedated, {"reason": "Bão.", **BY_THE_20TH}, "Hạn nộp bổ sung: 23:59 ngày 20/03/2026"),
        (CaseApologised, PROMISED, "Hẹn trả kết quả: 23:59 ngày 20/03/2026"),
        (CaseSupplementRequested, BY_THE_20TH, "Hạn nộp bổ sung: 23:59 ngày 20/03/2026"),
        (CaseReminded, {"of": "answer", "reminded_of": PROMISED["promised_at"]}, "Hạn nộp bổ sung"),
        (CaseSupplemented, {"missing": ("SO_DO",)}, "còn thiếu"),
        (CaseSupplementExpired, BY_THE_20TH, "giấy tờ hiện có"),
        (CaseLapsed, BY_THE_20TH, "nộp hồ sơ mới"),
        (CaseFeeDemanded, {**FEE, "amount": 5000, "currency": "VND"}, "nộp trực tuyến"),
        (
            CaseFeeDemanded,
            {**FEE, **PAY_BY_THE_20TH, "amount": 5000, "currency": "VND"},
            "Hạn nộp phí: 23:59 ngày 20/03/2026",
        ),
        (CaseFeeReminded, {**FEE, **PAY_BY_THE_20TH}, "Hạn nộp phí: 23:59 ngày 20/03/2026"),
        (CaseFeeExpired, {**FEE, **PAY_BY_THE_20TH, "on_expiry": "continue"}, "bạn vẫn có thể nộp"),
    ],
)
async def test_what_becomes_of_a_cases_time_is_told(
    ground: Any, browser: AsyncClient, kind: type[CaseEvent], details: dict[str, Any], words: str
) -> None:
    person = await ground.person()
    await _happens(ground, _event(kind, person.id, **details))
    (message,) = await _messages(ground, browser, person)
    assert words in message["body"]["vi"]


async def test_what_the_agency_is_reminded_of_is_not_told_to_the_applicant(
    ground: Any, browser: AsyncClient
) -> None:
    person = await ground.person()
    await _happens(ground, _event(CaseReminded, person.id, of="case", reminded_of=PROMISED["promised_at"]))
    assert await _messages(ground, browser, person) == []


async def test_that_a_case_lapses_for_its_fee_is_told_once(ground: Any, browser: AsyncClient) -> None:
    person = await ground.person()
    await _happens(ground, _event(CaseFeeExpired, person.id, **FEE, **PAY_BY_THE_20TH, on_expiry="lapse"))
    await _happens(ground, _event(CaseLapsed, person.id, **BY_THE_20TH))
    (message,) = await _messages(ground, browser, person)
    assert "nộp hồ sơ mới" in message["body"]["vi"]


async def test_newest_messages_come_first_page_by_page(ground: Any, browser: AsyncClient) -> None:
    person = await ground.person()
    sent = [(await _happens(ground, _event(CaseSubmitted, person.id))).id for _ in range(5)]
    own = ground.tokens.bearer("identity:notifications:read", subject=str(person.id))
    seen, address = [], "/identity/v1/notifications?limit=2"
    while address:
        page = await browser.get(address, headers=own)
        seen += [message["id"] for message in page.json()["items"]]
        address = page.headers["link"].partition(">")[0][1:] if "link" in page.headers else ""
    assert seen == [str(one) for one in reversed(sent)]


@pytest.mark.parametrize("applicant", ["he-thong-tich-hop", new_id()])
async def test_who_has_no_account_is_told_nothing(ground: Any, applicant: object) -> None:
    envelope = await _happens(ground, _event(CaseSubmitted, applicant))
    async with ground.database.reading() as reading:
        count = select(func.count()).select_from(notifications).where(notifications.c.id == envelope.id)
        assert await reading.scalar(count) == 0


async def test_steps_inside_an_agency_are_not_told() -> None:
    assert CaseTaskCompleted not in HANDLERS


async def test_a_message_is_sent_once_in_the_persons_language(own_ground: Any) -> None:
    person = await own_ground.person(email="mau@example.com")
    envelope = await _happens(own_ground, _event(CaseSubmitted, person.id))
    async with mail_server() as server:
        await asyncio.gather(*(server.sender(own_ground).send_due() for _ in range(3)))
        own_ground.clock.advance(timedelta(days=1))
        await server.sender(own_ground).send_due()
    (mail,) = server.received
    assert mail["To"] == "mau@example.com"
    assert mail["Subject"] == f"Đã nhận hồ sơ nộp – {CODE}"
    assert mail["Message-ID"] == f"<{envelope.id}@motcua.invalid>"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_content()
    assert body.index("Cơ quan sẽ kiểm tra") < body.index("The agency will check it")


async def test_a_server_that_is_away_is_tried_again_ever_more_slowly(own_ground: Any) -> None:
    person = await own_ground.person(email="mau@example.com")
    await _happens(own_ground, _event(CaseSubmitted, person.id))
    async with mail_server(b"451 4.3.0 try again later") as server:
        waits = []
        for _ in range(4):
            assert await server.sender(own_ground).send_due() == 1
            waits.append((await _next_attempt(own_ground) - own_ground.clock.now()).total_seconds())
            assert await server.sender(own_ground).send_due() == 0, "not before its time"
            own_ground.clock.set(await _next_attempt(own_ground))
        assert waits == [30, 60, 120, 240]
        server.answer = b"250 2.0.0 taken"
        assert await server.sender(own_ground).send_due() == 1
        assert len(server.received) == 1
        assert await _next_attempt(own_ground) is None


async def test_an_address_that_does_not_exist_is_tried_once(own_ground: Any) -> None:
    person = await own_ground.person(email="nobody@example.com")
    await _happens(own_ground, _event(CaseSubmitted, person.id))
    async with mail_server(recipient=b"550 5.1.1 no such mailbox") as server:
        assert await server.sender(own_ground).send_due() == 1
        assert await _next_attempt(own_ground) is None


async def test_after_three_days_a_message_is_given_up_and_stays_readable(own_ground: Any) -> None:
    person = await own_ground.person(email="mau@example.com")
    await _happens(own_ground, _event(CaseSubmitted, person.id))
    own_ground.clock.advance(GIVEN_UP_AFTER)
    async with mail_server(b"451 4.3.0 try again later") as server:
        await server.sender(own_ground).send_due()
    assert await _next_attempt(own_ground) is None
    async with client_of(own_ground.app) as browser:
        assert len(await _messages(own_ground, browser, person)) == 1


async def test_a_sender_that_dies_leaves_its_messages_to_the_next(own_ground: Any) -> None:
    """It dies while the server has not answered yet; the message goes again under the same id."""
    person = await own_ground.person(email="mau@example.com")
    await _happens(own_ground, _event(CaseSubmitted, person.id))
    async with mail_server(None) as server:
        dying = asyncio.create_task(server.sender(own_ground).send_due())
        await server.reached.wait()
        dying.cancel()
        server.released.set()
        await asyncio.gather(dying, return_exceptions=True)
        server.answer = b"250 2.0.0 taken"
        assert await server.sender(own_ground).send_due() == 0, "claimed for two minutes"
        own_ground.clock.advance(timedelta(minutes=2))
        assert await server.sender(own_ground).send_due() == 1
    first, second = server.received
    assert first["Message-ID"] == second["Message-ID"]


async def test_who_has_no_mail_address_reads_the_message_after_signing_in(own_ground: Any) -> None:
    person = await own_ground.person(phone="+84900000000")
    await _happens(own_ground, _event(CaseSubmitted, person.id))
    async with mail_server() as server:
        assert await server.sender(own_ground).send_due() == 1
        assert await server.sender(own_ground).send_due() == 0
    assert server.received == []


async def test_the_outbox_page_is_for_whoever_sits_at_the_machine(ground: Any) -> None:
    for address, status in (("127.0.0.1", 200), ("::1", 200), ("192.168.1.7", 404)):
        transport = ASGITransport(app=ground.app, client=(address, 1))
        async with AsyncClient(transport=transport, base_url="http://service.test") as browser:
            assert (await browser.get("/outbox")).status_code == status


async def test_the_outbox_page_is_there_on_one_machine_without_mail_alone(
    ground: Any, browser: AsyncClient
) -> None:
    person = await ground.person()
    await _happens(ground, _event(CaseSubmitted, person.id))
    page = await browser.get("/outbox")
    assert page.status_code == 200
    assert CODE in page.text
    assert person.full_name in page.text
    settings = ground.app.state.identity.settings
    for change in ({"smtp_host": "mail.example"}, {"public_url": "https://dichvucong.example"}):
        app = create_app(settings.model_copy(update=change), KafkaSettings(), clock=ground.clock)
        async with client_of(app) as elsewhere:
            assert (await elsewhere.get("/outbox")).status_code == 404
        await app.state.parts.database.close()


@dataclass
class MailServer:
    """A mail server that answers each message with `answer`; with None it takes it and stays silent."""

    port: int
    answer: bytes | None
    recipient: bytes
    received: list[EmailMessage] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def sender(self, ground: Any) -> Sender:
        settings = ground.app.state.identity.settings.model_copy(
            update={
                "smtp_host": "127.0.0.1",
                "smtp_port": self.port,
                "smtp_start_tls": False,
                "smtp_password": SecretStr(""),
            }
        )
        return Sender(ground.database, ground.clock, settings)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One SMTP conversation (RFC 5321 §3)."""
        writer.write(b"220 mail.test ready\r\n")
        while line := await reader.readline():
            verb = line[:4].upper().strip()
            if verb == b"RCPT":
                writer.write(self.recipient + b"\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                if self.answer is None or self.answer.startswith(b"2"):
                    message = email.message_from_bytes(content[:-5], policy=email.policy.SMTP)
                    self.received.append(message)
                self.reached.set()
                if self.answer is None:
                    await self.released.wait()
                    break
                writer.write(self.answer + b"\r\n")
            else:
                writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 fine\r\n")
        writer.close()


@asynccontextmanager
async def mail_server(
    answer: bytes | None = b"250 2.0.0 taken", *, recipient: bytes = b"250 2.1.5 fine"
) -> AsyncIterator[MailServer]:
    mail = MailServer(0, answer, recipient)
    server = await asyncio.start_server(mail.talk, "127.0.0.1", 0)
    mail.port = server.sockets[0].getsockname()[1]
    async with server:
        yield mail


async def _next_attempt(ground: Any) -> Any:
    async with ground.database.reading() as reading:
        return await reading.scalar(select(notifications.c.next_attempt_at))


async def test_of_a_part_of_a_case_an_applicant_is_told_where_asked_for_something_under_the_code_they_know(
    ground: Any, browser: AsyncClient
) -> None:
    person, whole = await ground.person(), "000.00.01.H99-260301-0007"
    fee = {"fee": "000.00.02.H99-260301-0001/1"}
    for kind, details in (
        (CaseAccepted, {}),
        (CaseDecided, {"outcome": "granted"}),
        (CaseSupplementRequested, {}),
        (CaseFeeDemanded, {**fee, "amount": 20000, "currency": "VND"}),
        (CaseFeeReminded, {**fee, **PAY_BY_THE_20TH}),
        (CaseFeeExpired, {**fee, **PAY_BY_THE_20TH, "on_expiry": "lapse"}),
        (CaseLapsed, BY_THE_20TH),
    ):
        await _happens(ground, _event(kind, person.id, parent=whole, **details))
    messages = await _messages(ground, browser, person)
    assert {message["caseCode"] for message in messages} == {whole}
    subjects = sorted(message["subject"]["en"].partition(" – ")[0] for message in messages)
    assert subjects == [
        "A part of your case has lapsed",
        "There is a fee to pay",
        "Your case needs a supplement",
        "Your time to pay the fee ends soon",
    ]
