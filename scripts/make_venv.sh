#!/bin/sh
# Makes .venv with what requirements.lock names, hashes checked, and the package itself in editable mode.
# Does nothing when that has been done for this lock, this pyproject.toml and this place.
set -eu

cd "$(dirname "$0")/.."
venv=.venv
stamp=$venv/made-for

wish() {
    pwd
    cksum requirements.lock pyproject.toml
}

is_made() {
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(wish)" ] && "$venv/bin/python" -c '' 2>/dev/null
}

belongs_here() {
    # A moved folder leaves scripts that point to the old place; an interrupted attempt leaves no stamp.
    [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" = "$(pwd)" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1
}

install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "$@"
}

install_lock() {
    attempt=1
    until install --require-hashes --requirement requirements.lock; do
        if [ "$attempt" -ge 3 ]; then
            echo "pip failed three times. Run 'make venv' again when the packages can be fetched." >&2
            exit 1
        fi
        echo "pip failed; trying again in $((attempt * 5)) seconds." >&2
        sleep "$((attempt * 5))"
        attempt=$((attempt + 1))
    done
}

if is_made; then
    exit 0
fi
if ! belongs_here; then
    python=$(sh scripts/find_python.sh)
    echo "Making .venv with $("$python" --version) ($python)"
    "$python" -m venv --clear "$venv"
fi
rm -f "$stamp"

echo "Installing $(grep -c '^[a-zA-Z]' requirements.lock) packages from requirements.lock (the first time fetches some 300 MB) ..."
install_lock
install --no-deps --no-build-isolation --editable .
wish >"$stamp.partial"
mv "$stamp.partial" "$stamp"
echo "Done: .venv/bin/syncsphere-desktop"
