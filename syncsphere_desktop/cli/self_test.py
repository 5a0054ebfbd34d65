"""`self-test`: tries every part that the program needs on this machine."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncsphere_desktop.self_test.part import Outcome


def register(groups: Any, shared: argparse.ArgumentParser, _connection: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    parser = groups.add_parser(
        "self-test",
        parents=[shared],
        help="try every part that the program needs on this machine",
        description="Tries the window, TLS, the keyring, each audio format, the embedded database server,"
        " migrations, the dump tool, the live feed, the audio storage and the reader of bundles, each for"
        " real and in a process of its own. Touches neither your settings nor your studio, and leaves nothing"
        " behind. Exit code 0: all of it works.",
    )
    parser.add_argument(
        "--part", action="append", metavar="NAME", help="this part only, such as window; may be given again"
    )
    parser.set_defaults(command=run)


def run(namespace: argparse.Namespace) -> int:
    """Try the parts and tell how each did, a line each; return 1 where one failed."""
    from syncsphere_desktop import __version__
    from syncsphere_desktop.cli.run import tell, wants_json
    from syncsphere_desktop.errors import UsageError
    from syncsphere_desktop.self_test.registry import PARTS
    from syncsphere_desktop.self_test.runner import try_parts

    names = {part.name for part in PARTS}
    wanted = set(namespace.part or names)
    if wanted - names:
        raise UsageError(f"The parts of the self-test are {', '.join(part.name for part in PARTS)}.")
    as_json = wants_json(namespace)
    started = time.monotonic()
    outcomes = []
    for outcome in try_parts([part for part in PARTS if part.name in wanted]):
        outcomes.append(outcome)
        if not as_json:
            tell(None, as_json=False, text=_line(outcome))
    failed = [outcome for outcome in outcomes if not outcome.passed]
    seconds = time.monotonic() - started
    summary = (
        f"{len(failed)} of {len(outcomes)} parts failed" if failed else f"All {len(outcomes)} parts work"
    )
    document = {
        "ok": not failed,
        "version": __version__,
        "seconds": round(seconds, 2),
        "parts": [_document(outcome) for outcome in outcomes],
    }
    tell(document, as_json=as_json, text=f"{summary}, in {seconds:.1f} s.")
    return 1 if failed else 0


def _line(outcome: Outcome) -> str:
    word = "ok" if outcome.passed else "FAILED"
    told = " ".join(outcome.told.split())
    return f"{word:<6}  {outcome.part.title:<15}  {outcome.seconds:5.1f} s  {told}"


def _document(outcome: Outcome) -> dict[str, object]:
    return {
        "name": outcome.part.name,
        "title": outcome.part.title,
        "ok": outcome.passed,
        "seconds": round(outcome.seconds, 2),
        "told": outcome.told,
    }
