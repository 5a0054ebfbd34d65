"""Compiles the installer for Windows from the frozen program, on whatever system has `makensis`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import contents

_SCRIPT = Path(__file__).resolve().parent / "windows" / "installer.nsi"


def build(program: Path, icon: Path, licence: Path, target: Path, *, version: str) -> Path:
    """Compile the installer in `target` and return it.

    Elsewhere than on Windows the payload is that system's program: it proves the script and nothing more, so
    the file is named after what is in it, and not compressed.
    """
    is_windows = sys.platform == "win32"
    suffix = "windows-setup" if is_windows else f"{sys.platform}-payload-setup"
    installer = target / f"{contents.PROGRAM}-{version}-{suffix}.exe"
    window_program = f"{contents.PROGRAM}-window.exe" if is_windows else contents.PROGRAM
    meanings = {
        "VERSION": version,
        "PROGRAM_FOLDER": str(program),
        "WINDOW_PROGRAM": window_program,
        "ICON": str(icon),
        "LICENCE": str(licence),
        "OUTPUT": str(installer),
    }
    options = [f"-D{name}={value}" for name, value in meanings.items()]
    if not is_windows:
        options.append("-XSetCompress off")
    subprocess.run(
        ["makensis", "-V2", "-WX", "-INPUTCHARSET", "UTF8", *options, str(_SCRIPT)],
        check=True,
    )
    return installer
