"""Values as text for programs: what is copied and exported, beside the humane text that is shown."""

from __future__ import annotations

from datetime import date, datetime


def exact_text(value: object) -> str:
    """Return a value as text that a program can read: ISO times, true or false, "" for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
