#!/bin/sh
# Opens the window on the local studio. Without a display: starts the local studio, draws every view to PNG.
set -eu

cd "$(dirname "$0")/.."
program=.venv/bin/syncsphere-desktop
pictures=out/tour

if .venv/bin/python scripts/has_display.py; then
    echo "Opening SyncSphere Desktop on the local studio."
    exec "$program" --local "$@"
fi

echo "There is no display here (DISPLAY and WAYLAND_DISPLAY name none that answers)."
echo "Starting the local studio and drawing every view instead ..."
"$program" local start
"$program" tour --out "$pictures" >/dev/null
cat <<END

The views are in $(pwd)/$pictures:
$(find "$pictures" -name "*.png" | sort | sed "s|^|  |")

To open the window, run this where there is a display:   make run
  over ssh:                                              ssh -X HOST, then make run
The command line works everywhere:                       $program users list --local
END
