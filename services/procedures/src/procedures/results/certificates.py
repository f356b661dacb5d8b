"""A certificate for trying the platform: of an authority of its own that nobody else trusts."""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID

_LASTS = timedelta(days=3650)


def make_sample_certificate(folder: Path, passphrase: bytes, now: datetime) -> Path:
    """Write a PKCS#12 file to sign with and the authority's certificate (`authority.pem`); returns the latter."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority, signer = _name("Motcua sample authority"), _name("Cơ quan mẫu")
    root = (
        _builder(authority, authority, authority_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign=False), critical=True)
        .sign(authority_key, SHA256())
    )
    certificate = (
        _builder(signer, authority, key, now)
        .add_extension(_usage(sign=True), critical=True)
        .sign(authority_key, SHA256())
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = folder / "authority.pem"
    pem.write_bytes(root.public_bytes(Encoding.PEM))
    file = folder / "sample.p12"
    file.touch(mode=0o600)
    file.write_bytes(
        serialize_key_and_certificates(
            b"sample", key, certificate, [root], BestAvailableEncryption(passphrase)
        )
    )
    return pem


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(minutes=5),
        not_valid_after=now + _LASTS,
    )


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=sign,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not sign,
        crl_sign=not sign,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )
