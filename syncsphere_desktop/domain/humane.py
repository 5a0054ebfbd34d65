"""Numbers, sizes, times and names as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta

THIN_SPACE = "\u202f"
_UNITS = ("kB", "MB", "GB", "TB", "PB")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SOON = timedelta(seconds=45)


def size(count: int) -> str:
    """Return a number of bytes as in `12.4 MB`, in powers of 1000 and with three figures."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in _UNITS:
        value /= 1000
        # 999.95 would be written as 1000.0: the next unit says it better.
        if value < 999.5 or unit == _UNITS[-1]:
            return f"{_three_figures(value)} {unit}"
    raise AssertionError


def number(value: int) -> str:
    """Return a whole number in groups of three, as in `1 234 567` with thin spaces that never break."""
    return f"{value:,}".replace(",", THIN_SPACE)


def counted(value: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun, as in `1 project` or `3 projects`."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """Return a length of time by its two largest units, as in `3 min 20 s` or `2 h 5 min`."""
    if seconds < 0:
        return "−" + duration(-seconds)
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit, length, smaller, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= length:
            rest = whole % length // part
            return f"{whole // length} {unit} {rest} {smaller}" if rest else f"{whole // length} {unit}"
    return f"{whole} s"


def time_left(seconds: float) -> str:
    """Return how long something takes yet, without fractions nobody can count on: `4 s`, `3 min 20 s`."""
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 10 else duration(whole)


def clock(seconds: float) -> str:
    """Return a length of audio as in `3:07` or `1:02:09`."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def length(seconds: float) -> str:
    """Return a length of audio as `clock` does, with hundredths where it is short: `0:02.45`."""
    return f"0:{int(max(0.0, seconds) * 100) / 100:05.2f}" if seconds < 60 else clock(seconds)


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago `moment` was, as in `just now`, `3 min ago`, `yesterday`, `12 Mar 2025`.

    Both are the server's times, without a zone. A moment ahead of `now` by less than a minute (two clocks
    never agree) counts as now.
    """
    if moment > now + timedelta(minutes=1):
        return day(moment) if moment.date() != now.date() else f"today at {moment:%H:%M}"
    passed = now - moment
    if passed < _SOON:
        return "just now"
    if passed < timedelta(hours=1):
        return f"{max(1, int(passed.total_seconds() // 60))} min ago"
    if moment.date() == now.date():
        return f"{int(passed.total_seconds() // 3600)} h ago"
    days = (now.date() - moment.date()).days
    if days == 1:
        # Late at night "yesterday" would hide that it was an hour ago.
        return f"{int(passed.total_seconds() // 3600)} h ago" if passed < timedelta(hours=6) else "yesterday"
    if days < 7:
        return _WEEKDAYS[moment.weekday()]
    return day(moment)


def day(moment: datetime) -> str:
    """Return a date as in `12 Mar 2025`."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def exact(moment: datetime) -> str:
    """Return a moment to the second, as in `12 Mar 2025, 14:03:09`."""
    return f"{day(moment)}, {moment:%H:%M:%S}"


def initials(name: str) -> str:
    """Return one or two capital letters that stand for a name; `?` where it holds no letter or figure."""
    words = [word for word in "".join(c if c.isalnum() else " " for c in name).split() if word]
    if not words:
        return "?"
    letters = words[0][:2] if len(words) == 1 else words[0][0] + words[-1][0]
    # ß becomes SS, and some ligatures three letters: two signs are what fits.
    return letters.upper()[:2]


def middle_elided(text: str, length: int) -> str:
    """Return `text` with its middle left out where it has more than `length` characters."""
    if len(text) <= length:
        return text
    if length <= 1:
        return "…"[:length]
    head = length // 2
    return f"{text[:head]}…{text[len(text) - (length - head - 1) :]}"


def _three_figures(value: float) -> str:
    if value < 9.995:
        return f"{value:.2f}"
    if value < 99.95:
        return f"{value:.1f}"
    return f"{value:.0f}"
