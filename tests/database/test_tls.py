"""Only the right server with the right certificate is talked to, and each refusal says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.probe import ProbeReport, StepState, probe
from syncsphere_desktop.database.reaching import asks_for_password
from syncsphere_desktop.database.wire import certificate_verdict
from syncsphere_desktop.errors import ConnectionFailedError
from syncsphere_desktop.settings import ConnectionTarget, SslMode
from tests.tls_server import PASSWORD, TlsServer, running_tls_server


@pytest.fixture(scope="module")
def module_server() -> Iterator[TlsServer]:
    with running_tls_server() as server:
        yield server


@pytest.fixture
def tls_server(
    module_server: TlsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[TlsServer]:
    """The server with its right certificate, and a home without authorities of the user."""
    monkeypatch.setenv("HOME", str(tmp_path))
    yield module_server
    module_server.use("server")


async def _refusal(target: ConnectionTarget) -> ConnectionFailedError:
    """Return why both the database layer and the connection test refuse the target."""
    database = Database(target, recovery_seconds=3600)
    with pytest.raises(ConnectionFailedError) as caught:
        await database.ping()
    await database.shutdown()
    report = await probe(target)
    assert isinstance(report.error, ConnectionFailedError)
    assert report.error.step == caught.value.step
    assert not caught.value.retryable
    assert report.encrypted is None
    return report.error


def _states(report: ProbeReport) -> dict[str, StepState]:
    return {step.name: step.state for step in report.steps}


async def test_the_right_authority_and_host_are_let_through(tls_server: TlsServer) -> None:
    report = await probe(tls_server.target(authority=tls_server.authority))
    assert report.succeeded, report.error
    assert report.encrypted
    assert report.protocol == "TLSv1.3"
    assert report.server_version is not None
    assert report.server_version.startswith("15")
    tls = next(step for step in report.steps if step.name == "tls")
    assert tls.sentence == "TLSv1.3: the certificate was checked for localhost."


@pytest.mark.parametrize(
    ("mode", "told"), [(SslMode.REQUIRE, "nobody checked"), (SslMode.VERIFY_CA, "authority was checked")]
)
async def test_a_weaker_check_says_what_it_leaves_out(
    tls_server: TlsServer, mode: SslMode, told: str
) -> None:
    authority = tls_server.authority if mode is SslMode.VERIFY_CA else None
    report = await probe(tls_server.target(host="127.0.0.1", mode=mode, authority=authority))
    assert report.succeeded, report.error
    assert told in next(step.sentence for step in report.steps if step.name == "tls")


async def test_another_authority_is_refused(tls_server: TlsServer) -> None:
    error = await _refusal(tls_server.target(authority=tls_server.other_authority))
    assert error.step == "tls"
    assert "not trusted; give its CA file" in error.message


async def test_no_authority_at_all_is_refused(tls_server: TlsServer) -> None:
    error = await _refusal(tls_server.target())
    assert error.step == "tls"
    assert "give its CA file" in error.message


async def test_an_authority_that_is_no_certificate_is_refused(tls_server: TlsServer, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")
    error = await _refusal(tls_server.target(authority=tmp_path / "ca.pem"))
    assert error.step == "tls"
    assert "no certificate that can be read" in error.message


async def test_another_host_is_refused(tls_server: TlsServer) -> None:
    error = await _refusal(tls_server.target(host="127.0.0.1", authority=tls_server.authority))
    assert error.step == "tls"
    assert "is for another host: “localhost”" in error.message
    assert error.message.endswith("not “127.0.0.1”.")


async def test_a_server_without_tls_is_refused(tls_server: TlsServer) -> None:
    tls_server.use("none")
    error = await _refusal(tls_server.target(authority=tls_server.authority))
    assert error.message == "The server does not speak TLS, and verify-full asks for it."
    report = await probe(tls_server.target(authority=tls_server.authority))
    assert _states(report) == {
        "resolve": StepState.OK,
        "reach": StepState.OK,
        "tls": StepState.FAILED,
        "authenticate": StepState.SKIPPED,
        "database": StepState.SKIPPED,
        "version": StepState.SKIPPED,
        "schema": StepState.SKIPPED,
    }


async def test_an_expired_certificate_is_refused(tls_server: TlsServer) -> None:
    tls_server.use("expired")
    error = await _refusal(tls_server.target(authority=tls_server.authority))
    assert error.message == "The server's certificate has expired."


async def test_a_certificate_signed_by_itself_is_refused_and_can_be_trusted_by_name(
    tls_server: TlsServer,
) -> None:
    tls_server.use("self-signed")
    error = await _refusal(tls_server.target(authority=tls_server.authority))
    assert "signed by itself" in error.message
    report = await probe(tls_server.target(authority=tls_server.folder / "self-signed.pem"))
    assert report.succeeded, report.error


async def test_a_wrong_password_ends_at_the_step_after_tls(tls_server: TlsServer) -> None:
    target = tls_server.target(authority=tls_server.authority, password="wrong-hunter")
    error = await _refusal(target)
    assert error.step == "authenticate"
    assert error.message == "The password was refused for user “ada”."
    report = await probe(target)
    assert _states(report)["tls"] is StepState.OK
    assert "hunter" not in repr(report)


async def test_no_password_is_told_from_a_wrong_one(tls_server: TlsServer) -> None:
    error = await _refusal(tls_server.target(authority=tls_server.authority, password=None))
    assert "none was given" in error.message


async def test_a_server_that_lets_nobody_in_without_tls_says_so(tls_server: TlsServer) -> None:
    target = tls_server.target(host="127.0.0.1", mode=SslMode.DISABLE)
    error = await _refusal(replace(target, profile=replace(target.profile, user="needs_tls")))
    assert error.step == "authenticate"


async def test_a_password_crosses_loopback_without_tls_where_that_was_asked_for(
    tls_server: TlsServer,
) -> None:
    report = await probe(tls_server.target(host="127.0.0.1", mode=SslMode.DISABLE))
    assert report.succeeded, report.error
    assert report.encrypted is False
    assert _states(report)["tls"] is StepState.SKIPPED


def test_a_certificate_is_looked_at_only_where_there_is_something_to_check_it_with(
    tls_server: TlsServer, tmp_path: Path
) -> None:
    profile = tls_server.target().profile
    assert certificate_verdict(profile, tls_server.authority) is None
    assert certificate_verdict(profile, tls_server.other_authority) is not None
    assert certificate_verdict(profile, tmp_path / "none.pem") is None
    tls_server.use("none")
    assert certificate_verdict(profile, tls_server.authority) is None


def test_a_server_that_wants_a_password_is_known_before_anything_is_done(tls_server: TlsServer) -> None:
    authority = tls_server.authority
    assert asks_for_password(tls_server.target(authority=authority, password=None))
    assert not asks_for_password(tls_server.target(authority=authority))
    assert not asks_for_password(tls_server.target(authority=tls_server.other_authority, password=None))


def test_a_command_takes_the_servers_password_from_a_file(
    tls_server: TlsServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from syncsphere_desktop.cli.run import run

    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    url = f"postgresql://ada@localhost:{tls_server.port}/postgres?sslrootcert={tls_server.authority}"
    assert run(["migrate", "status", "--database-url", url, "--json"]) == 1
    assert "none was given" in capsys.readouterr().out
    arguments = ["migrate", "status", "--database-url", url, "--server-password-file", str(file), "--json"]
    assert run(arguments) == 0
    assert '"state": "empty"' in capsys.readouterr().out
