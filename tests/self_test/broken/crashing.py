"""A part that takes its process with it, as a library that lacks a file may."""

from __future__ import annotations

import os
from pathlib import Path


def check(_folder: Path) -> str:
    """Die."""
    print("the plugin is missing", flush=True)  # noqa: T201
    os.abort()
