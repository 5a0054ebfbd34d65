"""What is asked before findings are taken away, and before anything in quarantine is removed for good."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QCheckBox, QWidget

from syncsphere_desktop.domain.humane import counted, number, size
from syncsphere_desktop.domain.trash import TrashEntry
from syncsphere_desktop.studio.integrity.findings import Finding
from syncsphere_desktop.ui.integrity.words import listed
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog


class QuarantineDialog(ConfirmDialog):
    """Says what leaves the library, and which of it stored versions still use."""

    def __init__(self, parent: QWidget, findings: Sequence[Finding]) -> None:
        count = len(findings)
        super().__init__(
            parent,
            title=f"Take {counted(count, 'file')} out of the library?",
            effects=quarantine_effects(findings),
            confirm="Move to quarantine" if count == 1 else f"Move {number(count)} to quarantine",
            dangerous=False,
        )


class RemoveForGoodDialog(ConfirmDialog):
    """Says what is lost. What stored versions still use stays unless `even_used` is checked."""

    def __init__(self, parent: QWidget, entries: Sequence[TrashEntry]) -> None:
        count = len(entries)
        self._even_used = QCheckBox("Remove also what stored versions still use")
        freed = sum(entry.size or 0 for entry in entries)
        name = entries[0].filename if count == 1 else counted(count, "file")
        super().__init__(
            parent,
            title=f"Remove {name} for good?",
            effects=[
                f"{size(freed)} in the storage become free.",
                "This can't be undone.",
                "Whether a stored version uses a file is asked again at the moment it is removed.",
            ],
            confirm="Remove file" if count == 1 else f"Remove {counted(count, 'file')}",
            choice=self._even_used,
        )

    @property
    def even_used(self) -> bool:
        """Return whether also that goes which stored versions still use."""
        return self._even_used.isChecked()


def quarantine_effects(findings: Sequence[Finding]) -> list[str]:
    """Return what taking findings out of the library touches, a sentence each."""
    rows = len({finding.file_id for finding in findings if finding.file_id is not None})
    without = len({finding.path for finding in findings if finding.file_id is None})
    effects = []
    if rows:
        effects.append(f"{counted(rows, 'row')} {'leaves' if rows == 1 else 'leave'} the library.")
    if without:
        effects.append(
            f"{counted(without, 'file')} without a row {'is' if without == 1 else 'are'} moved away."
        )
    used = [finding for finding in findings if finding.uses]
    if used:
        versions = len({use.bundle_id for finding in used for use in finding.uses})
        names = listed([finding.filename or finding.path for finding in used], most=3)
        effects.append(
            f"{counted(versions, 'stored version')} still {'uses' if versions == 1 else 'use'} {names}:"
            f" {'it' if versions == 1 else 'they'} would be silent there."
        )
    effects.append("All of it can be restored from the quarantine, for 30 days at least.")
    return effects
