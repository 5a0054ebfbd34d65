import json
from pathlib import Path

import pytest

from benchmarks.frame import (
    Aim,
    Result,
    at_least,
    at_least_times,
    at_most,
    at_most_times,
    measure,
    measure_by_turns,
    percentile,
    table,
    write_json,
)


@pytest.mark.parametrize(
    ("aim", "met"),
    [
        (at_most(3.0), True),
        (at_most(2.9), False),
        (at_least(3.0), True),
        (at_least(3.1), False),
        (at_most_times(1.5), True),
        (at_most_times(1.4), False),
        (at_least_times(1.5), True),
        (at_least_times(1.6), False),
        (None, None),
    ],
)
def test_an_aim_is_met_by_the_figure_or_by_the_ratio(aim: Aim | None, met: bool | None) -> None:
    assert Result("paint", ours=3.0, baseline=2.0, unit="ms", aim=aim).met is met


def test_what_was_not_measured_meets_nothing_and_says_why() -> None:
    result = Result("cold", None, 2.0, "ms", at_most_times(1.5), "only root may drop the page cache")

    assert result.met is None
    assert "not measured" in table([result])
    assert "only root" in table([result])


def test_a_baseline_of_nothing_gives_no_ratio() -> None:
    assert Result("growth", 5.0, 0.0, "MB", at_most(10)).ratio is None
    assert Result("growth", 5.0, None, "MB", at_most(10)).met is True


def test_the_table_keeps_figures_under_each_other() -> None:
    lines = table(
        [
            Result("short", 1.0, 2.0, "ms", at_most_times(1.5)),
            Result("a longer name", 12345.0, 20000.0, "ms", at_most_times(0.5), "note"),
        ]
    ).splitlines()

    assert lines[2].index(" ms") == lines[3].index(" ms")
    assert "12,345 ms" in lines[3]
    assert lines[2].rstrip().endswith("yes")
    assert "NO" in lines[3]


def test_the_json_tells_every_result(tmp_path: Path) -> None:
    path = tmp_path / "out" / "bench.json"

    write_json([Result("paint", 3.0, 2.0, "ms", at_most_times(1.5), "warm")], path)

    written = json.loads(path.read_text())
    assert written["results"] == [
        {
            "name": "paint",
            "ours": 3.0,
            "baseline": 2.0,
            "unit": "ms",
            "ratio": 1.5,
            "aim": "<= 1.5x",
            "met": True,
            "note": "warm",
        }
    ]
    assert written["machine"]["cores"]
    assert [entry.name for entry in path.parent.iterdir()] == ["bench.json"]


def test_percentiles_take_the_nearest_rank() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]

    assert percentile(values, 50) == 3.0
    assert percentile(values, 95) == 5.0
    assert percentile(values, 0) == 1.0
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_measuring_by_turns_calls_both_alike() -> None:
    calls: list[str] = []

    measure_by_turns(lambda: calls.append("ours"), lambda: calls.append("baseline"), runs=3)

    assert calls == ["ours", "baseline"] * 4


def test_warm_ups_do_not_count() -> None:
    calls: list[int] = []

    assert measure(lambda: calls.append(1), runs=3, warmups=2) >= 0
    assert len(calls) == 5
