"""The self-test: all of it on this machine, and what it makes of parts that do not work."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from syncsphere_desktop.cli.run import run
from syncsphere_desktop.domain.sound import AudioFormat
from syncsphere_desktop.self_test.part import Part
from syncsphere_desktop.self_test.parts.audio import SAMPLES
from syncsphere_desktop.self_test.registry import PARTS
from syncsphere_desktop.self_test.runner import try_parts

BROKEN = "tests.self_test.broken"


@pytest.fixture
def own_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for all temporary files, which other tests do not write to."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    tmp_path.chmod(0o711)
    return tmp_path


@pytest.mark.slow
def test_every_part_works_here_and_leaves_nothing_behind(
    capsys: pytest.CaptureFixture[str], own_temporary: Path
) -> None:
    code = run(["self-test", "--json"])

    document = json.loads(capsys.readouterr().out)
    assert code == 0, document
    assert [part["name"] for part in document["parts"]] == [part.name for part in PARTS]
    assert all(part["ok"] and part["told"] for part in document["parts"])
    assert not list(own_temporary.iterdir())


def test_a_part_that_fails_is_told_and_the_others_are_tried_all_the_same(own_temporary: Path) -> None:
    parts = (
        Part("crashing", "Crashing", f"{BROKEN}.crashing"),
        Part("missing", "Missing", f"{BROKEN}.missing"),
        Part("refusing", "Refusing", f"{BROKEN}.refusing"),
        Part("hanging", "Hanging", f"{BROKEN}.hanging", seconds=1.0),
        next(part for part in PARTS if part.name == "storage"),
    )

    crashing, missing, refusing, hanging, sound = try_parts(parts)

    assert not crashing.passed
    assert "SIGABRT" in crashing.told
    assert "the plugin is missing" in crashing.told
    assert not missing.passed
    assert "ModuleNotFoundError" in missing.told
    assert refusing.told == "There is no such thing here."
    assert hanging.told == "It did not end within 1 seconds."
    assert sound.passed
    assert not list(own_temporary.iterdir())


def test_a_failure_gives_exit_code_one_and_a_wrong_name_two(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (Part("refusing", "Refusing", f"{BROKEN}.refusing"),)
    monkeypatch.setattr("syncsphere_desktop.self_test.registry.PARTS", broken)

    assert run(["self-test"]) == 1
    assert "FAILED  Refusing" in capsys.readouterr().out
    assert run(["self-test", "--part", "nothing"]) == 2


def test_there_is_a_small_sample_of_every_format() -> None:
    samples = {path.name: path.stat().st_size for path in SAMPLES.iterdir()}

    assert set(samples) == {f"tone.{each}" for each in AudioFormat}
    assert max(samples.values()) < 5_000
