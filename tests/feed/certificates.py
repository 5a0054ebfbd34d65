"""Certificates for feed servers on loopback, made on the spot."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from syncsphere_desktop.feed.trust import fingerprint_of

NAMES = ("good", "expired", "early", "elsewhere", "stranger", "alone")
"""The right one; out of date; too early; for another host; of another authority; signed by itself."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """A folder with `authority.pem` and a pair of files for each of NAMES."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The CA that signed most of them."""
        return self.folder / "authority.pem"

    def fingerprint(self, name: str) -> str:
        """Return the SHA-256 of a certificate, as 64 hex digits."""
        text = (self.folder / f"{name}.pem").read_text()
        return fingerprint_of(ssl.PEM_cert_to_DER_cert(text))

    def context(self, name: str = "good") -> ssl.SSLContext:
        """Return how a server shows the certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context


def make_certificates(folder: Path) -> Certificates:
    """Make them all; they are good for `localhost`, 127.0.0.1 and ::1 where nothing else is said."""
    now = datetime.now(UTC)
    day = timedelta(days=1)
    authority = _key(folder / "authority.key")
    stranger = _key(folder / "strange-authority.key")
    _write(folder / "authority.pem", _certificate("Test authority", authority, "Test authority", authority))
    for name in NAMES:
        key = _key(folder / f"{name}.key")
        issuer, signer = (
            ("Another authority", stranger) if name == "stranger" else ("Test authority", authority)
        )
        if name == "alone":
            issuer, signer = name, key
        begin, end = {"expired": (now - 9 * day, now - day), "early": (now + day, now + 9 * day)}.get(
            name, (now - day, now + 9 * day)
        )
        hosts = ("feed.example.org",) if name == "elsewhere" else ("localhost", "127.0.0.1", "::1")
        made = _certificate(name, key, issuer, signer, hosts=hosts, begin=begin, end=end)
        _write(folder / f"{name}.pem", made)
    return Certificates(folder)


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return key


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    *,
    hosts: tuple[str, ...] = (),
    begin: datetime | None = None,
    end: datetime | None = None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin or now - timedelta(days=1))
        .not_valid_after(end or now + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=not hosts, path_length=None), critical=True)
    )
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_alternative(host) for host in hosts]), critical=False
        )
    return builder.sign(signer, hashes.SHA256())


def _alternative(host: str) -> x509.GeneralName:
    if host[0].isdigit() or ":" in host:
        return x509.IPAddress(ip_address(host))
    return x509.DNSName(host)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
