"""The editor of an audio file in the inspector."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.ui.widgets.record_form import FieldSpec, RecordForm

FILENAME_MAX = 255


def audio_form() -> RecordForm[AudioFile]:
    """Return a form for the name; the project changes by a move."""
    return RecordForm((FieldSpec("filename", "File name", QLineEdit(), maximum=FILENAME_MAX),))
