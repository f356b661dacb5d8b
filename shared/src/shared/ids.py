"""Identifiers: UUIDv7 (RFC 9562 §5.7), so that new rows land at the end of an index."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """A new UUIDv7."""
    return uuid_utils.compat.uuid7()
