"""Fails when a layer's tests reach less of it than promised: `check_coverage.py out/coverage.json`.

Statements and branches count together, as in coverage's own totals.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

PACKAGE = "syncsphere_desktop"
# Running the server as another account is for root alone, and so are the tests of it.
FOR_ROOT = ("database", "server_programs.py")
IS_ROOT = not hasattr(os, "geteuid") or os.geteuid() == 0

WANTED = {"domain": 95.0, "database": 95.0, "studio": 95.0}


def percentages(files: Mapping[str, Mapping[str, Mapping[str, int]]]) -> dict[str, float]:
    """Return how much of each layer was run, in per cent, from the `files` of coverage's JSON report."""
    reached: dict[str, int] = {}
    present: dict[str, int] = {}
    for name, report in files.items():
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if PACKAGE not in parts[:-2] or (not IS_ROOT and parts[-2:] == FOR_ROOT):
            continue
        layer = parts[parts.index(PACKAGE) + 1]
        summary = report["summary"]
        reached[layer] = reached.get(layer, 0) + summary["covered_lines"] + summary.get("covered_branches", 0)
        present[layer] = present.get(layer, 0) + summary["num_statements"] + summary.get("num_branches", 0)
    return {layer: 100 * reached[layer] / present[layer] for layer in present if present[layer]}


def main(report: Path) -> int:
    """Print each promised layer's coverage, and return 1 when one falls short."""
    found = percentages(json.loads(report.read_text("utf-8"))["files"])
    short = False
    for layer, wanted in WANTED.items():
        percent = found.get(layer, 0.0)
        enough = percent >= wanted
        short = short or not enough
        print(f"{layer:<10} {percent:5.1f}% {'of' if enough else 'IS LESS THAN'} {wanted:g}% wanted")
    if short:
        print("See what is missed:  .venv/bin/python -m coverage report")
    return int(short)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
