"""How far an import is, in words."""

from __future__ import annotations

import os
from collections.abc import Sequence

from syncsphere_desktop.domain.humane import counted, number, size, time_left
from syncsphere_desktop.studio.audio_import.progress import ImportProgress
from syncsphere_desktop.ui.app.jobs import JobPart


def progress_words(progress: ImportProgress) -> str:
    """Return how far in all: `312 of 1 204 files · 1.20 of 4.10 GB · 84 MB/s · 35 s left`."""
    parts = [
        f"{number(progress.files_done)} of {counted(progress.files, 'file')}",
        f"{size(progress.bytes_done)} of {size(progress.bytes)}",
    ]
    if progress.rate >= 1 and not progress.paused:
        parts.append(f"{size(round(progress.rate))}/s")
    if progress.seconds_left is not None:
        parts.append(f"{time_left(progress.seconds_left)} left")
    return " · ".join(parts)


def share_of(progress: ImportProgress) -> float:
    """Return how much is done, 0 to 1, by bytes."""
    if progress.bytes:
        return min(1.0, progress.bytes_done / progress.bytes)
    return progress.files_done / progress.files if progress.files else 1.0


def names_of(path: str) -> tuple[str, str]:
    """Return the folder and the name of a file by its path for people."""
    folder, _slash, name = path.replace("\\", "/").rpartition("/") if os.sep == "\\" else path.rpartition("/")
    return folder, name


def parts_of(progress: ImportProgress) -> Sequence[JobPart]:
    """Return how far each file is that is being copied."""
    return [
        JobPart(names_of(file.path)[1], min(1.0, file.bytes_done / file.bytes) if file.bytes else 1.0)
        for file in progress.current
    ]
