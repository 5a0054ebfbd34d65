"""The runner is safe when many start it at once, waits for no lock, and says what hinders it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from syncsphere_desktop.database.schema.advisory_lock import _KEY
from syncsphere_desktop.database.schema.revisions import known_revisions
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.database.schema.status import SchemaState
from syncsphere_desktop.database.tables import OUR_SCHEMA
from syncsphere_desktop.errors import ConnectionFailedError, SchemaError, TimedOutError, UsageError
from syncsphere_desktop.settings import ConnectionTarget
from tests.servers import execute, role, session

REVISIONS = [revision.revision for revision in known_revisions()]
RACER = """
import json, sys
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, SslMode

host, port, database, user = sys.argv[1:5]
target = ConnectionTarget(ConnectionProfile("race", host, int(port), database, user, SslMode.DISABLE))
runner = MigrationRunner(target)
print("ready", flush=True)
sys.stdin.readline()
done = runner.upgrade()
print(json.dumps([[revision.revision for revision in done.revisions], done.status.state]), flush=True)
"""


def race(target: ConnectionTarget, count: int) -> list[tuple[list[str], str]]:
    """Let processes upgrade at the same moment; return what each applied and the state it saw."""
    profile = target.profile
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, profile.host, str(profile.port), profile.database, profile.user],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    outcomes = []
    for racer in racers:
        out, _err = racer.communicate(timeout=90)
        assert racer.returncode == 0
        applied, state = json.loads(out)
        outcomes.append((applied, state))
    return outcomes


@pytest.mark.parametrize("count", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_of_many_processes_at_once_exactly_one_applies(empty: ConnectionTarget, count: int) -> None:
    outcomes = race(empty, count)

    assert sorted(applied for applied, _state in outcomes) == [[]] * (count - 1) + [REVISIONS]
    assert {state for _applied, state in outcomes} == {"current"}
    assert execute(empty, f"SELECT version_num FROM {OUR_SCHEMA}.alembic_version") == [(REVISIONS[-1],)]


def test_two_processes_adopt_once(by_hand: ConnectionTarget) -> None:
    outcomes = race(by_hand, 2)

    assert sorted(applied for applied, _state in outcomes) == [[], REVISIONS]


def test_two_threads_of_one_process_take_turns(empty: ConnectionTarget) -> None:
    applied: list[int] = []
    threads = [
        threading.Thread(target=lambda: applied.append(len(MigrationRunner(empty).upgrade().revisions)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(applied) == [0, 0, len(REVISIONS)]


def test_a_concurrent_index_elsewhere_and_a_waiting_runner_do_not_block_each_other(
    empty: ConnectionTarget,
) -> None:
    execute(empty, "CREATE TABLE big AS SELECT i FROM generate_series(1, 200000) AS i")
    told = threading.Event()
    outcomes: list[SchemaState] = []

    def wait_and_upgrade() -> None:
        runner = MigrationRunner(empty)
        outcomes.append(runner.upgrade(progress=lambda _sentence, _share: told.set()).status.state)

    with session(empty) as holder, holder.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({_KEY})")
        waiting = threading.Thread(target=wait_and_upgrade)
        waiting.start()
        assert told.wait(20)  # it is polling for the lock that we hold
        # The one that migrates builds an index, which waits for every older snapshot.
        cursor.execute("SET statement_timeout = '20s'")
        cursor.execute("CREATE INDEX CONCURRENTLY big_i ON big (i)")
        cursor.execute(f"SELECT pg_advisory_unlock({_KEY})")
        waiting.join(60)

    assert outcomes == [SchemaState.CURRENT]


def test_the_wait_for_another_app_is_bounded(empty: ConnectionTarget) -> None:
    with session(empty) as holder, holder.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({_KEY})")
        with pytest.raises(TimedOutError) as caught:
            MigrationRunner(empty, lock_seconds=0.3).upgrade()

    assert caught.value.retryable
    assert MigrationRunner(empty).upgrade().status.state is SchemaState.CURRENT


def test_the_lock_is_free_again_after_a_failure(empty: ConnectionTarget, runner: MigrationRunner) -> None:
    execute(empty, f"CREATE SCHEMA {OUR_SCHEMA}", f"CREATE TABLE {OUR_SCHEMA}.audit_log (id integer)")
    with pytest.raises(Exception, match="refused"):
        runner.upgrade()

    assert runner.status().current == "0001"
    execute(empty, f"DROP TABLE {OUR_SCHEMA}.audit_log")
    assert MigrationRunner(empty, lock_seconds=0.0).upgrade().status.state is SchemaState.CURRENT


def test_a_table_in_use_is_tried_again(by_hand: ConnectionTarget) -> None:
    told: list[str] = []
    with session(by_hand) as writer, writer.cursor() as cursor:
        writer.autocommit = False
        cursor.execute("UPDATE users SET username = 'ada lovelace' WHERE id = 1")

        def on_progress(sentence: str, _share: float | None) -> None:
            told.append(sentence)
            if sentence.startswith("Others"):
                writer.commit()

        done = MigrationRunner(by_hand).upgrade(progress=on_progress)

    assert "Others are using the tables; trying again" in told
    assert done.status.state is SchemaState.CURRENT


def test_progress_tells_each_step(runner: MigrationRunner) -> None:
    told: list[tuple[str, float | None]] = []
    runner.upgrade(progress=lambda sentence, share: told.append((sentence, share)))

    assert [share for _sentence, share in told] == [
        step / len(REVISIONS) for step in range(len(REVISIONS) + 1)
    ]
    assert [sentence for sentence, _share in told[1:]] == [revision.title for revision in known_revisions()]


def test_a_newer_schema_is_left_alone(empty: ConnectionTarget, runner: MigrationRunner) -> None:
    runner.upgrade()
    execute(empty, f"UPDATE {OUR_SCHEMA}.alembic_version SET version_num = '0417'")
    status = runner.status()

    assert (status.state, status.current, status.pending) == (SchemaState.AHEAD, "0417", ())
    assert "update the app" in (status.read_only_reason or "")
    with pytest.raises(SchemaError, match="newer version"):
        runner.upgrade()
    with pytest.raises(SchemaError, match="newer version"):
        runner.downgrade("base")


def test_a_newer_schema_names_the_app_that_it_needs(empty: ConnectionTarget, runner: MigrationRunner) -> None:
    runner.upgrade()
    execute(empty, f"UPDATE {OUR_SCHEMA}.alembic_version SET version_num = '0417'")
    ours = runner.status()
    execute(empty, f"COMMENT ON TABLE {OUR_SCHEMA}.alembic_version IS 'SyncSphere Desktop 74.2'")
    theirs = runner.status()
    execute(empty, f"COMMENT ON TABLE {OUR_SCHEMA}.alembic_version IS 'SyncSphere Desktop; DROP'")

    assert ours.needs_app is None  # this version signed it, and does not know the revision
    assert theirs.needs_app == "74.2"
    assert "needs SyncSphere Desktop 74.2" in (theirs.read_only_reason or "")
    with pytest.raises(SchemaError, match="revision 0417"):
        runner.upgrade()


def test_steps_are_counted_from_where_the_database_is(runner: MigrationRunner) -> None:
    assert [revision.revision for revision in runner.upgrade("+2").revisions] == ["0001", "0002"]
    assert runner.status().state is SchemaState.BEHIND
    assert [revision.revision for revision in runner.status().pending] == REVISIONS[2:]
    assert [revision.revision for revision in runner.downgrade("-1").revisions] == ["0002"]
    with pytest.raises(UsageError, match="comes before"):
        runner.downgrade("0003")
    with pytest.raises(UsageError, match="not as many"):
        runner.upgrade("+9")
    with pytest.raises(UsageError, match="no revision"):
        runner.upgrade("latest")


def test_tables_that_went_missing_after_the_set_up_are_foreign(
    empty: ConnectionTarget, runner: MigrationRunner
) -> None:
    runner.upgrade()
    execute(empty, "DROP TABLE box_ownership, project_collaborators, audio_files, project_bundles")
    execute(empty, "DROP TABLE projects, users")

    assert runner.status().state is SchemaState.FOREIGN
    assert runner.downgrade("base").status.state is SchemaState.EMPTY


def test_a_role_that_may_not_create_tables_is_told(empty: ConnectionTarget) -> None:
    with role(empty) as nobody:
        assert not MigrationRunner(nobody).status().may_upgrade


def test_a_server_that_is_not_there_is_told(empty: ConnectionTarget, tmp_path: Path) -> None:
    from dataclasses import replace

    away = replace(empty, profile=replace(empty.profile, host=str(tmp_path)))
    with pytest.raises(ConnectionFailedError):
        MigrationRunner(away).status()
