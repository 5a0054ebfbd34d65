"""The library view: its list, its filters, its inspector with the sound, and what is done with files."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId, UserId
from syncsphere_desktop.domain.listing import RowSource, Sort
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.override import override
from syncsphere_desktop.studio.listening import Listening
from syncsphere_desktop.studio.ports import ProjectStore, UserStore
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.studio.waveforms import Waveforms
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.editing import EditedStore, Editing
from syncsphere_desktop.ui.app.list_controller import ListController
from syncsphere_desktop.ui.app.listing import Listing, ListingWords
from syncsphere_desktop.ui.app.view import Filters, ViewContext
from syncsphere_desktop.ui.library.columns import audio_columns
from syncsphere_desktop.ui.library.deeds import LibraryDeeds, StudioDeeds
from syncsphere_desktop.ui.library.dialogs import ChooseProjectDialog, ChooseUploaderDialog
from syncsphere_desktop.ui.library.facets import CONTENT, DUPLICATES, IDS, PROJECT, UPLOADER, without
from syncsphere_desktop.ui.library.filter_bar import FilterBar
from syncsphere_desktop.ui.library.handling import FileHandling
from syncsphere_desktop.ui.library.inspector import AudioInspector
from syncsphere_desktop.ui.library.listening import InspectorSound, WaveformOf
from syncsphere_desktop.ui.library.player import FileFetcher
from syncsphere_desktop.ui.library.sound_output import QtSoundOutput, SoundOutput
from syncsphere_desktop.ui.library.store_notice import StoreNotice, StoreWatch
from syncsphere_desktop.ui.widgets.dialog import open_dialog

_WORDS = ListingWords(
    one="file",
    many="files",
    icon="audio",
    empty_title="No audio yet",
    empty_sentence="Drop files or folders of takes onto the window.",
    add_action="Import files",
    tables=frozenset({"audio_files", "audio_content"}),
)
_LABELS = {
    "filename": "File name",
    "project_id": "Project",
    "file_path": "Path",
    "file_size": "Size",
    "duration": "Length",
    "sample_rate": "Sample rate",
    "channels": "Channels",
    "format": "Format",
    "uploaded_by": "Uploader",
}


class AudioStoreRows(Protocol):
    """The rows of audio files; met by the database's repository and the tests' fake."""

    @property
    def rows(self) -> RowSource[AudioFile]: ...
    async def get(self, file_id: AudioFileId) -> AudioFile: ...
    async def update(self, base: AudioFile, changes: Mapping[str, object]) -> AudioFile: ...


@dataclass(frozen=True, slots=True)
class LibraryParts:
    """What the view works with."""

    files: AudioStoreRows
    projects: ProjectStore
    users: UserStore
    store: StoreWatch
    deeds: LibraryDeeds
    waveform_of: WaveformOf
    fetcher: FileFetcher
    make_output: Callable[[], SoundOutput] = QtSoundOutput


class LibraryController(ListController[AudioFile]):
    """Owns the view's widgets and tasks."""

    def __init__(
        self,
        parts: LibraryParts,
        context: ViewContext,
        now: Callable[[], datetime],
        *,
        read_only: bool = False,
    ) -> None:
        super().__init__(context, "Library", "Search files, paths, projects", read_only=read_only)
        self._parts = parts
        self._project: Project | None = None
        self._uploader: str | None = None
        self._comes_for_one = False
        self.inspector = AudioInspector(now)
        self.inspector.set_read_only(read_only=read_only)
        self.listing = Listing(
            self.frame,
            parts.files.rows,
            audio_columns(now, editable=not read_only),
            _WORDS,
            context,
            self._scope,
            sort=Sort("created_at", descending=True),
            on_add=None if read_only or context.importing is None else self.add,
        )
        store: EditedStore[AudioFile] = EditedStore(
            parts.files.get, parts.files.update, lambda file: file.filename, _LABELS
        )
        self.editing = Editing(self.listing, self.inspector.form, store, context, self._scope)
        self.sound = InspectorSound(
            self.inspector.listen, parts.waveform_of, parts.fetcher, parts.make_output, self._scope
        )
        self.handling = FileHandling(
            context,
            parts.deeds,
            parts.projects.rows,
            self.listing.view.selection,
            parts.files.update,
            self._ask,
            self._scope.spawn,
            self,
        )
        self.filters = FilterBar()
        self.notice = StoreNotice(parts.store, self._scope)
        self._build()
        self._add_actions()
        self._connect()
        self.filters.stand_behind(self.frame.last_in_header)
        self.listing.count_unseen()

    @classmethod
    def for_session(cls, session: Session, context: ViewContext) -> LibraryController:
        """Build the view for an open session."""
        audio = session.audio
        parts = LibraryParts(
            files=audio.files,
            projects=session.projects,
            users=session.users,
            store=audio.access,
            deeds=StudioDeeds(audio),
            waveform_of=Waveforms(audio.access, audio.contents, lambda: audio.probes).of,
            fetcher=Listening(audio.access),
        )
        read_only = session.database.read_only_reason is not None
        return cls(parts, context, session.clock.now, read_only=read_only)

    def _build(self) -> None:
        self.frame.add_strip(self.notice)
        self.frame.add_strip(self.filters)
        self.frame.add_tool(self.filters.button)
        self.frame.set_body(self.listing.view, self.inspector)
        self.frame.restore_layout(self._context.layout)

    def _connect(self) -> None:
        listing, inspector = self.listing, self.inspector
        listing.filters_changed.connect(self._on_listing_filters_changed)
        listing.model.loaded.connect(self._on_model_loaded)
        listing.view.delete_requested.connect(self.remove)
        self.editing.shown_changed.connect(self._on_editing_shown_changed)
        self.editing.row_refreshed.connect(self._show)
        self.editing.many_selected.connect(self._on_editing_many_selected)
        inspector.move_requested.connect(self.move)
        inspector.download_requested.connect(self.handling.download)
        inspector.replace_requested.connect(self.replace)
        inspector.remove_requested.connect(self.remove)
        inspector.reprobe_requested.connect(self.reprobe)
        inspector.copies_requested.connect(self.show_copies)
        inspector.close_requested.connect(self.frame.toggle_inspector)
        self.filters.filters_wanted.connect(self.listing.narrow)
        self.filters.project_wanted.connect(self.choose_project)
        self.filters.uploader_wanted.connect(self.choose_uploader)
        self.handling.changed.connect(self.reload)
        self.handling.removed.connect(self.editing.forget)
        self.handling.replaced.connect(self.editing.take)
        self.notice.store_returned.connect(self.sound.read_again)

    def _add_actions(self) -> None:
        self._add_wishes(
            "Import files",
            self.add,
            ("Move to another project…", self.move, "Ctrl+M"),
            ("Replace the content…", self.replace, "Ctrl+R"),
            ("Look into the files again", self.reprobe, "Ctrl+Shift+R"),
            ("Remove to quarantine…", self.remove, "Del"),
        )
        reading = (
            ("Download…", self.handling.download, "Ctrl+D"),
            ("List the copies of the file", self.show_copies, None),
            ("Filter…", self.filters.open_menu, "Ctrl+Shift+F"),
            ("List the files of a project…", self.choose_project, None),
            ("List the files of an uploader…", self.choose_uploader, None),
        )
        for text, do, keys in reading:
            add_action(self.frame, text, do, shortcut=keys, group=self._group)
        # In the list alone: elsewhere the space bar types, or presses the button that has the focus.
        add_action(
            self.listing.view, "Play or pause", self.sound.player.toggle, shortcut="Space", group=self._group
        )

    @override
    def activate(self) -> None:
        """Be shown, and reach for the store when that was not done yet."""
        super().activate()
        self.notice.look()

    @override
    async def shutdown(self) -> None:
        """Stop the sound and end every task."""
        await super().shutdown()
        self.notice.close()
        await self.sound.shutdown()

    def receiving_project(self) -> Project | None:
        """Return the project that the list is narrowed to: what is dropped or pasted goes there."""
        return self._project

    # What is done with files

    def add(self) -> None:
        """Ask which files to import."""
        if self._context.importing is not None and not self._read_only:
            self._context.importing.choose_files(self._project)

    def move(self) -> None:
        """Ask into which project the selected files go."""
        self._if_writable(self.handling.move)

    def replace(self) -> None:
        """Ask for the file that takes the place of the shown one."""
        shown = self.editing.shown
        if shown is not None:
            self._if_writable(lambda: self.handling.replace(shown))

    def remove(self) -> None:
        """Take the selected files into quarantine."""
        self._if_writable(self.handling.remove)

    def reprobe(self) -> None:
        """Look into the selected files again."""
        self._if_writable(self.handling.reprobe)

    def _if_writable(self, do: Callable[[], None]) -> None:
        if not self._read_only:
            do()

    # Filters

    def choose_project(self) -> None:
        """Ask for a project, and list its files alone."""
        self._spawn_question(self._choose_project)

    def choose_uploader(self) -> None:
        """Ask for a person, and list their files alone."""
        self._spawn_question(self._choose_uploader)

    def show_copies(self) -> None:
        """List the files with the content of the shown one."""
        shown = self.editing.shown
        if shown is not None and shown.sha256 is not None:
            self.narrow({CONTENT: shown.sha256})

    def _spawn_question(self, question: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin a dialog that changes nothing, where none is open that it would push aside."""
        if open_dialog(self._context.window) is None:
            self._scope.spawn(question(), key="dialog")

    async def _choose_project(self) -> None:
        dialog = ChooseProjectDialog(
            self._context.window,
            self._scope,
            self._parts.projects.rows,
            title="Files of one project",
            confirm="Show the files of {}",
        )
        project = await dialog.ask()
        if project is not None:
            self._project = project
            self.listing.narrow({**without(self.listing.filters, (PROJECT,)), PROJECT: project.id})

    async def _choose_uploader(self) -> None:
        person = await ChooseUploaderDialog(self._context.window, self._scope, self._parts.users.rows).ask()
        if person is not None:
            self._uploader = person.username
            self.listing.narrow({**without(self.listing.filters, (UPLOADER,)), UPLOADER: person.id})

    @override
    def narrow(self, filters: Filters) -> None:
        """Show only the rows that these filters leave; a single row that was chosen is selected."""
        self._comes_for_one = isinstance(filters.get(IDS), str) and "," not in str(filters[IDS])
        super().narrow(filters)

    def _on_model_loaded(self) -> None:
        model = self.listing.model
        if self._comes_for_one and not model.is_dimmed and model.row(0) is not None:
            self._comes_for_one = False
            self.listing.view.go_to(0)
            self.listing.view.selection.select_only(0)

    def _on_listing_filters_changed(self, filters: Filters) -> None:
        project = filters.get(PROJECT)
        if self._project is not None and self._project.id != project:
            self._project = None
        self.listing.view.set_grouping(_content_of if filters.get(DUPLICATES) else None)
        self._show_filters(filters)
        self._scope.spawn(self._name(filters), key="names", on_error=_leave_unnamed)

    async def _name(self, filters: Filters) -> None:
        """Find the names behind the ids, where another view narrowed the list."""
        project, uploader = filters.get(PROJECT), filters.get(UPLOADER)
        if isinstance(project, int) and self._project is None:
            self._project = await self._parts.projects.get(ProjectId(project))
        if isinstance(uploader, int):
            self._uploader = (await self._parts.users.get(UserId(uploader))).username
        if self.listing.filters == filters:
            self._show_filters(filters)

    def _show_filters(self, filters: Filters) -> None:
        project = None if self._project is None else self._project.name
        self.filters.show_filters(filters, project=project, uploader=self._uploader)

    # What the inspector shows

    def _on_editing_shown_changed(self, file: AudioFile | None) -> None:
        if file is None:
            self.inspector.show_nothing()
            self.sound.show_file(None)
        else:
            self._show(file)

    def _show(self, file: AudioFile) -> None:
        self.inspector.show_file(file)
        self.sound.show_file(file)

    def _on_editing_many_selected(self, count: int) -> None:
        self.inspector.show_many(count, self.listing.view.selection.rows())
        self.sound.show_file(None)


def _content_of(file: AudioFile) -> object:
    return file.sha256


def _leave_unnamed(_error: AppError) -> None:
    """A filter whose project or person is gone keeps the words it has."""
