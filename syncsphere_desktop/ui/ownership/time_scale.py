"""Where a moment stands on an axis of time, and where the axis has its marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from syncsphere_desktop.ui.ownership.past_values import Window

_STEPS = (60, 300, 600, 1800, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600)
_DAYS = (86400, 2 * 86400, 5 * 86400, 10 * 86400)
_DAY = 86400


@dataclass(frozen=True, slots=True)
class TimeScale:
    """Lays a window of time over `width` pixels from `left` on."""

    window: Window
    left: int
    width: int

    def x(self, moment: float) -> float:
        """Return where a moment stands, also outside of the window."""
        return self.left + (moment - self.window.start) / self.window.seconds * self.width

    def moment(self, x: float) -> float:
        """Return the moment at a place, held within the window."""
        share = (x - self.left) / max(1, self.width)
        return self.window.start + max(0.0, min(1.0, share)) * self.window.seconds


def ticks(scale: TimeScale, shown: Callable[[float], datetime], apart: int = 84) -> list[tuple[float, str]]:
    """Return moments for marks with their words, at least `apart` pixels between them.

    They stand at full minutes, hours or days of `shown`, the server's local time.
    """
    window = scale.window
    least = apart / max(1, scale.width) * window.seconds
    step = next((step for step in (*_STEPS, *_DAYS) if step >= least), _DAYS[-1])
    offset = _local(shown(window.start)) - window.start
    first = -(-(window.start + offset) // step) * step - offset
    found = []
    moment = first
    while moment <= window.end:
        local = shown(moment) + timedelta(milliseconds=500)
        is_day = step >= _DAY or (local.hour == 0 and local.minute == 0)
        found.append((moment, f"{local.day} {local:%b}" if is_day else f"{local:%H:%M}"))
        moment += step
    return found


def rounded_end(moment: float, part: int, shown: Callable[[float], datetime]) -> float:
    """Return the first full `part` of the server's local time that is not before a moment."""
    offset = round(_local(shown(moment)) - moment)
    return -(-(moment + offset) // part) * part - offset


def window_words(window: Window, shown: Callable[[float], datetime]) -> str:
    """Return a window in words, as in `12 May 2025, 14:00 – 15:00`."""
    start = shown(window.start) + timedelta(milliseconds=500)
    end = shown(window.end) + timedelta(milliseconds=500)
    if start.date() == end.date():
        return f"{start.day} {start:%b %Y, %H:%M} – {end:%H:%M}"
    if window.seconds <= _DAY:
        return f"{start.day} {start:%b, %H:%M} – {end.day} {end:%b %Y, %H:%M}"
    return f"{start.day} {start:%b} – {end.day} {end:%b %Y}"


def _local(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp()
