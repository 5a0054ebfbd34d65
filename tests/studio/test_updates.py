"""Looking for newer versions, at a real https server."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from syncsphere_desktop import __version__
from syncsphere_desktop.cli.run import run
from syncsphere_desktop.domain.updates import LARGEST_MANIFEST, Standing
from syncsphere_desktop.errors import UpdateError
from syncsphere_desktop.secret_store import SecretStore
from syncsphere_desktop.settings import HOME_VARIABLE, Paths
from syncsphere_desktop.settings_store import SettingsStore
from syncsphere_desktop.studio.update_fetching import fetch
from syncsphere_desktop.studio.updates import SOURCE_VARIABLE, Updates
from tests.feed.certificates import Certificates, make_certificates
from tests.update_source import UpdateSource, serving_updates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def source(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[UpdateSource]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    with serving_updates(certificates) as found:
        yield found


@pytest.fixture
def updates(source: UpdateSource, tmp_path: Path) -> Updates:
    return remembered(source, tmp_path)


def remembered(source: UpdateSource, folder: Path) -> Updates:
    """Return what a start of the app has, with the settings of that folder."""
    store = SettingsStore(Paths.of_this_user({HOME_VARIABLE: str(folder)}), SecretStore(choose=lambda: None))
    store.load()
    return Updates(store, environment={SOURCE_VARIABLE: source.url}, key=source.key)


async def test_a_newer_version_is_told_and_can_be_skipped(updates: Updates, source: UpdateSource) -> None:
    news = await updates.check()
    updates.skip(news.manifest)
    again = await updates.check()
    source.give_out("9.1", age=timedelta(hours=1))

    assert (news.standing, str(news.manifest.version)) == (Standing.NEWER, "9.0.0")
    assert again.standing is Standing.SKIPPED
    assert (await updates.check()).standing is Standing.NEWER


async def test_an_older_manifest_is_refused_also_after_a_restart(
    updates: Updates, source: UpdateSource, tmp_path: Path
) -> None:
    await updates.check()
    source.give_out(__version__)

    with pytest.raises(UpdateError, match="older than one"):
        await remembered(source, tmp_path).check()


async def test_a_changed_or_foreign_manifest_is_refused(updates: Updates, source: UpdateSource) -> None:
    good = source.content
    source.content = good.replace(b"9.0.0", b"9.0.1")
    with pytest.raises(UpdateError, match="not signed by the makers"):
        await updates.check()
    other = UpdateSource()
    source.content = other.content
    with pytest.raises(UpdateError, match="not signed by the makers"):
        await updates.check()
    source.content = good.replace(b'"signature": "', b'"signature": "AAAA')
    with pytest.raises(UpdateError, match="not signed by the makers"):
        await updates.check()
    assert updates.settings.seen_version is None


async def test_an_expired_manifest_is_refused(updates: Updates, source: UpdateSource) -> None:
    source.give_out(age=timedelta(days=61))

    with pytest.raises(UpdateError, match="expired"):
        await updates.check()


def test_a_source_is_asked_within_bounds_and_by_https_alone(source: UpdateSource) -> None:
    source.content = b"x" * (LARGEST_MANIFEST + 1)
    with pytest.raises(UpdateError, match="larger than"):
        fetch(source.url)
    source.status = 404
    with pytest.raises(UpdateError, match="answers with 404"):
        fetch(source.url)
    source.status, source.content = 200, b"{}"
    source.leads_to = source.url.replace("updates.json", "elsewhere")
    assert fetch(source.url) == b"{}"
    source.leads_to = source.url
    with pytest.raises(UpdateError, match="answers with 302"):
        fetch(source.url)
    for address in ("http://localhost/x", "file:///etc/hostname"):
        source.leads_to = address
        with pytest.raises(UpdateError, match=r"not https|with 302"):
            fetch(source.url)


@pytest.mark.parametrize("name", ["stranger", "expired", "elsewhere"])
def test_a_certificate_that_is_not_to_be_trusted_ends_it(
    name: str, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    with (
        serving_updates(certificates, name) as source,
        pytest.raises(UpdateError, match="certificate") as told,
    ):
        fetch(source.url)

    assert not told.value.retryable
    assert source.requests == 0


def test_a_source_that_is_not_there_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(UpdateError, match="can't be reached") as told:
        fetch(f"https://127.0.0.1:{port}/")

    assert told.value.retryable


async def test_the_weekly_check_is_off_until_somebody_agreed(
    updates: Updates, source: UpdateSource, tmp_path: Path
) -> None:
    found = [(updates.wants_asking, updates.is_due)]
    updates.set_weekly(weekly=True)
    found.append((updates.wants_asking, updates.is_due))
    await updates.check()
    again = remembered(source, tmp_path)
    found.append((again.wants_asking, again.is_due))

    assert found == [(True, False), (False, True), (False, False)]


def test_the_command_line_says_that_no_source_is_configured_and_takes_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.delenv(SOURCE_VARIABLE, raising=False)

    assert run(["updates", "check", "--json"]) == 1
    assert "No update source is configured" in json.loads(capsys.readouterr().out)["error"]["message"]
    assert run(["updates", "source", "http://example.org/"]) == 1
    assert run(["updates", "source", "https://example.org/updates.json"]) == 0
    capsys.readouterr()
    assert run(["updates", "source", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"source": "https://example.org/updates.json"}
