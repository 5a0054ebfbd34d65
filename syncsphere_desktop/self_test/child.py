"""The child process that tries one part, so that one that hangs or crashes takes nothing else with it."""

from __future__ import annotations

import importlib
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from syncsphere_desktop.errors import AppError
from syncsphere_desktop.self_test.part import Check, NotPassedError

ANSWER = "answer.json"
WORK = "work"


def main(arguments: Sequence[str]) -> int:
    """Try a part: `[its module, a folder]`; the answer is a file there. Returns the exit code."""
    signal.signal(signal.SIGTERM, _leave)
    module, folder = arguments[0], Path(arguments[1])
    try:
        check: Check = importlib.import_module(module).check
        answer = {"passed": True, "told": check(folder / WORK)}
    except NotPassedError as error:
        answer = {"passed": False, "told": str(error)}
    except AppError as error:
        answer = {"passed": False, "told": " ".join(filter(None, (error.message, error.details)))}
    # A part that is missing from a package fails by any error at all: it is told, not handled.
    except Exception as error:  # noqa: BLE001
        answer = {"passed": False, "told": f"{type(error).__name__}: {error}"}
    (folder / ANSWER).write_text(json.dumps(answer), "utf-8")
    return 0


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    """End by an exception, so that what was started is stopped."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
