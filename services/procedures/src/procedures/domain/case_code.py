"""The legal case code and the secret that opens public tracking.

`<agency>-<yymmdd>-<nnnn>`: identifier of the receiving agency, date of receipt in the agency's zone, and
the number in that day's series (Circular 01/2018/TT-VPCP, art. 19). The 10,000th case of a day takes a
fifth digit, so that no number is used twice.
"""

from datetime import date
from hashlib import blake2b
from uuid import UUID

SERIES_DIGITS = 4
SECRET_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # noqa: S105 -- the letters, not a secret
SECRET_LENGTH = 12


def series_prefix(agency: str, day: date) -> str:
    """The code up to the number: `H99.01-260131-`."""
    return f"{agency}-{day:%y%m%d}-"


def tracking_secret(key: bytes, case_id: UUID) -> str:
    """The secret that opens the public tracking of a case: 60 bits, in letters not mistaken for another.

    It follows from the case and the installation's key (BLAKE2b, RFC 7693, keyed), so nothing that could leak is stored.
    """
    digest = blake2b(case_id.bytes, key=key[:64], digest_size=SECRET_LENGTH).digest()
    return "".join(SECRET_ALPHABET[byte % len(SECRET_ALPHABET)] for byte in digest)
