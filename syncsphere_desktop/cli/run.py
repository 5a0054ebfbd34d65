"""Runs one command: parses, calls its function, tells the outcome, gives the exit code.

0 done, 1 failed, 2 used wrongly, 3 found something wrong; 130 and 143 ended by a signal.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from syncsphere_desktop.cli.parser import parse
from syncsphere_desktop.errors import AppError, FileError

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
        with _sigterm_unwinds():
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
    except Exception as error:  # noqa: BLE001  # the one place where bugs of commands are caught and told
        return _tell_bug(error, as_json=as_json)


@contextmanager
def _sigterm_unwinds() -> Iterator[None]:
    """End by SIGTERM as by an exception, so that what was opened is closed; the exit code is 143."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    previous = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _tell_bug(error: Exception, *, as_json: bool) -> int:
    """Save the report of a bug, without secrets, and say where it is. Returns the exit code."""
    from syncsphere_desktop.crash import CrashReport
    from syncsphere_desktop.settings import Paths

    report = CrashReport.of(error)
    saved = report.save(Paths.of_this_user().logs)
    message = "The program met a mistake of its own and stopped."
    if as_json and sys.stdout is not None:
        print(_json({"error": {"code": "bug", "message": message, "report": str(saved or "")}}))
    print(f"syncsphere-desktop: {message}", file=sys.stderr)
    print(f"  The report is in {saved}." if saved else report.text, file=sys.stderr)
    return 1


def tell_error(error: AppError, *, as_json: bool) -> None:
    """Print an error: as JSON on standard output, or as a sentence on standard error."""
    if as_json and sys.stdout is not None:
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


def somebody_can_be_asked() -> bool:
    """Whether standard input is a terminal; it may also be closed altogether."""
    return sys.stdin is not None and sys.stdin.isatty()


def tell(document: object, *, as_json: bool, text: str) -> None:
    """Print a command's result: the document as one JSON text, or `text` for people."""
    if sys.stdout is None:  # closed by whoever started us: nobody wants the result
        return
    try:
        print(_json(document) if as_json else _encodable(text), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_output()
        raise FileError(
            "The command was carried out, but its result can't be written to standard output.",
            details=error.strerror,
        ) from error


def _drop_output() -> None:
    """Send what is still in standard output's buffer nowhere: Python would fail over it again at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


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
