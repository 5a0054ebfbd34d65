"""What the form holds becomes a connection, or errors beside its fields."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from syncsphere_desktop.errors import InputError
from syncsphere_desktop.settings import Environment, SslMode
from syncsphere_desktop.ui.connecting.draft import ConnectionDraft
from syncsphere_desktop.ui.connecting.tls_words import explanation, needs_authority, weakness

GOOD = ConnectionDraft(host="db.example.org", database="studio", user="admin", password="secret")


def test_a_whole_draft_becomes_a_connection_and_comes_back() -> None:
    target = GOOD.target()
    assert target.password == "secret"
    assert target.profile.name == "studio on db.example.org"
    assert target.profile.sslmode is SslMode.VERIFY_FULL
    assert ConnectionDraft.of(target) == replace(GOOD, name="studio on db.example.org")
    assert "secret" not in repr(GOOD)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", ""),
        ("host", "db example"),
        ("host", "db/studio"),
        ("host", "a,b"),
        ("host", "db:5433"),
        ("port", ""),
        ("port", "0"),
        ("port", "65536"),
        ("port", "५४३२"),
        ("database", "  "),
        ("user", ""),
        ("name", "x" * 61),
        ("sslrootcert", "/no/such/file.crt"),
        ("password", "a\0b"),
        ("database", "a\0b"),
        ("storage_url", "takes"),
        ("storage_url", "ftp://files.example.org/takes"),
        ("storage_url", "sftp://files:hunter2@files.example.org/takes"),
        ("storage_url", "/srv/a\0b"),
    ],
)
def test_each_wrong_value_is_told_beside_its_field(field: str, value: str) -> None:
    draft = replace(GOOD, **{field: value})  # type: ignore[arg-type]
    assert list(draft.errors()) == [field]
    with pytest.raises(InputError) as caught:
        draft.target()
    assert caught.value.field == field


@pytest.mark.parametrize(
    "place",
    ["/srv/audio", "file:///srv/audio", "sftp://files@files.example.org:2222/takes", "s3://takes/all"],
)
def test_the_audio_storage_goes_with_the_connection_and_its_secret_stays_unseen(place: str) -> None:
    draft = replace(GOOD, name="x", storage_url=f" {place} ", storage_secret="hunter2")
    target = draft.target()
    assert (target.profile.storage_url, target.storage_secret) == (place, "hunter2")
    assert ConnectionDraft.of(target) == replace(draft, storage_url=place)
    assert "hunter2" not in f"{draft!r}{target!r}{target.profile.address}"


def test_a_socket_folder_and_an_ipv6_address_are_hosts() -> None:
    assert not replace(GOOD, host="/var/run/postgresql", sslmode=SslMode.DISABLE).errors()
    assert not replace(GOOD, host="::1").errors()


def test_a_certificate_is_taken_only_where_the_mode_checks_one(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.crt"
    certificate.touch()
    draft = replace(GOOD, sslrootcert=str(certificate))
    assert draft.target().profile.sslrootcert == certificate
    assert replace(draft, sslrootcert="system").target().profile.sslrootcert == Path("system")
    assert replace(draft, sslmode=SslMode.REQUIRE).target().profile.sslrootcert is None
    assert not replace(draft, sslmode=SslMode.REQUIRE, sslrootcert="/gone").errors()


def test_environment_and_name_are_kept() -> None:
    profile = replace(GOOD, name=" Hamburg ", environment=Environment.PRODUCTION).target().profile
    assert (profile.name, profile.environment) == ("Hamburg", Environment.PRODUCTION)


@pytest.mark.parametrize("mode", [SslMode.VERIFY_CA, SslMode.REQUIRE, SslMode.DISABLE])
def test_a_weaker_mode_is_warned_of_off_this_machine_alone(mode: SslMode) -> None:
    assert weakness("db.example.org", mode)
    assert weakness("127.0.0.1", mode) is None
    assert weakness("/tmp", mode) is None
    assert weakness("db.example.org", SslMode.VERIFY_FULL) is None


def test_every_mode_is_explained() -> None:
    for mode in SslMode:
        for host in ("db.example.org", "localhost", "/tmp"):
            assert explanation(host, mode).endswith(".")
    assert needs_authority(SslMode.VERIFY_CA)
    assert not needs_authority(SslMode.REQUIRE)
