"""The gate of `make test`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check_coverage.py"


def gate(folder: Path, **covered: int) -> subprocess.CompletedProcess[str]:
    """Run the gate on a report in which that many of each layer's 80 lines and 20 branches are reached."""
    files = {
        f"syncsphere_desktop/{layer}/module.py": {
            "summary": {
                "covered_lines": reached - 10,
                "num_statements": 80,
                "covered_branches": 10,
                "num_branches": 20,
            }
        }
        for layer, reached in covered.items()
    }
    files["syncsphere_desktop/errors.py"] = {"summary": {"covered_lines": 0, "num_statements": 9}}
    report = folder / "coverage.json"
    report.write_text(json.dumps({"files": files}))
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(report)], capture_output=True, text=True, check=False
    )


def test_enough_of_every_layer_passes(tmp_path: Path) -> None:
    assert gate(tmp_path, domain=90, database=95, studio=95).returncode == 1
    assert gate(tmp_path, domain=95, database=95, studio=95).returncode == 0


def test_a_layer_that_falls_short_is_named(tmp_path: Path) -> None:
    done = gate(tmp_path, domain=95, database=94, studio=95)

    assert done.returncode == 1
    assert "database    94.0% IS LESS THAN 95%" in done.stdout


def test_a_layer_without_tests_fails(tmp_path: Path) -> None:
    assert gate(tmp_path, domain=95, database=95).returncode == 1
