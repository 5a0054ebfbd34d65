"""The inspector of the selected findings: what is wrong, who still uses the file, what can be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy

from syncsphere_desktop.domain.humane import counted, exact, number, size
from syncsphere_desktop.studio.integrity.findings import Finding, FindingKind
from syncsphere_desktop.ui.integrity.columns import FindingRow
from syncsphere_desktop.ui.integrity.words import KINDS, use_lines
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.fact_rows import fact_rows, show_fact
from syncsphere_desktop.ui.widgets.inspector import InspectorPanel
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_FACTS = ("Path", "Project", "Id", "Size", "Written", "Content")
_HINT = "Select one to see what can be done."


class FindingInspector(InspectorPanel):
    """Emits wishes; the controller fulfils them for what is selected."""

    relocate_requested = Signal()
    reread_requested = Signal()
    quarantine_requested = Signal()
    library_requested = Signal()

    def __init__(self, *, read_only: bool) -> None:
        super().__init__("shield", "No finding selected", _HINT)
        self._read_only = read_only
        self._meaning = _wrapped()
        self._uses = _wrapped()
        self._kinds = _wrapped()
        self._facts = {name: ElidedLabel(mode=Qt.TextElideMode.ElideMiddle, copyable=True) for name in _FACTS}
        self._wrong = self.add_section("What is wrong", self._meaning)
        self._many = self.add_section("Selected", self._kinds)
        self._used = self.add_section("Still used by", self._uses)
        self._details = self.add_section("File", fact_rows(self._facts))
        self._library = Button("Show in library", Kind.LINK)
        self._library.clicked.connect(self.library_requested)
        self._library.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._row = self.add_section("", self._library)
        self._relocate = Button(
            "Find by content", tooltip="Look for the same content elsewhere in the storage"
        )
        self._relocate.clicked.connect(self.relocate_requested)
        self._reread = Button(
            "Read anew", tooltip="Take what is in the file for right and describe the row by it"
        )
        self._reread.clicked.connect(self.reread_requested)
        self._quarantine = Button(
            "Quarantine…", Kind.SUBTLE, tooltip="Take it out of the library", keys="Del"
        )
        self._quarantine.clicked.connect(self.quarantine_requested)
        self.set_footer(self._relocate, self._reread, self._quarantine)
        self.show_nothing()

    def show_rows(self, rows: Sequence[FindingRow], count: int, projects: Mapping[int, str]) -> None:
        """Show the selected findings; `rows` are those at hand of `count`, `projects` the names known."""
        if not count or not rows:
            self.show_nothing()
            return
        findings = [row.finding for row in rows]
        if count == 1:
            self._show_one(rows[0], projects)
        else:
            self._show_many(findings, count)
        uses = [use for finding in findings for use in finding.uses]
        self._used.setVisible(bool(uses))
        self._uses.setText("\n".join(use_lines(uses, projects)))
        self._relocate.setVisible(
            any(finding.can_be_found_again for finding in findings) and not self._read_only
        )
        self._reread.setVisible(any(finding.can_be_read_anew for finding in findings) and not self._read_only)
        self.set_footer_visible(visible=not self._read_only)

    def show_nothing(self) -> None:
        """Show that nothing is selected."""
        self.show_empty("shield", "No finding selected", _HINT)

    def _show_one(self, row: FindingRow, projects: Mapping[int, str]) -> None:
        finding = row.finding
        words = KINDS[finding.kind]
        self.show_object("audio", row.name, words.name)
        self._meaning.setText("\n".join(part for part in (words.meaning, finding.details) if part))
        self._show_facts(finding, projects)
        self._show_sections(one=True)
        self._row.setVisible(finding.file_id is not None)

    def _show_many(self, findings: Sequence[Finding], count: int) -> None:
        self.show_object("audio", counted(count, "finding") + " selected", "")
        kinds = Counter(finding.kind for finding in findings)
        self._kinds.setText(
            "\n".join(f"{KINDS[kind].name}: {number(kinds[kind])}" for kind in FindingKind if kinds[kind])
        )
        self._show_sections(one=False)

    def _show_sections(self, *, one: bool) -> None:
        for section in (self._wrong, self._details, self._row):
            section.setVisible(one)
        self._many.setVisible(not one)

    def _show_facts(self, finding: Finding, projects: Mapping[int, str]) -> None:
        project = finding.project_id
        values = {
            "Path": finding.path,
            "Project": "" if project is None else projects.get(project, str(project)),
            "Id": "" if finding.file_id is None else str(finding.file_id),
            "Size": "" if finding.size is None else size(finding.size),
            "Written": "" if finding.modified is None else _moment(finding.modified),
            "Content": finding.sha256 or "",
        }
        for name, text in values.items():
            exactly = f"{number(finding.size)} bytes" if name == "Size" and finding.size is not None else ""
            self._facts[name].set_text(text, tooltip=exactly)
            show_fact(self._facts[name], shown=bool(text))


def _moment(seconds: float) -> str:
    """Return a file's time by this computer's clock; the storage's own may be a little off."""
    return exact(datetime.fromtimestamp(seconds))  # noqa: DTZ006  # shown as the other times: without a zone


def _wrapped() -> PlainLabel:
    label = PlainLabel()
    label.setWordWrap(True)
    return label
