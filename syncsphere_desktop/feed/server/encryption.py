"""The server's certificate, read again when its file is replaced."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

from syncsphere_desktop.errors import FeedError

_log = logging.getLogger(__name__)


class ServerCertificate:
    """A certificate chain and its key as PEM files. Raises FeedError where they can't be used."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._load()
        self._seen = self._stamp()

    def read_again_if_changed(self) -> None:
        """Use renewed files for connections to come; files that can't be used leave the old ones in use."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._load()
        except FeedError as error:
            _log.warning("The renewed certificate is not used. %s", error.message)

    def _load(self) -> None:
        try:
            self.context.load_cert_chain(self._certificate, self._key, password=_no_password)
        except ssl.SSLError as error:
            raise FeedError(
                f"{self._certificate} and {self._key} are no certificate and its key.",
                details=error.reason,
            ) from error
        except (OSError, ValueError) as error:
            raise FeedError(
                f"The certificate {self._certificate} or its key {self._key} can't be read.",
                details=str(error),
            ) from error

    def _stamp(self) -> tuple[int, ...]:
        try:
            return (self._certificate.stat().st_mtime_ns, self._key.stat().st_mtime_ns)
        except OSError:
            return ()  # it is being replaced


def _no_password() -> str:
    """Refuse a key with a passphrase instead of asking for it on the terminal, which would hang a service."""
    raise ValueError("the key is protected by a passphrase")
