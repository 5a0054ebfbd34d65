"""The connection test goes step by step, and ends at the one that fails with a sentence."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from syncsphere_desktop.database import reaching
from syncsphere_desktop.database.parameters import Timeouts
from syncsphere_desktop.database.probe import STEPS, ProbeReport, ProbeStep, StepState, probe
from syncsphere_desktop.database.schema.status import SchemaState
from syncsphere_desktop.errors import ConnectionFailedError, ServerLimitError
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, SslMode
from tests.proxy import Proxy
from tests.servers import empty_database, execute, role


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def _target(**changes: object) -> ConnectionTarget:
    profile = ConnectionProfile("x", "127.0.0.1", 1, "studio", "ada", SslMode.DISABLE)
    return ConnectionTarget(replace(profile, **changes))  # type: ignore[arg-type]


def _failed(report: ProbeReport) -> ProbeStep:
    (step,) = [step for step in report.steps if step.state is StepState.FAILED]
    before = STEPS[: STEPS.index(step.name)]
    assert [other.name for other in report.steps] == list(STEPS)
    for other in report.steps:
        if other.name in before:
            assert other.state in {StepState.OK, StepState.SKIPPED}
        elif other.name != step.name:
            assert other.state is StepState.SKIPPED
    assert not report.succeeded
    return step


async def test_a_good_connection_passes_every_step_and_tells_what_it_found(target: ConnectionTarget) -> None:
    heard: list[ProbeStep] = []
    report = await probe(target, heard.append)
    assert report.succeeded
    assert {step.state for step in report.steps} <= {StepState.OK, StepState.SKIPPED}
    assert all(step.sentence.endswith(".") for step in report.steps)
    assert list(dict.fromkeys(step.name for step in heard)) == list(STEPS)
    assert report.server_version
    assert report.latency is not None
    assert report.latency > 0
    assert report.may_write
    assert report.superuser
    assert report.read_only is False
    assert report.schema is not None
    assert report.schema.state is SchemaState.CURRENT


async def test_the_way_over_the_network_is_resolved_and_reached(target: ConnectionTarget) -> None:
    async with Proxy(target) as proxy:
        report = await probe(replace(proxy.target, profile=replace(proxy.target.profile, host="localhost")))
    assert report.succeeded, report.error
    assert report.steps[0].sentence.startswith("localhost is ")
    assert report.steps[2].state is StepState.SKIPPED


async def test_a_host_that_is_not_known_ends_the_first_step() -> None:
    report = await probe(_target(host="nowhere.invalid"))
    step = _failed(report)
    assert step.name == "resolve"
    assert "nowhere.invalid" in step.sentence


async def test_a_name_that_no_host_can_have_ends_the_first_step() -> None:
    assert _failed(await probe(_target(host=f"{'x' * 70}.invalid"))).name == "resolve"


async def test_a_port_where_nothing_listens_is_told() -> None:
    step = _failed(await probe(_target(port=1)))
    assert (step.name, step.sentence) == ("reach", "Nothing listens on 127.0.0.1, port 1.")


async def test_a_socket_that_is_not_there_is_told() -> None:
    step = _failed(await probe(_target(host="/nowhere")))
    assert (step.name, step.sentence) == ("reach", "No server has the socket in /nowhere, port 1.")
    assert _failed(await probe(_target(host="@nowhere"))).name == "reach"


async def test_what_is_not_postgresql_is_told() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    for mode in (SslMode.DISABLE, SslMode.REQUIRE):
        step = _failed(await probe(_target(port=port, sslmode=mode)))
        assert step.name == "reach"
        assert "not PostgreSQL" in step.sentence
    listener.close()
    await listener.wait_closed()


async def test_a_server_that_says_nothing_is_not_waited_for_long(silent_port: int) -> None:
    report = await asyncio.wait_for(probe(_target(port=silent_port), timeouts=Timeouts(connect=2.0)), 30)
    assert _failed(report).sentence.endswith("did not answer in time.")


async def test_a_test_that_is_cancelled_leaves_nothing(silent_port: int) -> None:
    before = set(threading.enumerate())
    testing = asyncio.create_task(probe(_target(port=silent_port), timeouts=Timeouts(connect=2.0)))
    await asyncio.sleep(0.1)
    testing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await testing
    assert not [
        thread for thread in set(threading.enumerate()) - before if thread.name.startswith("database")
    ]


async def test_wrong_names_end_at_their_step(target: ConnectionTarget) -> None:
    user = replace(target.profile, user="nobody_at_all")
    database = replace(target.profile, database="nowhere")
    step = _failed(await probe(ConnectionTarget(user)))
    assert (step.name, step.sentence) == (
        "authenticate",
        "The server knows no user “nobody_at_all” who may log in.",
    )
    step = _failed(await probe(ConnectionTarget(database)))
    assert (step.name, step.sentence) == ("database", "There is no database “nowhere” on the server.")


async def test_an_old_server_ends_at_the_version(
    target: ConnectionTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "OLDEST_SERVER", 990_000)
    step = _failed(await probe(target))
    assert step.name == "version"
    assert "too old" in step.sentence


async def test_a_full_server_is_told_where_it_ended(target: ConnectionTarget) -> None:
    with role(target, "ALTER ROLE {role} CONNECTION LIMIT 0") as limited:
        report = await probe(limited)
    assert isinstance(report.error, ServerLimitError)
    assert "too many connections" in _failed(report).sentence


async def test_the_role_s_rights_are_told(target: ConnectionTarget) -> None:
    with role(target, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}") as reader:
        execute(target, f"ALTER ROLE {reader.profile.user} SET default_transaction_read_only = on")
        report = await probe(reader)
    assert report.succeeded, report.error
    assert report.may_write is False
    assert report.superuser is False
    assert report.read_only is True


async def test_an_empty_database_can_be_opened_and_is_told(server: ConnectionProfile) -> None:
    with empty_database(server) as empty:
        report = await probe(empty)
        assert report.succeeded
        assert report.may_write is None
        assert "empty" in report.steps[-1].sentence
        execute(empty, "CREATE TABLE users (id text)")
        report = await probe(empty)
        assert "differ" in report.steps[-1].sentence


async def test_the_report_holds_no_password(target: ConnectionTarget) -> None:
    report = await probe(replace(target, password="hunter2"))
    assert "hunter2" not in repr(report)


async def test_a_lookup_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*arguments: object, **options: object) -> list[object]:
        released.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    report = await probe(_target(host="db.example"), timeouts=Timeouts(connect=-0.9))
    released.set()
    assert isinstance(report.error, ConnectionFailedError)
    assert "not answered for in time" in _failed(report).sentence
