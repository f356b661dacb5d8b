"""What is signed is verified from its file alone, for as long as it counts, whatever becomes of the certificate."""

import asyncio
import json
import random
import shutil
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper, HTTPTimeStamper
from structlog.testing import capture_logs

from procedures.results.checking import Checked, check
from procedures.results.paper import typeset
from procedures.results.signing import Seal, SigningNotSetUp, TimeNotAttested
from procedures.results.signing_keys import SigningKeys
from shared.testing import free_port

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)
YEAR = timedelta(days=365)
AGENCY = "H99.01"
DOCUMENT = {
    "format": "motcua-result-1", "type": "GIAY", "number": "01/2026/GXN", "agencyName": "UBND Phường Mẫu",
    "title": {"vi": "Giấy xác nhận", "en": "Confirmation"}, "agency": AGENCY, "procedure": "MAU",
    "caseCode": "H99.01-260105-0001", "outcome": "granted", "legalBasis": ["Luật Mẫu"], "text": "Ở đây.\nữ ẵ ỹ",
    "remedies": None, "issuedAt": NOW.isoformat(), "supersedes": None,
}  # fmt: skip


@dataclass
class Holder:
    """Whoever has a certificate: an authority, or who signs."""

    name: str
    key: Any
    certificate: x509.Certificate
    above: "Holder | None" = None

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def chain(self) -> list[x509.Certificate]:
        """The certificates above this one, the root included."""
        return [] if self.above is None else [self.above.certificate, *self.above.chain]

    def issue(self, name: str, key: Any = None, **options: Any) -> "Holder":
        return certified(name, key or ec.generate_private_key(ec.SECP256R1()), self, **options)

    def keep(self, file: Path) -> None:
        """Put key and certificates into a PKCS#12 file."""
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = BestAvailableEncryption(b"secret")
        file.write_bytes(serialize_key_and_certificates(b"x", self.key, self.certificate, self.chain, lock))


def certified(
    name: str,
    key: Any,
    above: Holder | None = None,
    *,
    authority: bool = False,
    since: datetime = NOW - YEAR,
    until: datetime = NOW + 10 * YEAR,
    stamps: bool = False,
) -> Holder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = (
        x509.CertificateBuilder(
            issuer_name=above.certificate.subject if above else subject,
            subject_name=subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=since,
            not_valid_after=until,
        )
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not authority,
                content_commitment=not authority,
                key_cert_sign=authority,
                **usage,
            ),
            critical=True,
        )
    )
    if stamps:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
    return Holder(name, key, builder.sign(above.key if above else key, SHA256()), above)


@pytest.fixture(scope="module")
def root() -> Holder:
    return certified("Gốc", ec.generate_private_key(ec.SECP256R1()), authority=True)


@pytest.fixture
def sealing(tmp_path: Path) -> Callable[..., Seal]:
    """`sealing(holder)`: what signs with this certificate."""

    def seal(holder: Holder, **options: Any) -> Seal:
        holder.keep(tmp_path / "p12" / f"{holder.name}.p12")
        return Seal(SigningKeys(tmp_path / "p12", b"secret"), **options)

    return seal


def token_of(seal: Seal, now: datetime = NOW, agency: str = AGENCY) -> bytes:
    content = {**DOCUMENT, "issuedAt": now.isoformat()}
    return seal.sign_json(rfc8785.dumps(content), now, agency=agency).encode()


@pytest.fixture(scope="module")
def paper() -> bytes:
    return typeset(DOCUMENT, verify_at="http://127.0.0.1/x")


async def pdf_of(seal: Seal, paper: bytes, now: datetime = NOW, agency: str = AGENCY) -> bytes:
    return await seal.sign_pdf(paper, now, agency=agency, reason="Giấy xác nhận")


async def test_a_paper_is_the_same_bytes_for_the_same_result_and_data_is_never_markup(paper: bytes) -> None:
    assert paper == typeset(DOCUMENT, verify_at="http://127.0.0.1/x")
    assert paper.startswith(b"%PDF-1.7")
    hostile = {**DOCUMENT, "text": '#read("/etc/passwd") #import "x" $ * _ ` @ < \\'}
    assert typeset(hostile, verify_at="http://127.0.0.1:8000/x").startswith(b"%PDF-1.7")


async def test_while_a_paper_is_set_and_signed_others_are_answered(
    root: Holder, sealing: Any, paper: bytes
) -> None:
    answered = 0

    async def others() -> None:
        nonlocal answered
        while True:
            await asyncio.sleep(0)
            answered += 1

    busy = asyncio.create_task(others())
    await asyncio.sleep(0)
    before = answered
    await asyncio.to_thread(typeset, {**DOCUMENT, "text": "Dài. " * 4000}, verify_at="http://127.0.0.1/x")
    between = answered
    await pdf_of(sealing(root.issue("Cơ quan")), paper)
    busy.cancel()
    assert before < between < answered


async def test_a_signed_json_is_verified_from_its_file_alone_and_no_changed_bit_passes(
    root: Holder, sealing: Any
) -> None:
    token = token_of(sealing(root.issue("Cơ quan")))
    checked = await check(token, root.pem, NOW)
    assert (checked.sound, checked.signed_at, checked.ended_at) == (True, NOW, None)
    assert checked.content == DOCUMENT
    chance = random.Random(3)
    for _ in range(300):
        at = chance.randrange(len(token))
        changed = token[:at] + bytes([token[at] ^ (1 << chance.randrange(8))]) + token[at + 1 :]
        again = await check(changed, root.pem, NOW)
        # the last character of each part holds bits that base64 does not use
        assert not again.sound or _decoded(changed) == _decoded(token)


def _decoded(token: bytes) -> list[bytes]:
    return [urlsafe_b64decode(part + b"=" * (-len(part) % 4)) for part in token.split(b".")]


async def test_a_signed_paper_is_verified_and_no_changed_byte_passes(
    root: Holder, sealing: Any, paper: bytes
) -> None:
    pdf = await pdf_of(sealing(root.issue("Cơ quan")), paper)
    checked = await check(pdf, root.pem, NOW)
    assert (checked.sound, checked.signed_at, checked.attested) == (True, NOW, False)
    assert "Cơ quan" in (checked.signer or "")
    chance = random.Random(5)
    signature = range(pdf.rindex(b"/Contents <"), pdf.rindex(b">", 0, pdf.rindex(b"/ByteRange")))
    for _ in range(40):
        at = chance.choice([place for place in range(len(pdf)) if place not in signature])
        changed = pdf[:at] + bytes([pdf[at] ^ 0x04]) + pdf[at + 1 :]
        assert not (await check(changed, root.pem, NOW)).sound, at
    assert not (await check(pdf + b"\n% more", root.pem, NOW)).sound


async def both(seal: Seal, paper: bytes, pem: bytes, signed: datetime, now: datetime) -> list[Checked]:
    """A JSON and a PDF signed at one instant and checked at another."""
    return [
        await check(token_of(seal, signed), pem, now),
        await check(await pdf_of(seal, paper, signed), pem, now),
    ]


@pytest.mark.parametrize("key", ["EC", "RSA"])
async def test_the_way_to_the_authority_may_lead_over_another(
    root: Holder, sealing: Any, paper: bytes, key: str
) -> None:
    between = root.issue("Trung gian", authority=True)
    own = rsa.generate_private_key(65537, 2048) if key == "RSA" else None
    seal = sealing(between.issue("Cơ quan", own))
    assert [one.sound for one in await both(seal, paper, root.pem, NOW, NOW)] == [True, True]
    assert [one.sound for one in await both(seal, paper, between.pem, NOW, NOW)] == [True, True]
    stranger = certified("Gốc", ec.generate_private_key(ec.SECP256R1()), authority=True)
    assert [one.sound for one in await both(seal, paper, stranger.pem, NOW, NOW)] == [False, False]


async def test_who_only_signs_results_cannot_vouch_for_others(
    root: Holder, sealing: Any, paper: bytes
) -> None:
    seal = sealing(root.issue("Cơ quan").issue("Kẻ giả mạo"))
    assert [one.sound for one in await both(seal, paper, root.pem, NOW, NOW)] == [False, False]


async def test_a_certificate_that_has_ended_since_does_not_undo_what_was_signed_with_it(
    root: Holder, sealing: Any, paper: bytes
) -> None:
    ends = NOW + YEAR
    seal = sealing(root.issue("Cơ quan", until=ends))
    for checked in await both(seal, paper, root.pem, NOW, NOW + 3 * YEAR):
        assert (checked.sound, checked.signed_at, checked.ended_at) == (True, NOW, ends)


async def test_what_is_signed_when_the_certificate_was_not_valid_or_after_now_is_not_sound(
    root: Holder, sealing: Any, paper: bytes
) -> None:
    seal = sealing(root.issue("Cơ quan", until=NOW + YEAR))
    with pytest.raises(SigningNotSetUp):
        token_of(seal, NOW + 2 * YEAR)
    assert [one.sound for one in await both(seal, paper, root.pem, NOW, NOW - YEAR / 2)] == [False, False]


async def test_a_time_stamp_attests_when_a_paper_was_signed(root: Holder, sealing: Any, paper: bytes) -> None:
    attests = root.issue("Dấu thời gian", rsa.generate_private_key(65537, 2048), stamps=True)
    private = attests.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    at = NOW + timedelta(seconds=2)
    stamper = DummyTimeStamper(
        Certificate.load(attests.certificate.public_bytes(Encoding.DER)),
        PrivateKeyInfo.load(private),
        fixed_dt=at,
    )
    pdf = await pdf_of(sealing(root.issue("Cơ quan", until=NOW + YEAR), time_stamper=stamper), paper)
    checked = await check(pdf, root.pem, NOW + 3 * YEAR)
    assert (checked.sound, checked.attested, checked.signed_at) == (True, True, at)


async def test_a_time_stamp_authority_that_does_not_answer_keeps_a_paper_from_being_signed(
    root: Holder, sealing: Any, paper: bytes
) -> None:
    nobody = HTTPTimeStamper(f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(TimeNotAttested):
        await pdf_of(sealing(root.issue("Cơ quan"), time_stamper=nobody), paper)


async def test_a_tool_of_others_finds_the_signature_of_a_paper_valid(
    root: Holder, sealing: Any, paper: bytes, tmp_path: Path
) -> None:
    tool = shutil.which("pdfsig")
    if tool is None:
        pytest.skip("pdfsig (poppler-utils) is not on this machine: no other tool looks at the signature")
    file = tmp_path / "paper.pdf"
    for own in (None, rsa.generate_private_key(65537, 2048)):
        file.write_bytes(await pdf_of(sealing(root.issue("Cơ quan", own)), paper))
        process = await asyncio.create_subprocess_exec(tool, file, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
        assert b"Signature is Valid" in out
        assert b"ETSI.CAdES.detached" in out
        assert b"Total document signed" in out


class TestTheKeysOfAgencies:
    def test_an_agency_signs_with_its_own_key_and_the_others_with_the_common_one(
        self, root: Holder, tmp_path: Path
    ) -> None:
        root.issue("chung").keep(tmp_path / "chung.p12")
        root.issue("cũ", since=NOW - 2 * YEAR).keep(tmp_path / AGENCY / "old.p12")
        root.issue("mới").keep(tmp_path / AGENCY / "new.p12")
        root.issue("hết hạn", until=NOW - timedelta(1)).keep(tmp_path / "H99.02" / "ended.p12")
        keys = SigningKeys(tmp_path, b"secret")
        assert {agency: signer(keys, agency) for agency in (AGENCY, "H99.02", "H99.03")} == {
            AGENCY: "mới",
            "H99.02": "chung",
            "H99.03": "chung",
        }
        assert len(Seal(keys).public_keys()["keys"]) == 4

    def test_a_file_that_cannot_be_used_is_told_once_and_left_out(self, root: Holder, tmp_path: Path) -> None:
        root.issue("Cơ quan").keep(tmp_path / "good.p12")
        root.issue("yếu", rsa.generate_private_key(65537, 1024)).keep(tmp_path / "weak.p12")
        root.issue("khác", ec.generate_private_key(ec.SECP384R1())).keep(tmp_path / AGENCY / "curve.p12")
        (tmp_path / "bad.p12").write_bytes(b"not a certificate")
        (tmp_path / "gone.p12").symlink_to(tmp_path / "nowhere")
        with capture_logs() as told:
            keys = SigningKeys(tmp_path, b"secret")
            keys.read_anew()
        assert sorted(Path(line["file"]).name for line in told) == [
            "bad.p12",
            "curve.p12",
            "gone.p12",
            "weak.p12",
        ]
        assert {line["event"] for line in told} == {"result_certificate.unusable"}
        assert signer(keys, AGENCY) == "Cơ quan"
        assert len(Seal(keys).public_keys()["keys"]) == 1
        with capture_logs() as told:
            wrong = SigningKeys(tmp_path, b"another")
        assert (len(told), wrong.all(), Seal(wrong).public_keys()) == (5, [], {"keys": []})

    def test_a_certificate_that_comes_later_is_taken_up_and_one_that_is_gone_signs_no_more(
        self, root: Holder, tmp_path: Path
    ) -> None:
        keys = SigningKeys(tmp_path, b"secret")
        assert keys.valid(AGENCY, NOW) is None
        (tmp_path / "a.p12").write_bytes(b"half of a fi")
        keys.read_anew()
        root.issue("Cơ quan").keep(tmp_path / "a.p12")
        keys.read_anew()
        assert signer(keys, AGENCY) == "Cơ quan"
        (tmp_path / "a.p12").unlink()
        keys.read_anew()
        assert keys.valid(AGENCY, NOW) is None

    def test_a_public_key_tells_nothing_that_is_private(self, root: Holder, tmp_path: Path) -> None:
        root.issue("Cơ quan", rsa.generate_private_key(65537, 2048)).keep(tmp_path / "rsa.p12")
        (key,) = Seal(SigningKeys(tmp_path, b"secret")).public_keys()["keys"]
        assert {"kty", "n", "e", "alg", "use", "kid", "x5c"} == key.keys()
        assert json.loads(json.dumps(key))["alg"] == "RS256"


def signer(keys: SigningKeys, agency: str) -> str:
    key = keys.valid(agency, NOW)
    assert key is not None
    return str(key.signer.signing_cert.subject.native["common_name"])
