"""Sizes of a splitter with two sides, as they come from a settings file that anybody may have edited."""

from __future__ import annotations

from typing import TypeGuard

_WIDEST = 100_000


def is_split(value: object) -> TypeGuard[list[int]]:
    """Whether `value` is two sizes in pixels that a splitter can take, of which one at least is seen."""
    if not isinstance(value, list) or len(value) != 2:
        return False
    return all(type(size) is int and 0 <= size <= _WIDEST for size in value) and any(value)
