"""The inspector of the selected version: its mark, what it is, what it holds, what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from syncsphere_desktop.domain.bundle import LABEL_MAX, BundleVersion
from syncsphere_desktop.domain.humane import ago, counted, exact, number, size
from syncsphere_desktop.odb import BundleKind
from syncsphere_desktop.odb.summary import Summary
from syncsphere_desktop.studio.bundle_contents import BundleReading
from syncsphere_desktop.ui.bundles.columns import warnings_of
from syncsphere_desktop.ui.bundles.content_lines import sample_lines, unit_lines
from syncsphere_desktop.ui.bundles.covers import COVER, small_cover
from syncsphere_desktop.ui.bundles.line_list import Line, LineList
from syncsphere_desktop.ui.bundles.words import (
    KIND_WORDS,
    in_short,
    signature_words,
    size_change,
    tempo_words,
    version_name,
)
from syncsphere_desktop.ui.theme.fonts import monospace
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.fact_rows import fact_rows, show_filled
from syncsphere_desktop.ui.widgets.inspector import InspectorPanel
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel
from syncsphere_desktop.ui.widgets.record_form import FieldSpec, RecordForm

_MUSIC = ("Title", "Artist", "Tempo", "Signature", "Boxes", "Description", "Tags")
_STORED = ("Kind", "Size", "Saved", "By", "UUID", "Id")
_HINT = "Select a version to see what it holds."
_MOST_WARNINGS = 4


@dataclass(frozen=True, slots=True)
class ShownContents:
    """What a version holds, as it is shown."""

    reading: BundleReading
    units: tuple[Line, ...]
    samples: tuple[Line, ...]
    cover: QImage | None


def shown_contents(reading: BundleReading, ratio: float) -> ShownContents:
    """Put what a version holds into lines and a picture for a screen's ratio; for a thread."""
    return ShownContents(
        reading,
        unit_lines(reading.bundle),
        sample_lines(reading.bundle.samples, reading.matches),
        small_cover(reading.cover, ratio),
    )


class BundleInspector(InspectorPanel):
    """Emits wishes; the controller fulfils them. Label and pin are edited in `form`."""

    compare_requested = Signal()
    restore_requested = Signal()
    export_requested = Signal()

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__("bundles", "No version selected", _HINT)
        self._now = now
        self._read_only = False
        self.form = mark_form()
        self.notice = Banner(tone="warning", dismissible=False)
        self.notice.hide()
        self._cover = PlainLabel()
        self._cover.setFixedSize(QSize(COVER, COVER))
        self._cover.setAccessibleName("Cover")
        self._music = {name: ElidedLabel(copyable=True) for name in _MUSIC}
        self._music_rows = fact_rows(self._music)
        self._stored = {name: ElidedLabel(copyable=True) for name in _STORED}
        self._stored["UUID"] = ElidedLabel("", Qt.TextElideMode.ElideMiddle, copyable=True)
        self._stored["UUID"].setFont(monospace())
        self._stored_rows = fact_rows(self._stored)
        self.waiting = PlainLabel()
        self.waiting.setProperty("role", "secondary")
        self.waiting.setWordWrap(True)
        self.units = LineList("Units and tracks")
        self.samples = LineList("Samples", most=10)
        self._units_caption = PlainLabel()
        self._samples_caption = PlainLabel()
        self._build()
        self.show_nothing()

    def _build(self) -> None:
        self._one = [
            self.add_section("", self.notice),
            self.add_section("Music", self._music_part()),
        ]
        self._waiting_section = self.add_section("", self.waiting)
        self._unit_section = self.add_section("", _captioned(self._units_caption, self.units))
        self._sample_section = self.add_section("", _captioned(self._samples_caption, self.samples))
        self._mark_section = self.add_section("Mark", self.form)
        self._one.append(self._mark_section)
        self._one.append(self.add_section("Stored", self._stored_rows))
        self._many_text = PlainLabel()
        self._many_text.setWordWrap(True)
        self._many = self.add_section("", self._many_text)
        self.compare_button = Button(
            "Compare", tooltip="What changed against the version before", keys="Ctrl+D", icon_name="compare"
        )
        self.compare_button.clicked.connect(self.compare_requested)
        self.restore_button = Button(
            "Restore…", tooltip="Store it again as the newest version", keys="Ctrl+R"
        )
        self.restore_button.clicked.connect(self.restore_requested)
        self.export_button = Button("Export…", Kind.SUBTLE, tooltip="Write it to a file", keys="Ctrl+S")
        self.export_button.clicked.connect(self.export_requested)
        self.set_footer(self.compare_button, self.restore_button, self.export_button)

    def _music_part(self) -> QWidget:
        part = QWidget()
        row = QHBoxLayout(part)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self._cover, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._music_rows, 1)
        return part

    @property
    def shows_contents(self) -> bool:
        """Return whether what the version holds is shown."""
        return not self.is_empty and self._waiting_section.isHidden()

    def show_version(self, version: BundleVersion) -> None:
        """Show a version; what it holds follows when it is read."""
        self._show_sections(one=True)
        change = "" if version.size_delta is None else f" ({size_change(version.size_delta)})"
        project = version.project_name or "Without a project"
        self.show_object("bundles", version_name(version), f"{project} · {size(version.size)}{change}")
        self._show_stored(version)
        self._show_warnings(warnings_of(version))
        self.compare_button.setText("Compare")

    def show_waiting(self) -> None:
        """Say that what it holds is being read."""
        self._music_part_visible(visible=False)
        self._show_lists(visible=False)
        self._say("Reading what it holds…")

    def show_unread(self, sentence: str) -> None:
        """Say why what it holds can't be shown."""
        self.show_waiting()
        self._say(sentence)

    def show_contents(self, version: BundleVersion | None, shown: ShownContents) -> None:
        """Show what a version, or with None a file, holds, and what it is where it is no whole bundle."""
        bundle = shown.reading.bundle
        self._say("")
        known = () if version is None else warnings_of(version)
        told = [*known, *([bundle.problem] if bundle.problem else []), *bundle.warnings]
        self._show_warnings(told, "danger" if bundle.kind in _BROKEN else "warning")
        self._stored["Kind"].set_text(KIND_WORDS[bundle.kind])
        self._stored["UUID"].set_text(str(bundle.uuid or ""))
        show_filled(self._stored_rows, self._stored)
        self._show_music(bundle, shown.cover)
        has_music = bool(bundle.boxes)
        self._unit_section.setVisible(has_music)
        self._units_caption.setText(in_short(bundle))
        self.units.show_lines(shown.units)
        self._sample_section.setVisible(bool(bundle.samples))
        inside = f" · {size(bundle.sample_bytes)} in the bundle" if bundle.samples_inside else ""
        self._samples_caption.setText(counted(bundle.sample_count, "sample") + inside)
        self.samples.show_lines(shown.samples)

    def show_file(self, name: str, folder: str, length: int) -> None:
        """Show a file that is no stored version; what it holds follows by `show_contents`."""
        self._show_sections(one=True)
        self._mark_section.hide()
        self.set_footer_visible(visible=False)
        self.show_object("bundles", name, folder)
        self._show_warnings(())
        for label in self._stored.values():
            label.set_text("")
        self._stored["Size"].set_text(size(length), tooltip=f"{number(length)} bytes")
        show_filled(self._stored_rows, self._stored)

    def show_many(self, versions: Sequence[BundleVersion], count: int) -> None:
        """Show that several versions are selected; `versions` are those at hand."""
        self._show_sections(one=False)
        whole = len(versions) == count
        self.show_object(
            "bundles",
            f"{number(count)} versions selected",
            size(sum(version.size for version in versions)) if whole else "",
        )
        pair = "Compare (Ctrl+D) tells what changed from the earlier one to the later one."
        self._many_text.setText(pair if count == 2 else "Export (Ctrl+S) writes each into a file.")
        self.compare_button.setVisible(count == 2)

    def show_nothing(self) -> None:
        """Show that no version is selected."""
        self.show_empty("bundles", "No version selected", _HINT)

    def set_read_only(self, *, read_only: bool) -> None:
        """Leave out what the connection doesn't allow; comparing and exporting stay."""
        self.form.set_read_only(read_only=read_only)
        self._read_only = read_only
        self.restore_button.setVisible(not read_only)

    def _show_sections(self, *, one: bool) -> None:
        for section in self._one:
            section.setVisible(one)
        self._many.setVisible(not one)
        self.compare_button.setVisible(True)
        self.restore_button.setVisible(one and not self._read_only)
        if not one:
            self._waiting_section.hide()
            self._show_lists(visible=False)

    def _show_lists(self, *, visible: bool) -> None:
        self._unit_section.setVisible(visible)
        self._sample_section.setVisible(visible)

    def _music_part_visible(self, *, visible: bool) -> None:
        self._one[1].setVisible(visible)

    def _say(self, sentence: str) -> None:
        self.waiting.setText(sentence)
        self._waiting_section.setVisible(bool(sentence))

    def _show_warnings(self, told: Sequence[str], tone: str = "warning") -> None:
        more = len(told) - _MOST_WARNINGS
        lines = list(told[:_MOST_WARNINGS]) + ([f"And {counted(more, 'other thing')}."] if more > 0 else [])
        self._one[0].setVisible(bool(lines))
        self.notice.setVisible(bool(lines))
        if lines:
            details = "\n".join(told) if more > 0 else None
            self.notice.show_message("\n".join(lines), tone, details=details)

    def _show_music(self, bundle: Summary, cover: QImage | None) -> None:
        meta = bundle.meta
        self._cover.setVisible(cover is not None)
        if cover is not None:
            self._cover.setPixmap(QPixmap.fromImage(cover))
        boxes = bundle.boxes
        values = {
            "Title": (meta.name if meta else None) or "",
            "Artist": (meta.artist if meta else None) or "",
            "Tempo": tempo_words(bundle.tempo),
            "Signature": signature_words(bundle.signature),
            "Boxes": number(boxes) if boxes else "",
            "Description": (meta.description if meta else None) or "",
            "Tags": ", ".join(meta.tags) if meta else "",
        }
        for name, text in values.items():
            self._music[name].set_text(text)
        show_filled(self._music_rows, self._music)
        self._music_part_visible(visible=any(values.values()) or cover is not None)

    def _show_stored(self, version: BundleVersion) -> None:
        stored, saved = self._stored, version.created_at
        stored["Kind"].set_text("")
        stored["UUID"].set_text("")
        stored["Size"].set_text(size(version.size), tooltip=f"{number(version.size)} bytes")
        told = "" if saved is None else ago(saved, self._now())
        stored["Saved"].set_text(told, tooltip="" if saved is None else exact(saved))
        stored["By"].set_text(version.creator_name or "")
        stored["Id"].set_text(str(version.id))
        show_filled(self._stored_rows, stored)


_BROKEN = {BundleKind.DAMAGED, BundleKind.EMPTY, BundleKind.FOREIGN}


def mark_form() -> RecordForm[BundleVersion]:
    """Return a form for the label and the pin."""
    return RecordForm(
        (
            FieldSpec("label", "Label", QLineEdit(), maximum=LABEL_MAX),
            FieldSpec("pinned", "Pinned", QCheckBox("Pinned: retention never removes it")),
        )
    )


def _captioned(caption: PlainLabel, content: QWidget) -> QWidget:
    """Return the content below a caption that tells how much of it there is."""
    caption.setProperty("role", "caption")
    part = QWidget()
    column = QVBoxLayout(part)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    column.addWidget(caption)
    column.addWidget(content)
    return part
