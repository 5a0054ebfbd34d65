"""What psycopg2 says twice is heard once."""

from __future__ import annotations

import sys

import psycopg2
import pytest

from syncsphere_desktop.database.copy_errors import repeated_errors_unheard


def test_other_errors_are_heard_and_the_hook_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[BaseException] = []

    def hook(_kind: object, error: BaseException, _trace: object) -> None:
        heard.append(error)

    monkeypatch.setattr(sys, "excepthook", hook)
    twice, bug = SystemError("returned a result with an exception set"), SystemError("a bug")
    twice.__cause__ = psycopg2.OperationalError("gone")
    with repeated_errors_unheard(), repeated_errors_unheard():
        for error in (twice, bug):
            sys.excepthook(SystemError, error, None)
    assert heard == [bug]
    assert sys.excepthook is hook


def test_a_hook_that_was_set_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with repeated_errors_unheard():
        sys.excepthook = print
    assert sys.excepthook is print
