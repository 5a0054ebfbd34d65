"""Peaks of a waveform brought to a number of pixel columns. Knows no Qt."""

from __future__ import annotations

from itertools import pairwise

from syncsphere_desktop.domain.sound import Waveform

FULL_SCALE = 127
Lane = list[tuple[int, int]]
"""Lowest and highest sample of each column, -127 to 127."""


def lanes(waveform: Waveform, columns: int) -> list[Lane]:
    """Return one lane a channel with `columns` pairs; every bucket is seen in at least one column.

    Peaks that are shorter than they claim, as of a damaged row, give silence where they end.
    """
    step = 2 * waveform.channels
    wanted = waveform.buckets * step
    whole = memoryview(waveform.peaks[:wanted].ljust(wanted, b"\0")).cast("b")
    edges = [column * waveform.buckets // columns for column in range(columns + 1)]
    spans = [(start, max(start + 1, end)) for start, end in pairwise(edges)]
    found: list[Lane] = []
    for channel in range(waveform.channels):
        lows, highs = whole[2 * channel :: step].tolist(), whole[2 * channel + 1 :: step].tolist()
        found.append([(min(lows[start:end]), max(highs[start:end])) for start, end in spans])
    return found
