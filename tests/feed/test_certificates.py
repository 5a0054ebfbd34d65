"""The local authority: a chain that verifies, private files, renewed in time."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from syncsphere_desktop.errors import FeedError
from syncsphere_desktop.feed.certificates import LocalAuthority
from syncsphere_desktop.feed.server.encryption import ServerCertificate
from syncsphere_desktop.feed.server.server import FeedServer
from tests.fakes.feed_book import InMemoryBook


async def test_a_client_that_trusts_the_authority_gets_through_by_name_and_by_address(tmp_path: Path) -> None:
    files = LocalAuthority(tmp_path).ensure()
    trusting = ssl.create_default_context(cafile=files.authority)
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    certificate = ServerCertificate(files.certificate, files.key)
    async with FeedServer(InMemoryBook(), certificate=certificate) as server:
        for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            assert url.startswith("wss://")
            async with connect(url, ssl=trusting) as socket:
                await (await socket.ping())
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(server.url, ssl=ssl.create_default_context())


def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    LocalAuthority(tmp_path / "feed").ensure()
    assert (tmp_path / "feed").stat().st_mode & 0o777 == 0o700
    for path in (tmp_path / "feed").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_what_is_there_stays_until_a_month_before_its_end(tmp_path: Path) -> None:
    authority, now = LocalAuthority(tmp_path), datetime.now(UTC)
    files = authority.ensure(now=now)
    first = [path.read_bytes() for path in (files.authority, files.certificate, files.key)]
    authority.ensure(now=now + timedelta(days=360))
    assert [path.read_bytes() for path in (files.authority, files.certificate, files.key)] == first
    authority.ensure(now=now + timedelta(days=370))
    assert files.authority.read_bytes() == first[0]
    assert files.certificate.read_bytes() != first[1]
    authority.ensure(now=now + timedelta(days=3300))
    assert files.authority.read_bytes() != first[0]


@pytest.mark.parametrize("name", ["authority.pem", "authority.key", "server.pem", "server.key"])
@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_what_is_missing_or_damaged_is_made_anew(tmp_path: Path, name: str, content: bytes | None) -> None:
    authority = LocalAuthority(tmp_path)
    files = authority.ensure()
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    authority.ensure()
    ServerCertificate(files.certificate, files.key)
    ssl.create_default_context(cafile=files.authority)


async def test_a_renewed_certificate_is_used_without_a_restart(tmp_path: Path) -> None:
    authority = LocalAuthority(tmp_path)
    files = authority.ensure(now=datetime.now(UTC) - timedelta(days=390))
    certificate = ServerCertificate(files.certificate, files.key)
    trusting = ssl.create_default_context(cafile=files.authority)
    async with FeedServer(InMemoryBook(), certificate=certificate) as server:
        async with connect(server.url, ssl=trusting) as socket:
            before = socket.transport.get_extra_info("peercert")["notAfter"]
        authority.ensure()
        certificate.read_again_if_changed()
        async with connect(server.url, ssl=trusting) as socket:
            assert socket.transport.get_extra_info("peercert")["notAfter"] != before


def test_a_certificate_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    files = LocalAuthority(tmp_path / "one").ensure()
    other = LocalAuthority(tmp_path / "other").ensure()
    with pytest.raises(FeedError, match="no certificate and its key"):
        ServerCertificate(files.certificate, other.key)
    with pytest.raises(FeedError, match="can't be read"):
        ServerCertificate(files.certificate, tmp_path / "missing")
