"""Runs one command: parses, calls its function, tells the outcome, gives the exit code.

0 done, 1 failed, 2 used wrongly, 3 found something wrong; 130 and 143 ended by a signal.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence

from syncsphere_desktop.cli.parser import parse
from syncsphere_desktop.errors import AppError

FOUND_SOMETHING_WRONG = 3

CommandFunction = Callable[[argparse.Namespace], int]


def run(arguments: Sequence[str]) -> int:
    """Run the command line `arguments` (without the program's name) and return the exit code.

    A command's function is set by its parser as `command`; without one the window opens.
    """
    as_json = "--json" in arguments
    try:
        namespace = parse(arguments)
        command: CommandFunction | None = getattr(namespace, "command", None)
        if command is None:
            from syncsphere_desktop.bootstrap import open_window

            return open_window(namespace)
        _configure_logging(verbose=getattr(namespace, "verbose", False))
        return command(namespace)
    except AppError as error:
        tell_error(error, as_json=as_json)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader, such as `head`, has what it wanted. Python would complain again while flushing at exit.
        sys.stdout = None
        return 0


def tell_error(error: AppError, *, as_json: bool) -> None:
    """Print an error: as JSON on standard output, or as a sentence on standard error."""
    if as_json:
        document: dict[str, object] = {"code": error.code, "message": error.message}
        for name in ("field", "step", "details", "impact"):
            value = getattr(error, name, None)
            if value is not None:
                document[name] = value
        print(_json({"error": document}))
    else:
        print(f"syncsphere-desktop: {error.message}", file=sys.stderr)
        if error.details:
            print(f"  {error.details}", file=sys.stderr)


def wants_json(namespace: argparse.Namespace) -> bool:
    """Whether `--json` was given, before or after the command's name."""
    return bool(getattr(namespace, "json", False))


def tell(document: object, *, as_json: bool, text: str) -> None:
    """Print a command's result: the document as one JSON text, or `text` for people."""
    print(_json(document) if as_json else _encodable(text))


def _json(document: object) -> str:
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return _encodable(json.dumps(document, ensure_ascii=not is_utf8, default=str))


def _encodable(text: str) -> str:
    """Return the text as standard output can carry it: an argument may hold bytes that are no text."""
    encoding = sys.stdout.encoding or "ascii"
    return text.encode(encoding, "replace").decode(encoding)


def _configure_logging(*, verbose: bool) -> None:
    from syncsphere_desktop.logs import configure

    configure(verbose=verbose, stream=sys.stderr)
