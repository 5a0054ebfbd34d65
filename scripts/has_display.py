"""Ends with 0 when a window can be opened here. Asks the display server itself; needs nothing but Python."""

from __future__ import annotations

import ctypes
import os
import signal
import sys


def wayland_answers() -> bool:
    """Return whether the compositor that WAYLAND_DISPLAY names takes a connection."""
    try:
        library = ctypes.CDLL("libwayland-client.so.0")
    except OSError:
        return False
    library.wl_display_connect.restype = ctypes.c_void_p
    display = library.wl_display_connect(None)
    if not display:
        return False
    library.wl_display_disconnect(ctypes.c_void_p(display))
    return True


def x11_answers() -> bool:
    """Return whether the server that DISPLAY names takes a connection."""
    try:
        library = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    library.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(library.xcb_connect(None, None))
    failed = library.xcb_connection_has_error(connection)
    library.xcb_disconnect(connection)
    return not failed


def main() -> int:
    """Return 0 where there is a display, else 1."""
    if sys.platform in ("darwin", "win32", "cygwin"):
        return 0
    signal.alarm(5)  # a display on another machine that doesn't answer: no display
    if os.environ.get("WAYLAND_DISPLAY") and wayland_answers():
        return 0
    return 0 if os.environ.get("DISPLAY") and x11_answers() else 1


if __name__ == "__main__":
    sys.exit(main())
