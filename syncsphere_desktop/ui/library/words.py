"""The words of the library: states, formats, rates and lengths as people read them."""

from __future__ import annotations

from syncsphere_desktop.domain.humane import THIN_SPACE, clock, counted, number
from syncsphere_desktop.domain.sound import ContentState
from syncsphere_desktop.ui.tables.column import Tone

STATE_WORDS = {
    ContentState.UNCHECKED: "Unchecked",
    ContentState.SOUND: "Intact",
    ContentState.MISSING: "Missing",
    ContentState.TRUNCATED: "Cut short",
    ContentState.CHANGED: "Changed",
    ContentState.UNDECODABLE: "Damaged",
    ContentState.UNREADABLE: "Unreadable",
    ContentState.OUTSIDE: "Outside storage",
}
STATE_TONES = {
    ContentState.UNCHECKED: Tone.NEUTRAL,
    ContentState.SOUND: Tone.SUCCESS,
    ContentState.CHANGED: Tone.WARNING,
    ContentState.OUTSIDE: Tone.WARNING,
}
STATE_SENTENCES = {
    ContentState.UNCHECKED: "Nobody has compared it with the storage yet.",
    ContentState.SOUND: "The file is there, whole, and as it was stored.",
    ContentState.MISSING: "The storage has no file at this path.",
    ContentState.TRUNCATED: "The file is shorter than it was when it was stored.",
    ContentState.CHANGED: "The file is not the one that was stored.",
    ContentState.UNDECODABLE: "The file is there, but it can't be decoded.",
    ContentState.UNREADABLE: "The storage has the file and refuses to read it.",
    ContentState.OUTSIDE: "The path leads out of the storage, or is no path.",
}


def state_tone(state: ContentState) -> Tone:
    """Return the colour of a state's dot; what is not named is trouble."""
    return STATE_TONES.get(state, Tone.DANGER)


def format_words(value: str) -> str:
    """Return a format as it is written on a tin: `WAV`."""
    return value.upper()


def rate_words(hertz: int) -> str:
    """Return a sample rate as in `44.1 kHz`."""
    if hertz < 1000:
        return f"{number(hertz)} Hz"
    return f"{hertz / 1000:.3f}".rstrip("0").rstrip(".") + " kHz"


def channel_words(count: int) -> str:
    """Return a number of channels as in `Stereo`."""
    return {1: "Mono", 2: "Stereo"}.get(count) or counted(count, "channel")


def short_channel_words(count: int) -> str:
    """Return a number of channels as a narrow column has room for: `Stereo`, `6 ch`."""
    return channel_words(count) if count in (1, 2) else f"{number(count)} ch"


def length_words(seconds: float) -> str:
    """Return a file's length as in `3:07`, with the fraction where it is short: `0:02.45`."""
    if not 0 <= seconds < 10**9:
        return "—"
    if seconds < 60:
        return f"0:{int(seconds * 100) / 100:05.2f}"
    return clock(seconds)


def exact_length(seconds: float) -> str:
    """Return a length to the millisecond, for a tooltip."""
    return f"{seconds:,.3f}".replace(",", THIN_SPACE) + " s"
