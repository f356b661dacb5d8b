"""People, how they sign in, and where they can be reached."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, Fault, Forbidden, Invalid, NotFound, Text

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128
"""A bound on the work a stranger can make us do; NIST SP 800-63B asks to take at least 64."""

_ACCOUNT_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{2,99}")
# A dot-atom (RFC 5322 §3.2.3; letters of any script, RFC 6532) and a host name: nothing that can be read as
# something else in a header, such as a list, a group or a comment.
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]{{2,63}}")
_PHONE = re.compile(r"\+[1-9][0-9]{7,14}")


class AddressKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class ContactAddress:
    """Where a person can be reached. Addresses live in identity alone and leave it in no event."""

    kind: AddressKind
    value: str


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with an account; `language` (`vi` or `en`) is the one to write to them in."""

    id: UUID
    account_name: str
    full_name: str
    language: str
    addresses: tuple[ContactAddress, ...] = ()
    version: int = 1


class InvalidPerson(Invalid):
    slug = "invalid-person"
    title = Text(vi="Thông tin cá nhân chưa đúng.", en="The personal details are not valid.")


class AccountNameTaken(Conflict):
    slug = "account-name-taken"
    title = Text(
        vi="Tên đăng nhập này đã có người dùng. Hãy chọn tên khác hoặc đăng nhập.",
        en="This account name is taken. Choose another, or sign in.",
    )


class NoSuchPerson(NotFound):
    slug = "no-such-person"
    title = Text(vi="Không có người này.", en="There is no such person.")


class WrongPassword(Forbidden):
    slug = "wrong-password"
    title = Text(vi="Mật khẩu hiện tại không đúng.", en="The present password is wrong.")


def normal_account_name(text: str) -> str:
    """The form in which account names are compared: without case, width or surrounding space."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def normal_password(text: str) -> str:
    """The form in which passwords are hashed (NIST SP 800-63B §3.1.1.2: NFKC or NFKD)."""
    return unicodedata.normalize("NFKC", text)


def check_person(person: Person) -> list[Fault]:
    """The faults of a person's name, account name and addresses."""
    faults = _address_faults(person.addresses)
    if not _ACCOUNT_NAME.fullmatch(person.account_name):
        text = Text(
            vi="Dùng 3–100 chữ không dấu, số hoặc . _ @ + - ; địa chỉ thư điện tử cũng được.",
            en="Use 3 to 100 unaccented letters, digits or . _ @ + - ; an email address will do.",
        )
        faults.append(Fault("/accountName", "malformed", text))
    if not person.full_name.strip() or not person.full_name.isprintable():
        text = Text(vi="Cần họ và tên.", en="A full name is needed.")
        faults.append(Fault("/fullName", "missing", text))
    return faults


def check_password(password: str, account_name: str) -> list[Fault]:
    """The faults of a password: length alone counts, and it is not the account name."""
    if SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD and password.casefold() != account_name:
        return []
    text = Text(
        vi=f"Mật khẩu dài {SHORTEST_PASSWORD}–{LONGEST_PASSWORD} ký tự và khác tên đăng nhập.",
        en=f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters and is not the account name.",
    )
    return [Fault("/password", "too-weak", text)]


def refuse(faults: list[Fault]) -> None:
    """Raise all faults at once, if there are any.

    Raises:
        InvalidPerson: when there are.
    """
    if faults:
        raise InvalidPerson(faults=faults)


def check_addresses(addresses: tuple[ContactAddress, ...]) -> None:
    """Refuse addresses that nothing can be sent to.

    Raises:
        InvalidPerson: naming every fault at once.
    """
    refuse(_address_faults(addresses))


def is_reachable(address: ContactAddress) -> bool:
    """Whether something can be sent there, as far as one can tell by looking at it."""
    pattern = _EMAIL if address.kind is AddressKind.EMAIL else _PHONE
    return pattern.fullmatch(address.value) is not None


def _address_faults(addresses: tuple[ContactAddress, ...]) -> list[Fault]:
    faults = []
    for index, address in enumerate(addresses):
        if not is_reachable(address):
            text = Text(
                vi="Cần địa chỉ thư điện tử, hoặc số điện thoại dạng +84912345678.",
                en="Give an email address, or a phone number such as +84912345678.",
            )
            faults.append(Fault(f"/contactAddresses/{index}/value", "malformed", text))
    if len(set(addresses)) < len(addresses):
        text = Text(vi="Có địa chỉ bị lặp lại.", en="An address is repeated.")
        faults.append(Fault("/contactAddresses", "repeated", text))
    return faults
