"""The frame every benchmark uses: results, medians, one table and one JSON document.

A benchmark is a module of this package with `run() -> list[Result]`. It measures our figure and the
baseline in the same run, by turns, because machines are noisy and only ratios can be trusted.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SOAK_VARIABLE = "SYNCSPHERE_SOAK"
HEADINGS = ("", "ours", "baseline", "ratio", "aim", "met?", "note")


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure should reach: a bound on the figure itself, or on its ratio to the baseline."""

    bound: float
    of: Literal["value", "ratio"]
    direction: Literal["at most", "at least"] = "at most"

    def met_by(self, result: Result) -> bool | None:
        """Return whether the result reaches the aim, or None when it can't be said."""
        figure = result.ours if self.of == "value" else result.ratio
        if figure is None:
            return None
        return figure <= self.bound if self.direction == "at most" else figure >= self.bound

    def text(self, unit: str) -> str:
        """Return the aim as the table shows it, such as `<= 1.5x`."""
        sign = "<=" if self.direction == "at most" else ">="
        return f"{sign} {self.bound:g}x" if self.of == "ratio" else f"{sign} {self.bound:g} {unit}"


def at_most(value: float) -> Aim:
    """The figure itself, in the result's unit, should not exceed `value`."""
    return Aim(value, "value")


def at_least(value: float) -> Aim:
    """The figure itself, in the result's unit, should reach `value`."""
    return Aim(value, "value", "at least")


def at_most_times(ratio: float) -> Aim:
    """Ours should not exceed `ratio` times the baseline."""
    return Aim(ratio, "ratio")


def at_least_times(ratio: float) -> Aim:
    """Ours should reach `ratio` times the baseline."""
    return Aim(ratio, "ratio", "at least")


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. `ours` is None where it could not be measured here; `note` then says why."""

    name: str
    ours: float | None
    baseline: float | None
    unit: str
    aim: Aim | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours divided by the baseline, or None where either is missing or the baseline is 0."""
        if self.ours is None or not self.baseline:
            return None
        return self.ours / self.baseline

    @property
    def met(self) -> bool | None:
        """Whether the aim is reached; None without an aim or a figure."""
        return None if self.aim is None else self.aim.met_by(self)


def is_soak() -> bool:
    """Return whether the longer versions are wanted (`make soak`)."""
    return os.environ.get(SOAK_VARIABLE) == "1"


def samples(work: Callable[[], object], runs: int = 7, *, warmups: int = 1) -> list[float]:
    """Return the seconds that each of `runs` calls took, after `warmups` calls that do not count."""
    for _ in range(warmups):
        work()
    return [_seconds(work) for _ in range(runs)]


def measure(work: Callable[[], object], runs: int = 7, *, warmups: int = 1) -> float:
    """Return the median of the seconds that `runs` calls took."""
    return statistics.median(samples(work, runs, warmups=warmups))


def measure_by_turns(
    ours: Callable[[], object], baseline: Callable[[], object], runs: int = 7, *, warmups: int = 1
) -> tuple[float, float]:
    """Return the medians, in seconds, of ours and of the baseline, called by turns."""
    for _ in range(warmups):
        ours()
        baseline()
    pairs = [(_seconds(ours), _seconds(baseline)) for _ in range(runs)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the smallest of `values` that `percent` of them do not exceed (nearest rank)."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("a percentile of no values")
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def table(results: Sequence[Result]) -> str:
    """Return the results as one aligned table."""
    rows = [HEADINGS, *(_cells(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = []
    for row in rows:
        name, *figures, note = row
        aligned = [cell.rjust(width) for cell, width in zip(figures, widths[1:-1], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *aligned, note]).rstrip())
    lines.insert(1, "-" * max(len(line) for line in lines))
    return "\n".join(lines)


def document(results: Sequence[Result]) -> dict[str, object]:
    """Return the results and the machine they were measured on, ready for JSON."""
    return {
        "machine": {
            "system": platform.system(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "results": [
            {
                "name": result.name,
                "ours": result.ours,
                "baseline": result.baseline,
                "unit": result.unit,
                "ratio": result.ratio,
                "aim": None if result.aim is None else result.aim.text(result.unit),
                "met": result.met,
                "note": result.note,
            }
            for result in results
        ],
    }


def write_json(results: Sequence[Result], path: Path) -> None:
    """Write the results to `path`, which holds the earlier document until the new one is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w", encoding="utf-8") as stream:
        json.dump(document(results), stream, indent=2)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def _cells(result: Result) -> tuple[str, ...]:
    ratio = result.ratio
    met = {True: "yes", False: "NO", None: ""}[result.met]
    return (
        result.name,
        _figure(result.ours, result.unit) if result.ours is not None else "not measured",
        _figure(result.baseline, result.unit) if result.baseline is not None else "",
        f"{ratio:.2f}x" if ratio is not None else "",
        result.aim.text(result.unit) if result.aim is not None else "",
        met,
        result.note,
    )


def _figure(value: float, unit: str) -> str:
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{decimals}f} {unit}"
