"""The sender: hands waiting messages to an SMTP server, each until it was accepted once.

A message is claimed for two minutes before it is sent and settled afterwards. A process that is killed in
between leaves the claim to run out, and the message goes again under the same Message-ID, so that a server
or mailbox which had it already can drop it: at least once, as SMTP itself is (RFC 5321 §6.1), and no more
often than that.
"""

import asyncio
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import aiosmtplib
import structlog
from sqlalchemy.exc import SQLAlchemyError

from identity.domain.person import AddressKind
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
        """Send one batch; returns how many messages were claimed for it."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            claimed = await store.claim_due(tx, now=now, until=now + _CLAIMED_FOR, limit=_BATCH)
        for notification in claimed:
            await self._send(notification)
        return len(claimed)

    async def _send(self, notification: Notification) -> None:
        async with self._database.transaction() as tx:
            person = await person_by_id(tx, notification.person_id)
        to = (
            next((one.value for one in person.addresses if one.kind is AddressKind.EMAIL), None)
            if person
            else None
        )
        if person is None or to is None:
            await self._settle(notification, sent=False, again=False)
            return
        mail = mail_of(notification, sender=self._settings.mail_from, to=to, language=person.language)
        try:
            await self._hand_over(mail)
        except aiosmtplib.SMTPRecipientsRefused as error:
            permanent = all(refused.code >= 500 for refused in error.recipients)
            log.warning("sender.refused", notification=str(notification.id), permanent=permanent)
            await self._settle(notification, sent=False, again=not permanent)
        except (aiosmtplib.SMTPException, OSError) as error:
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
            start_tls=settings.smtp_start_tls,
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
