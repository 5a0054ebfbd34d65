"""Paths of audio files that are written in a way nobody expects, and name a file all the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.text import can_be_stored

_ODD_SPELLINGS = """
SELECT file_path, id FROM audio_files
WHERE (file_path LIKE '%%//%%' OR file_path LIKE '%%/./%%' OR file_path LIKE './%%' OR file_path LIKE '%%/'
       OR file_path LIKE '%%/.' OR strpos(file_path, chr(92)) > 0)
  AND (strpos(file_path, '%%') > 0
       OR EXISTS (SELECT FROM unnest(%(names)s::text[]) AS name WHERE strpos(file_path, name) > 0))
ORDER BY id
"""


def odd_spellings(connection: Connection, names: Collection[str]) -> Sequence[tuple[str, AudioFileId]]:
    """Return rows with a path of doubled slashes, dots or backslashes, or an address, that holds a name.

    All rows that may name a file of these names are given, and some that do not: a percent sign may hide
    any name. Whoever asks takes the paths apart.
    """
    wanted = [name for name in names if can_be_stored(name)]
    if not wanted:
        return []
    found = connection.exec_driver_sql(_ODD_SPELLINGS, {"names": wanted}).all()
    return [(row.file_path, AudioFileId(row.id)) for row in found]
