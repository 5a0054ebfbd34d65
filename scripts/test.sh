#!/usr/bin/env bash
# Everything that is checked before a change goes in. Stops at the first thing that is wrong.
set -euo pipefail

cd "$(dirname "$0")/.."
python=.venv/bin/python
log=out/test.log
mkdir -p out

step() {
    printf '== %s (%d s)\n' "$1" "$SECONDS"
}

step "format";   "$python" -m ruff format --check --quiet .
step "lint";     "$python" -m ruff check --quiet .
step "types";    "$python" -m mypy
step "tests"
rm -f .coverage .coverage.* out/coverage.json
colour=no
if [ -t 1 ]; then
    colour=yes
fi
# No pipe's exit code is lost: `pipefail` is set.
"$python" -m pytest -q -n "${SYNCSPHERE_TEST_WORKERS:-3}" --dist worksteal --color="$colour" \
    --cov --cov-report= "$@" 2>&1 | tee "$log"
step "coverage"
"$python" -m coverage json --quiet -o out/coverage.json
"$python" scripts/check_coverage.py out/coverage.json
printf '== all checks passed (%d s)\n' "$SECONDS"
grep -E '[0-9]+ passed' "$log" | tail -n 1
