"""What goes over the pipes: a line of JSON a message, written alike by both sides.

The parent sends one `Request` and reads messages until an answer: `started` when slow libraries are loaded,
`beat` while there is progress, then `facts`, `waveform` or `problem`. The child sends `ready` when it starts.
"""

from __future__ import annotations

import base64
import json
import math
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Literal

from syncsphere_desktop.domain.sound import AudioFormat, SoundFacts, Waveform

LONGEST_LINE = 4 << 20

Message = dict[str, object]


class Problem(StrEnum):
    """Why a child has no answer."""

    NOT_AUDIO = "not_audio"
    OTHER_FORMAT = "other_format"
    DAMAGED = "damaged"
    MEMORY = "memory"
    FILE = "file"
    INCOMPLETE = "incomplete"
    """A library is missing: nothing can be said of any file."""

    UNEXPECTED = "unexpected"
    """An error that nobody foresaw, for which the file is refused too."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a child shall do with the file at `path`.

    With `held` the descriptor of the open file came over the child's socket, and `path` is a name alone.
    """

    job: Literal["probe", "waveform"]
    path: str
    held: bool = False
    decode: bool = False
    buckets: int = 0


_REQUEST = tuple(field.name for field in fields(Request))


def encoded(message: Message) -> bytes:
    """Return the message as its line. Names that are no UTF-8 survive as escaped surrogates."""
    return json.dumps(message, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n"


def decoded(line: bytes) -> Message:
    """Return the message of a line; ValueError for anything that is none."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("a message is an object")  # noqa: TRY004  # what was sent is no message
    return message


def encoded_request(request: Request) -> bytes:
    """Return a request as its line."""
    return encoded({name: getattr(request, name) for name in _REQUEST})  # quicker than `asdict`


def decoded_request(line: bytes) -> Request:
    """Return the request of a line."""
    return Request(**json.loads(line))


def facts_message(facts: SoundFacts) -> Message:
    """Return the answer to a probe."""
    return {"facts": asdict(facts)}


def facts_of(message: Message) -> SoundFacts:
    """Return the facts of an answer; ValueError, TypeError or KeyError where it has none that make sense."""
    told = message["facts"]
    if not isinstance(told, dict):
        raise TypeError("facts are an object")
    facts = SoundFacts(
        format=AudioFormat(told["format"]),
        codec=str(told["codec"]),
        duration=float(told["duration"]),
        sample_rate=int(told["sample_rate"]),
        channels=int(told["channels"]),
    )
    if not (
        math.isfinite(facts.duration) and facts.duration > 0 and facts.sample_rate > 0 and facts.channels > 0
    ):
        raise ValueError(f"facts that can't be: {facts}")
    return facts


def waveform_message(waveform: Waveform) -> Message:
    """Return the answer to a request for a waveform."""
    peaks = base64.b64encode(waveform.peaks).decode("ascii")
    return {"waveform": {"buckets": waveform.buckets, "channels": waveform.channels, "peaks": peaks}}


def waveform_of(message: Message) -> Waveform:
    """Return the waveform of an answer; ValueError, TypeError or KeyError where it has none that is whole."""
    told = message["waveform"]
    if not isinstance(told, dict):
        raise TypeError("a waveform is an object")
    waveform = Waveform(
        int(told["buckets"]), int(told["channels"]), base64.b64decode(told["peaks"], validate=True)
    )
    if len(waveform.peaks) != 2 * waveform.buckets * waveform.channels:
        raise ValueError("a waveform with too few or too many peaks")
    return waveform


def problem_message(problem: Problem, reason: str, details: str | None = None) -> Message:
    """Return the answer that there is none."""
    return {"problem": problem.value, "reason": reason, "details": details}
