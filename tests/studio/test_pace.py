"""How long work takes yet is told while it goes on, and not while it rests."""

from __future__ import annotations

import pytest

from syncsphere_desktop.studio import pace
from syncsphere_desktop.studio.pace import Pace, seconds_left


class Clock:
    """A clock that goes as the test wishes."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


def test_the_rate_is_that_of_the_last_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    measured = Pace()
    assert measured.rate(0) == 0.0
    for second in range(1, 11):
        clock.now += 1.0
        measured.rate(10 * second)
    assert measured.rate(100) == pytest.approx(10.0)
    for second in range(1, 11):
        clock.now += 1.0
        measured.rate(100 + 50 * second)
    assert measured.rate(600) == pytest.approx(50.0)
    measured.go_on_from(5000)
    clock.now += 1.0
    assert measured.rate(5007) == pytest.approx(7.0)


def test_what_is_left_is_told_only_while_it_can_be() -> None:
    assert seconds_left(100, 10.0, paused=False) == 10.0
    assert seconds_left(-1, 10.0, paused=False) == 0.0
    assert seconds_left(100, 10.0, paused=True) is None
    assert seconds_left(100, 0.0, paused=False) is None
