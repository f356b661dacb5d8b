"""`python -m gateway.dispatch`: the deliverer alone, for installations that scale it apart from the gateway.

There `GATEWAY_WEBHOOKS__DELIVERER=false` keeps the gateway itself from sending.
"""

import asyncio
import signal
import sys
from contextlib import suppress

from pydantic import ValidationError

from gateway.dispatch.app import deliverer_of
from gateway.settings import Settings
from gateway.stream.listening import Alarm, keep_listening
from shared.logs import configure_logs
from shared.settings import KafkaSettings
from shared.web import Parts


async def deliver(settings: Settings) -> None:
    """Send until SIGTERM or SIGINT, then finish what is under way."""
    parts, alarm = Parts.of(settings, KafkaSettings()), Alarm()
    work = asyncio.gather(
        deliverer_of(settings, parts, alarm).run(),
        keep_listening(alarm, settings.database_url.get_secret_value()),
    )
    for ending in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(ending, work.cancel)
    with suppress(asyncio.CancelledError):
        await work
    await parts.database.close()


if __name__ == "__main__":
    try:
        given = Settings()
    except ValidationError as error:
        names = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
        sys.exit(f"gateway: these settings are missing or wrong: {names}")
    configure_logs("gateway", given.log_format)
    asyncio.run(deliver(given))
