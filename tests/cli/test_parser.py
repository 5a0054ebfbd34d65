"""The command line as a whole: its help, and what it says when it is put wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncsphere_desktop.cli.parser import GROUPS, parse
from syncsphere_desktop.errors import UsageError


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--hel"], ["--help", "users"]])
def test_help_tells_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)

    told = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(f"\n    {group} " in told for group in GROUPS)


@pytest.mark.parametrize("arguments", [["frobnicate"], ["frobnicate", "users"]])
def test_an_unknown_command_is_answered_with_those_there_are(arguments: list[str]) -> None:
    with pytest.raises(UsageError) as raised:
        parse(arguments)

    assert all(group in raised.value.message for group in GROUPS)


def test_a_profile_may_be_called_like_a_command() -> None:
    namespace = parse(["--profile", "users"])

    assert namespace.profile == "users"
    assert not hasattr(namespace, "command")


def test_an_unknown_option_is_told_with_the_usage() -> None:
    with pytest.raises(UsageError) as raised:
        parse(["--frobnicate"])

    assert "--frobnicate" in raised.value.message
    assert (raised.value.details or "").startswith("usage: syncsphere-desktop")


def test_a_bundle_file_alone_opens_the_window_on_it(tmp_path: Path) -> None:
    other = tmp_path / "song.bak"
    other.write_bytes(b"")

    assert parse(["Midnight.odb"]).bundle_file == Path("Midnight.odb")
    assert parse([str(other)]).bundle_file == other
    with pytest.raises(UsageError):
        parse(["Midnight.odb", "Noon.odb"])
    with pytest.raises(UsageError):
        parse(["nothing-there"])
