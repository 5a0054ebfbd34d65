"""Jobs that a child process must not be harmed by."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from syncsphere_desktop.errors import QueryError
from syncsphere_desktop.studio.bundles.child.desk import Desk


def hang(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Work for ever, and tell nobody."""
    for _ in count():
        sum(range(1000))
    yield


def beat_on(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Tell for ever that it goes on."""
    for _ in count():
        time.sleep(0.01)
        desk.beat(1.0)
    yield


def beat_thrice(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Tell three times how far it is, and nothing else."""
    for done in (1.0, 2.0, 3.0):
        desk.beat(done)
    yield from ()


def take_memory(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Take more memory than there is."""
    yield len(bytes(int(arguments["bytes"])))


def crash(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """End the process."""
    os.write(2, b"famous last words")
    yield os._exit(9)


def fail(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Raise what nobody foresaw."""
    yield 1 // int(arguments["zero"])


def refuse(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Tell something, then refuse the rest as the environment's fault."""
    yield "begun"
    raise QueryError(str(arguments["message"]), details="page 7")


def nest(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Read what is nested more deeply than anything reads."""
    yield json.loads("[" * 200_000)


def print_loudly(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Print where answers go."""
    print("x" * 10_000, flush=True)  # noqa: T201
    yield "printed"


def pid(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Tell which process it is."""
    yield os.getpid()


def loaded(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Tell which libraries are loaded after a module was."""
    __import__(str(arguments["module"]))
    yield sorted({name.partition(".")[0] for name in sys.modules})


def read_twice(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Tell the bytes of the file, from its end and from its beginning."""
    desk.file.seek(-10, os.SEEK_END)
    yield desk.file.read()
    desk.file.seek(0)
    yield desk.file.read()
