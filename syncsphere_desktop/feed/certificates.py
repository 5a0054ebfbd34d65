"""A certificate authority for this machine alone, and the feed's certificate from it.

The authority may only vouch for this machine's own addresses, so it is harmless to who trusts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from syncsphere_desktop.files import locked, replace_file

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 397
_RENEWED_BEFORE = timedelta(days=30)
_BACKDATED = timedelta(days=1)  # clocks may differ a little, and be set back
_NAME = "localhost"
_ADDRESSES = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """PEM files: what clients trust, and what the server shows and proves itself with."""

    authority: Path
    certificate: Path
    key: Path


class LocalAuthority:
    """Makes the files of one folder, readable by their owner alone. Blocking; raises OSError, FileError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authority_key = folder / "authority.key"
        self.files = CertificateFiles(folder / "authority.pem", folder / "server.pem", folder / "server.key")

    def ensure(self, *, now: datetime | None = None) -> CertificateFiles:
        """Make what is missing, can't be read, or ends within a month, and return where all of it is."""
        now = now or datetime.now(UTC)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self._folder / "certificates.lock"):
            authority = self._authority(now)
            if authority is None:
                authority = self._make_authority(now)
                self._make_server(authority, now)
            elif not self._has_server(authority[0], now):
                self._make_server(authority, now)
        return self.files

    def _authority(self, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
        certificate = _read_certificate(self.files.authority)
        key = _read_key(self._authority_key)
        if certificate is None or key is None or certificate.public_key() != key.public_key():
            return None
        # What it signs lives shorter than itself.
        lasts = certificate.not_valid_after_utc - now
        return (certificate, key) if lasts > timedelta(days=_SERVER_DAYS) else None

    def _has_server(self, authority: x509.Certificate, now: datetime) -> bool:
        from cryptography.exceptions import InvalidSignature

        certificate = _read_certificate(self.files.certificate)
        key = _read_key(self.files.key)
        if certificate is None or key is None or certificate.public_key() != key.public_key():
            return False
        try:
            certificate.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - _RENEWED_BEFORE

    def _make_authority(self, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        import ipaddress

        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        key = _new_key()
        name = _named("SyncSphere local studio")
        permitted: list[x509.GeneralName] = [x509.DNSName(_NAME)]
        permitted += [x509.IPAddress(ipaddress.ip_network(address)) for address in _ADDRESSES]
        certificate = (
            _builder(name, name, key, now, _AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.NameConstraints(permitted, None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        replace_file(self._authority_key, _key_bytes(key))
        replace_file(self.files.authority, _certificate_bytes(certificate))
        return certificate, key

    def _make_server(
        self, authority: tuple[x509.Certificate, ec.EllipticCurvePrivateKey], now: datetime
    ) -> None:
        import ipaddress

        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.x509.oid import ExtendedKeyUsageOID

        issuer, issuer_key = authority
        key = _new_key()
        names: list[x509.GeneralName] = [x509.DNSName(_NAME)]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in _ADDRESSES]
        issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        certificate = (
            _builder(_named(_NAME), issuer.subject, key, now, _SERVER_DAYS - 1)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(issued_by, critical=False)
            .sign(issuer_key, hashes.SHA256())
        )
        # A key without its certificate is made anew the next time; the two are compared when they are read.
        replace_file(self.files.key, _key_bytes(key))
        replace_file(self.files.certificate, _certificate_bytes(certificate))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _new_key() -> ec.EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _read_certificate(path: Path) -> x509.Certificate | None:
    """Return the certificate, or None where there is none that could be used."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey | None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _certificate_bytes(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)
