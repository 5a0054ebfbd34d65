"""The view of bundle versions: their timeline, a chart of their sizes, what each holds, what is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from syncsphere_desktop.database.notifications import ChangeEvent, EverythingMayHaveChanged, TableChanged
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.domain.listing import FilterValue, ListQuery, RowSource, Sort
from syncsphere_desktop.domain.ownership import BoxOwnership
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.override import override
from syncsphere_desktop.studio.bundle_contents import BundleContents, BundleReading
from syncsphere_desktop.studio.bundles.child.desk import Job
from syncsphere_desktop.studio.bundles.opening import Source
from syncsphere_desktop.studio.ports import ProjectStore
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.editing import EditedStore, Editing
from syncsphere_desktop.ui.app.list_controller import ListController
from syncsphere_desktop.ui.app.listing import Listing, ListingWords
from syncsphere_desktop.ui.app.view import Filters, ViewContext
from syncsphere_desktop.ui.bundles.columns import version_columns
from syncsphere_desktop.ui.bundles.comparing import Comparing
from syncsphere_desktop.ui.bundles.deeds import BundleDeeds, StudioBundleDeeds
from syncsphere_desktop.ui.bundles.handling import BundleHandling
from syncsphere_desktop.ui.bundles.inspector import BundleInspector, shown_contents
from syncsphere_desktop.ui.bundles.project_choice import ProjectChoice
from syncsphere_desktop.ui.bundles.size_chart import SizeChart, chart_points
from syncsphere_desktop.ui.bundles.words import version_of_project
from syncsphere_desktop.ui.library.dialogs import ChooseProjectDialog
from syncsphere_desktop.ui.widgets.dialog import open_dialog

PROJECT = "project_id"
_WORDS = ListingWords(
    one="version",
    many="versions",
    icon="bundles",
    empty_title="No versions yet",
    empty_sentence="Each save of a project in the studio is a version. A bundle from a file can be one too.",
    add_action="Import a bundle",
    tables=frozenset({"project_bundles", "bundle_marks", "bundle_facts", "bundle_checks"}),
)
_LABELS = {"label": "Label", "pinned": "Pinned"}
_NEWEST_FIRST = Sort("created_at", descending=True)
_ON_CHART = 2_000
_IDS_AT_ONCE = 10_000


class VersionRows(Protocol):
    """The rows of versions; met by the database's repository and the tests' fake."""

    @property
    def rows(self) -> RowSource[BundleVersion]: ...
    async def get(self, bundle_id: BundleId) -> BundleVersion: ...


class VersionMarks(Protocol):
    """Labels and pins."""

    async def mark(
        self, bundle_id: BundleId, *, label: str | None = None, pinned: bool | None = None
    ) -> BundleVersion: ...


class ReadsContents(Protocol):
    """Opens versions and files in the background, and compares them."""

    def at_hand(self, version: BundleVersion) -> BundleReading | None: ...
    async def of(self, source: Source) -> BundleReading: ...
    async def with_matches(self, version: BundleVersion) -> BundleReading: ...
    async def compared(
        self, before: Source, after: Source, job: Job, arguments: Mapping[str, Any]
    ) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class BundleParts:
    """What the view works with."""

    versions: VersionRows
    marks: VersionMarks
    projects: ProjectStore
    contents: ReadsContents
    holders: RowSource[BoxOwnership]
    people: RowSource[User]
    deeds: BundleDeeds


class BundlesController(ListController[BundleVersion]):
    """Owns the view's widgets and tasks."""

    def __init__(
        self,
        parts: BundleParts,
        context: ViewContext,
        now: Callable[[], datetime],
        *,
        read_only: bool = False,
    ) -> None:
        super().__init__(context, "Bundles", "Search projects, people, labels", read_only=read_only)
        self._parts = parts
        self._project: Project | None = None
        self.inspector = BundleInspector(now)
        self.inspector.set_read_only(read_only=read_only)
        self.listing = Listing(
            self.frame,
            parts.versions.rows,
            version_columns(now, editable=not read_only),
            _WORDS,
            context,
            self._scope,
            sort=_NEWEST_FIRST,
            on_add=None if read_only else self.add,
        )
        store: EditedStore[BundleVersion] = EditedStore(
            parts.versions.get, self._mark, version_of_project, _LABELS
        )
        self.editing = Editing(self.listing, self.inspector.form, store, context, self._scope)
        self.comparing = Comparing(
            self.listing.view.selection,
            parts.versions.rows,
            parts.holders,
            parts.contents,
            context,
            self._scope,
        )
        self.handling = BundleHandling(
            self.listing.view.selection,
            parts.deeds,
            parts.projects.rows,
            parts.people,
            self.receiving_project,
            context,
            self._scope,
            read_only=read_only,
        )
        self.choice = ProjectChoice()
        self.chart = SizeChart()
        self._build()

    @classmethod
    def for_session(cls, session: Session, context: ViewContext) -> BundlesController:
        """Build the view for an open session."""
        from syncsphere_desktop.database.bundle_stream import BundleStreams
        from syncsphere_desktop.database.repositories.bundle_facts import BundleFactsRepository
        from syncsphere_desktop.database.repositories.bundle_marks import BundleMarkRepository
        from syncsphere_desktop.database.repositories.bundles import BundleRepository
        from syncsphere_desktop.database.repositories.ownership import OwnershipRepository

        database, actor = session.database, session.actor
        parts = BundleParts(
            versions=BundleRepository(database, actor),
            marks=BundleMarkRepository(database, actor),
            projects=session.projects,
            contents=BundleContents(
                BundleStreams(database),
                session.audio.contents,
                session.bundle_worker,
                BundleFactsRepository(database),
            ),
            holders=OwnershipRepository(database, actor).rows,
            people=session.users.rows,
            deeds=StudioBundleDeeds(session),
        )
        read_only = database.read_only_reason is not None
        return cls(parts, context, session.clock.now, read_only=read_only)

    def _build(self) -> None:
        self.frame.add_tool(self.choice)
        self.frame.add_strip(self.chart)
        self.frame.set_body(self.listing.view, self.inspector)
        self.frame.restore_layout(self._context.layout)
        self._add_actions()
        self._connect()
        self.listing.count_unseen()

    def _connect(self) -> None:
        self.listing.filters_changed.connect(self._on_listing_filters_changed)
        self.listing.model.loaded.connect(self._read_chart)
        self.editing.shown_changed.connect(self._on_editing_shown_changed)
        self.editing.row_refreshed.connect(self._on_editing_row_refreshed)
        self.editing.many_selected.connect(self._on_editing_many_selected)
        self.inspector.close_requested.connect(self.frame.toggle_inspector)
        self.inspector.compare_requested.connect(self.comparing.compare)
        self.inspector.restore_requested.connect(self.handling.restore)
        self.inspector.export_requested.connect(self.handling.export)
        self.handling.added.connect(self._on_handling_added)
        self.handling.changed.connect(self.reload)
        self.choice.choose_requested.connect(self.choose_project)
        self.choice.all_requested.connect(self.show_all)
        self.chart.version_chosen.connect(self.go_to)

    def _add_actions(self) -> None:
        self._add_wishes(
            "Import a bundle",
            self.add,
            ("Pin or unpin the version", self.toggle_pin, "Ctrl+B"),
            ("Restore the version…", self.handling.restore, "Ctrl+R"),
            ("Copy into another project…", self.handling.copy, None),
            ("Copy into a new project…", self.handling.copy_to_new_project, None),
            ("Verify the versions", self.handling.verify, None),
        )
        for text, do, keys in (
            ("List the versions of a project…", self.choose_project, "Ctrl+P"),
            ("List the versions of all projects", self.show_all, None),
            ("Compare versions", self.comparing.compare, "Ctrl+D"),
            ("Compare with a file…", self.comparing.compare_with_file, None),
            ("Export versions…", self.handling.export, "Ctrl+S"),
            ("Simulate retention…", self.handling.simulate_retention, "Ctrl+Shift+R"),
        ):
            add_action(self.frame, text, do, shortcut=keys, group=self._group)

    def receiving_project(self) -> Project | None:
        """Return the project whose versions are listed: what is dropped goes there."""
        return self._project

    def takes_files(self, lines: Sequence[str]) -> bool:
        """Return whether what is dropped are bundles, by their names: they become versions here."""
        return not self._read_only and bool(lines) and all(_is_bundle(line) for line in lines)

    def take_files(self, lines: Sequence[str], into: Project | None) -> None:
        """Import what was dropped on the view."""
        self.handling.take_dropped(lines, into)

    def add(self) -> None:
        """Ask for bundles to import."""
        self.handling.choose_files()

    def _on_handling_added(self, version: BundleVersion) -> None:
        narrowed = self.listing.filters.get(PROJECT)
        if narrowed is None or narrowed == version.project_id:
            self.editing.show_added(version)
        else:
            self.reload()

    # What is listed

    def choose_project(self) -> None:
        """Ask for a project, and list its versions alone."""
        if open_dialog(self._context.window) is None:
            self._scope.spawn(self._choose_project(), key="dialog")

    def show_all(self) -> None:
        """List the versions of all projects."""
        self.listing.narrow({})

    def go_to(self, bundle_id: int) -> None:
        """Select a version that the list has, and bring it on screen."""
        self._scope.spawn(self._go_to(bundle_id), key="go")

    @override
    def take_change(self, change: ChangeEvent) -> None:
        """Learn that rows changed: the list is read again soon, and the chart after it."""
        super().take_change(change)
        renamed = isinstance(change, TableChanged) and change.table == "projects"
        if (renamed or isinstance(change, EverythingMayHaveChanged)) and self._project is not None:
            self._scope.spawn(self._name(self._project.id), key="name", on_error=_leave_unnamed)

    async def _choose_project(self) -> None:
        dialog = ChooseProjectDialog(
            self._context.window,
            self._scope,
            self._parts.projects.rows,
            title="Versions of one project",
            confirm="Show the versions of {}",
        )
        project = await dialog.ask()
        if project is not None:
            self._project = project
            self.listing.narrow({PROJECT: project.id})

    async def _go_to(self, bundle_id: int) -> None:
        model = self.listing.model
        query = model.shown_query
        for start in range(0, model.count.value if query is not None else 0, _IDS_AT_ONCE):
            assert query is not None
            ids = list(await model.source.ids(query, start, _IDS_AT_ONCE))
            if bundle_id in ids:
                self.listing.view.go_to(start + ids.index(bundle_id))
                return

    def _on_listing_filters_changed(self, filters: Filters) -> None:
        project = filters.get(PROJECT)
        if self._project is None or self._project.id != project:
            self._project = None
        self._show_project(project)
        if isinstance(project, int) and self._project is None:
            self._scope.spawn(self._name(ProjectId(project)), key="name", on_error=_leave_unnamed)

    def _show_project(self, project: FilterValue) -> None:
        name = self._project.name if self._project is not None else None
        self.choice.show_project(name if project is None or name else f"Project {project}")
        self.chart.show_points(())

    async def _name(self, project_id: ProjectId) -> None:
        """Find the project behind an id, where another view narrowed the list."""
        project = await self._parts.projects.get(project_id)
        if self.listing.filters.get(PROJECT) == project_id:
            self._project = project
            self.choice.show_project(project.name)

    # The chart

    def _read_chart(self) -> None:
        project = self.listing.filters.get(PROJECT)
        if isinstance(project, int):
            self._scope.spawn(self._load_chart(project), key="chart", on_error=self._on_chart_failed)

    async def _load_chart(self, project: int) -> None:
        query = ListQuery(Sort("version", descending=True), filters={PROJECT: project})
        page, _count = await self._parts.versions.rows.first_page(query, _ON_CHART)
        points = await asyncio.to_thread(chart_points, page.rows)
        if self.listing.filters.get(PROJECT) == project:
            self.chart.show_points(points)

    def _on_chart_failed(self, _error: AppError) -> None:
        self.chart.show_points(())  # the list says what is wrong

    # Marks

    def toggle_pin(self) -> None:
        """Pin the shown version, or let it go."""
        shown = self.editing.shown
        if shown is not None and not self._read_only:
            self._scope.spawn(self._pin(shown))

    async def _pin(self, version: BundleVersion) -> None:
        self.editing.take(await self._parts.marks.mark(version.id, pinned=not version.pinned))

    async def _mark(self, base: BundleVersion, changes: Mapping[str, object]) -> BundleVersion:
        label = str(changes["label"] or "") if "label" in changes else None
        pinned = bool(changes["pinned"]) if "pinned" in changes else None
        return await self._parts.marks.mark(base.id, label=label, pinned=pinned)

    # What the inspector shows

    def _on_editing_shown_changed(self, version: BundleVersion | None) -> None:
        self.chart.show_selected(None if version is None else version.id)
        if version is None:
            self.inspector.show_nothing()
            self._scope.cancel("contents")
            return
        self.inspector.show_version(version)
        self._read_contents(version)

    def _on_editing_row_refreshed(self, version: BundleVersion) -> None:
        reading = self._parts.contents.at_hand(version)
        self.inspector.show_version(version)
        if reading is None or reading.matches is None:
            self._read_contents(version)
        else:
            self._scope.spawn(self._show_reading(version, reading), key="contents")

    def _on_editing_many_selected(self, count: int) -> None:
        self._scope.cancel("contents")
        selection = self.listing.view.selection
        self.chart.show_selected(None)
        self.inspector.show_many(selection.rows(), count)

    def _read_contents(self, version: BundleVersion) -> None:
        self.inspector.show_waiting()
        work = self._load_contents(version)
        self._scope.spawn(work, key="contents", on_error=self._on_contents_failed)

    async def _load_contents(self, version: BundleVersion) -> None:
        """Show what it holds as soon as that is known, and what the library has of it after that."""
        await self._show_reading(version, await self._parts.contents.of(version))
        await self._show_reading(version, await self._parts.contents.with_matches(version))

    async def _show_reading(self, version: BundleVersion, reading: BundleReading) -> None:
        ratio = self.inspector.devicePixelRatioF()
        contents = await asyncio.to_thread(shown_contents, reading, ratio)
        shown = self.editing.shown
        if shown is not None and shown.id == version.id:
            self.inspector.show_contents(shown, contents)

    def _on_contents_failed(self, error: AppError) -> None:
        self.inspector.show_unread(error.message)


def _is_bundle(line: str) -> bool:
    return line.strip().lower().endswith((".odb", ".od"))


def _leave_unnamed(_error: AppError) -> None:
    """The project is known by its id then."""
