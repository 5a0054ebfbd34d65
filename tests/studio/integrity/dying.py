"""A process that acts on a library and is killed at a given moment of it; run by the crash tests.

It reads one order a line, acts in a fork of itself, and answers with the fork's exit status. Moments are
counted before and after each call that changes the database or the store.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.domain.sound import SoundFacts
from syncsphere_desktop.dsn import parse_dsn
from syncsphere_desktop.storage.held import HeldFile
from syncsphere_desktop.storage.store import open_store
from syncsphere_desktop.studio.integrity.findings import Finding, FindingKind
from syncsphere_desktop.studio.integrity.quarantine import Quarantine
from syncsphere_desktop.studio.integrity.repair import Repair
from syncsphere_desktop.studio.integrity.replacing import ContentReplacer
from tests.database.repositories.audio import Library
from tests.studio.integrity.library import FACTS

CHANGING = frozenset(
    {
        "begin",
        "hold",
        "abandon",
        "begin_restoring",
        "finish_restoring",
        "begin_emptying",
        "finish_emptying",
        "move",
        "remove",
        "commit",
        "stage",
        "replace",
        "relocate",
        "record_all",
    }
)


class Moments:
    """Counts moments down to the last one."""

    def __init__(self, last: int) -> None:
        self._left = last

    def pass_one(self) -> None:
        """Die if this is the one."""
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


class Mortal:
    """Whatever changes something through it may be the last thing that this process does."""

    def __init__(self, inner: Any, moments: Moments) -> None:
        self._inner = inner
        self._moments = moments

    def __enter__(self) -> Any:
        self._inner.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._inner.__exit__(*exception)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if name not in CHANGING:
            return value
        return self._awaited(value) if inspect.iscoroutinefunction(value) else self._called(value)

    def _called(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def mortal(*arguments: Any, **options: Any) -> Any:
            self._moments.pass_one()
            result = function(*arguments, **options)
            self._moments.pass_one()
            return Mortal(result, self._moments) if function.__name__ == "stage" else result

        return mortal

    def _awaited(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def mortal(*arguments: Any, **options: Any) -> Any:
            self._moments.pass_one()
            result = await function(*arguments, **options)
            self._moments.pass_one()
            return result

        return mortal


class TrustingProber:
    """Takes everything for a short tone: a real probe has children, which outlive a killed fork a little."""

    def probe(self, path: Path | HeldFile, *, decode: bool = False) -> SoundFacts:
        return FACTS


async def act(order: dict[str, Any]) -> None:
    """Carry out one order, perhaps not to its end."""
    moments = Moments(order["moment"])
    database = Database(parse_dsn(order["url"]))
    rows = Library.over(database)
    store: Any = Mortal(open_store(order["root"]), moments)
    trash: Any = Mortal(rows.trash, moments)
    files: Any = Mortal(rows.files, moments)
    contents: Any = Mortal(rows.contents, moments)
    quarantine = Quarantine(store=store, trash=trash, files=files, contents=contents)
    action, target = order["action"], order["target"]
    if action == "put":
        await quarantine.put([target], "unwanted")
    elif action == "put orphan":
        await quarantine.put_findings([_orphan(target)], "unwanted")
    elif action == "restore":
        await quarantine.restore([target])
    elif action == "empty":
        await quarantine.empty([target])
    elif action == "replace":
        replacer = ContentReplacer(
            store=store, trash=trash, files=files, contents=contents, prober=TrustingProber()
        )
        await replacer.replace(await rows.files.get(target), Path(order["source"]))
    else:
        repair = Repair(
            store=store,
            files=files,
            contents=contents,
            checks=rows.checks,
            trash=trash,
            prober=TrustingProber(),
        )
        row = await rows.files.get(target)
        await repair.relocate([Finding(FindingKind.MISSING, row.id, row.file_path, "")])


def _orphan(target: dict[str, Any]) -> Finding:
    return Finding(
        FindingKind.ORPHAN, None, target["path"], "", size=target["size"], modified=target["modified"]
    )


def main() -> None:
    """Take orders until the end of standard input."""
    for line in sys.stdin:
        child = os.fork()  # no thread was ever started here
        if child == 0:
            asyncio.run(act(json.loads(line)))
            os._exit(0)  # without waiting for the pool's threads
        _pid, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
