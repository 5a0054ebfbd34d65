"""A real https server that gives out an update manifest, signed with a key of its own."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typing_extensions import override

from syncsphere_desktop.domain.updates import SIGNED_AFTER
from tests.feed.certificates import Certificates


class UpdateSource:
    """What the server answers: `content` with `status`, or a redirect to `leads_to`."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.url = ""
        self.status = 200
        self.leads_to: str | None = None
        self.content = b""
        self.requests = 0
        self.give_out()

    @property
    def key(self) -> str:
        """The public half of its key."""
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        return base64.b64encode(self._key.public_key().public_bytes(*raw)).decode()

    def give_out(self, version: str = "9.0.0", *, age: timedelta = timedelta(days=1), **others: Any) -> None:
        """Answer with a manifest of this version that was made some time ago."""
        made = datetime.now(UTC) - age
        document = {
            "version": version,
            "released": made.isoformat(),
            "expires": (made + timedelta(days=60)).isoformat(),
            "notes": "A backup is verified by restoring it.\n\n<b>Markup</b> stays as it is.",
            "page": "https://example.org/download",
            "files": {"linux": {"url": "https://example.org/a.deb", "sha256": "ab" * 32, "size": 91_000_000}},
            **others,
        }
        text = json.dumps(document)
        signature = base64.b64encode(self._key.sign(SIGNED_AFTER + text.encode())).decode()
        self.content = json.dumps({"format": 1, "signed": text, "signature": signature}).encode()


@contextmanager
def serving_updates(certificates: Certificates, certificate: str = "good") -> Iterator[UpdateSource]:
    """Give a source on loopback that shows one of the certificates."""
    source = UpdateSource()
    server = HTTPServer(("127.0.0.1", 0), _handler(source))
    server.socket = certificates.context(certificate).wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    source.url = f"https://localhost:{server.server_port}/updates.json"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield source
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(source: UpdateSource) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            """Answer as the source says."""
            source.requests += 1
            if source.leads_to is not None and self.path.endswith("updates.json"):
                self.send_response(302)
                self.send_header("Location", source.leads_to)
                self.end_headers()
                return
            self.send_response(source.status)
            self.send_header("Content-Length", str(len(source.content)))
            self.end_headers()
            self.wfile.write(source.content)

        @override
        def handle(self) -> None:
            try:
                super().handle()
            except OSError:  # a client that does not trust us leaves in the middle of the handshake
                self.close_connection = True

        @override
        def log_message(self, format: str, *args: object) -> None:
            return

    return Handler
