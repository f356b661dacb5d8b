"""The sender: hands waiting messages to an SMTP server, each until it was accepted once.

A message is claimed for two minutes before it is sent, given up for now within one, and settled afterwards. So a
claim never runs out under a server that is slow. It does under a process that is killed: then the message goes
again under the same Message-ID, so that a server or mailbox which had it already can drop it. That is at least
once, as SMTP itself is (RFC 5321 §6.1), and no more often.

One message that cannot be sent holds up no other.
"""

import asyncio
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import aiosmtplib
import structlog
from sqlalchemy.exc import SQLAlchemyError

from identity.domain.person import AddressKind, Person, is_reachable
from identity.notifications import store
from identity.notifications.operations import next_attempt
from identity.notifications.store import Notification
from identity.people.store import person_by_id
from identity.settings import Settings
from shared.clock import Clock
from shared.db import Database
from shared.errors import Text

_CLAIMED_FOR = timedelta(minutes=2)
_BATCH = 20
_POLL_SECONDS = 1.0
_TIMEOUT_SECONDS = 20
"""For each word of the conversation with the server."""
_LONGEST_SECONDS = 60
"""For the whole conversation about one message."""

log = structlog.get_logger()


class Sender:
    """Sends until cancelled. Several may run side by side: each claims what it sends."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        assert settings.smtp_host is not None
        self._database = database
        self._clock = clock
        self._settings = settings
        self._host = settings.smtp_host

    async def run(self) -> None:
        """Send what is due, and look again every second."""
        while True:
            try:
                sent = await self.send_due()
            except (SQLAlchemyError, OSError) as error:
                log.warning("sender.interrupted", reason=repr(error))
                sent = 0
            if sent < _BATCH:
                await asyncio.sleep(_POLL_SECONDS)

    async def send_due(self) -> int:
        """Send one message after the other, as long as any is due, one batch at most; returns how many."""
        for number in range(_BATCH):
            now = self._clock.now()
            async with self._database.transaction() as tx:
                notification = await store.claim_due(tx, now=now, until=now + _CLAIMED_FOR)
                person = await person_by_id(tx, notification.person_id) if notification else None
            if notification is None:
                return number
            await self._send(notification, person)
        return _BATCH

    async def _send(self, notification: Notification, person: Person | None) -> None:
        addresses = filter(is_reachable, person.addresses if person else ())
        to = next((one.value for one in addresses if one.kind is AddressKind.EMAIL), None)
        if person is None or to is None:
            await self._settle(notification, sent=False, again=False)
            return
        try:
            mail = mail_of(notification, sender=self._settings.mail_from, to=to, language=person.language)
            async with asyncio.timeout(_LONGEST_SECONDS):
                await self._hand_over(mail)
        except aiosmtplib.SMTPRecipientsRefused as error:
            permanent = all(refused.code >= 500 for refused in error.recipients)
            log.warning("sender.refused", notification=str(notification.id), permanent=permanent)
            await self._settle(notification, sent=False, again=not permanent)
        except (
            Exception
        ) as error:  # of the server, of the way to it, or of what an address does to the libraries
            log.warning("sender.failed", notification=str(notification.id), reason=type(error).__name__)
            await self._settle(notification, sent=False, again=True)
        else:
            await self._settle(notification, sent=True, again=False)

    async def _hand_over(self, mail: EmailMessage) -> None:
        settings = self._settings
        await aiosmtplib.send(
            mail,
            hostname=self._host,
            port=settings.smtp_port,
            use_tls=settings.smtp_tls,
            start_tls=settings.smtp_start_tls and not settings.smtp_tls,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
            timeout=_TIMEOUT_SECONDS,
        )

    async def _settle(self, notification: Notification, *, sent: bool, again: bool) -> None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            await store.settle(
                tx,
                notification.id,
                sent_at=now if sent else None,
                next_attempt_at=next_attempt(notification, now) if again else None,
            )


def mail_of(notification: Notification, *, sender: str, to: str, language: str) -> EmailMessage:
    """The message as mail: the person's language first, the other below it."""
    other = "vi" if language == "en" else "en"
    message = notification.message
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = message.subject.in_language(language)
    mail["Date"] = format_datetime(notification.occurred_at)
    mail["Message-ID"] = f"<{notification.id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = f"{language}, {other}"
    both = (_paragraph(message.subject, message.body, one) for one in (language, other))
    mail.set_content("\n\n— — —\n\n".join(both))
    return mail


def _paragraph(subject: Text, body: Text, language: str) -> str:
    return f"{subject.in_language(language)}\n\n{body.in_language(language)}"
