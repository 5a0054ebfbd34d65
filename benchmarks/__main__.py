"""Runs the benchmarks named on the command line, or all: `python -m benchmarks [--json FILE] [NAME ...]`."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.frame import Result, table, write_json

_FOLDER = Path(__file__).resolve().parent


def names() -> list[str]:
    """Return the modules of this package that have a `run` function, in the order of their names."""
    return [path.stem for path in sorted(_FOLDER.glob("*.py")) if "\ndef run(" in path.read_text("utf-8")]


def main() -> int:
    """Run, print one table, write the JSON. Returns 1 when an aim is missed and `--strict` is given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(names())}")
    parser.add_argument("--json", type=Path, default=Path("out/bench.json"), metavar="FILE")
    parser.add_argument("--strict", action="store_true", help="end with 1 when an aim is missed")
    options = parser.parse_args()
    unknown = set(options.names) - set(names())
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(names())}")

    results: list[Result] = []
    for name in options.names or names():
        started = time.perf_counter()
        print(f"{name} ...", file=sys.stderr, flush=True)
        run: Callable[[], list[Result]] = importlib.import_module(f"benchmarks.{name}").run
        results += run()
        print(f"{name} done in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)

    print(table(results))
    write_json(results, options.json)
    print(f"\nWritten to {options.json}")
    return 1 if options.strict and any(result.met is False for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
