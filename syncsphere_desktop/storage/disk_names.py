"""How a name is written in paths, and how the disk has it: systems differ in the Unicode form they keep."""

from __future__ import annotations

import os
from contextlib import suppress

from syncsphere_desktop.storage.folders import Folder
from syncsphere_desktop.storage.paths import decomposed, usual_form


def actual_name(folder: Folder, name: str) -> str:
    """Return the name as the disk has it: macOS' decomposed form, where that alone is there."""
    other = name if name.isascii() else decomposed(name)
    if other == name:
        return name
    for candidate in (name, other):
        with suppress(FileNotFoundError):
            folder.look(candidate)
            return candidate
    return name


def written_name(folder: Folder, name: str) -> str:
    """Return the name as paths have it, unless another file has that very name."""
    usual = usual_form(name)
    if usual != name:
        with suppress(FileNotFoundError):
            if not os.path.samestat(folder.look(usual), folder.look(name)):
                return name
    return usual
