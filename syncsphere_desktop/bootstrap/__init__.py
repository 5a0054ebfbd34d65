"""The one place that knows every layer: builds the parts, hands them on, shuts them down.

The window is painted first (`frame`). Whatever is heavy (asyncio, SQLAlchemy, the views) is imported on a
thread after the first paint; then the event loop runs the program (`program`) until the window is closed.
"""

from __future__ import annotations

import argparse


def open_window(namespace: argparse.Namespace) -> int:
    """Open the window on what the command line names, run until it is closed, return the exit code."""
    import gc
    import os
    import signal
    import sys

    from syncsphere_desktop.bootstrap.frame import (
        MEASURE_FIRST_PAINT,
        build_frame,
        import_behind,
        paint,
        tell_moment,
    )

    # Until the event loop takes the signals over there is nothing to end but the process; Python would
    # handle Ctrl+C in whatever Qt calls next, and go on.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # what is imported and built here lives to the end; `GarbageCollector` takes over
    frame = build_frame()
    paint(frame)
    tell_moment(MEASURE_FIRST_PAINT, "first-paint")
    if os.environ.get(MEASURE_FIRST_PAINT):
        return 0
    from syncsphere_desktop.logs import configure

    configure(verbose=getattr(namespace, "verbose", False), stream=sys.stderr)
    import_behind(frame)

    from syncsphere_desktop.bootstrap.program import run_program, start_wish

    return run_program(frame, start_wish(namespace))
