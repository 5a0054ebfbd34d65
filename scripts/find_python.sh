#!/bin/sh
# Prints the Python to use: the newest of 3.13, 3.12, 3.11 that runs, or any other python3 that is new enough.
# SYNCSPHERE_PYTHON names another one.
set -eu

new_enough() {
    # A name on the PATH may be a shim for a version that is not active: only running it tells.
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if [ -n "${SYNCSPHERE_PYTHON:-}" ]; then
    if ! new_enough "$SYNCSPHERE_PYTHON"; then
        echo "SYNCSPHERE_PYTHON=$SYNCSPHERE_PYTHON is not a Python of version 3.11 or newer." >&2
        exit 1
    fi
    command -v "$SYNCSPHERE_PYTHON"
    exit 0
fi

for name in python3.13 python3.12 python3.11 python3 python; do
    if command -v "$name" >/dev/null 2>&1 && new_enough "$name"; then
        command -v "$name"
        exit 0
    fi
done

cat >&2 <<'END'
SyncSphere Desktop needs Python 3.11 or newer, and none was found.
  Debian 12 and 13, Ubuntu 24.04:  sudo apt-get install python3 python3-venv
  Ubuntu 22.04:                    sudo apt-get install python3.11 python3.11-venv
Or name one yourself:              make venv SYNCSPHERE_PYTHON=/path/to/python3.12
END
exit 1
