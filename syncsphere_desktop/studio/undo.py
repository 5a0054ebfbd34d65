"""Taking a change back after it was saved, from its audit entry.

What can be taken back: an edit of a user or a project, a change of a collaborator's role, another name or
project of an audio file, a label or pin of a bundle version, and tracks that were released or given to
somebody for a reason, all of one act at once. A row that others changed since refuses with a conflict; of
several tracks, those that changed hands since stay. Undoing twice takes back the change before that one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.audit import Action, AuditEntry, Entity
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.collaborator import checked_role
from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.ids import (
    AudioFileId,
    BundleId,
    CollaboratorId,
    ProjectId,
    RowVersion,
    UserId,
)
from syncsphere_desktop.domain.ownership_acts import Assignment
from syncsphere_desktop.errors import ConflictError, InputError, NotFoundError
from syncsphere_desktop.studio.ports import CollaboratorStore, ProjectStore, UserStore

_NAMES = {
    Entity.USER: "user",
    Entity.PROJECT: "project",
    Entity.COLLABORATOR: "collaborator",
    Entity.AUDIO_FILE: "audio file",
    Entity.BUNDLE: "bundle version",
    Entity.BOX: "track",
}
_DEEDS = {
    Action.ADD: "was added",
    Action.UPDATE: "was given other content",
    Action.REMOVE: "was removed",
    Action.SET_PASSWORD: "got a new password",
    Action.TRANSFER: "was transferred",
    Action.HAND_OVER: "was handed over",
    Action.RELEASE: "was released",
    Action.QUARANTINE: "was put into quarantine",
    Action.RESTORE: "was brought back from quarantine",
}


class AuditReader(Protocol):
    """What undoing needs of the audit log."""

    async def find(self, entry_id: int) -> AuditEntry | None: ...
    async def last_by(self, actor: str) -> AuditEntry | None: ...
    async def together_with(self, entry: AuditEntry) -> Sequence[AuditEntry]: ...


class AudioFileStore(Protocol):
    """What undoing needs of the audio library."""

    async def get(self, file_id: AudioFileId) -> AudioFile: ...
    async def update(
        self, base: AudioFile, changes: Mapping[str, object], *, undoes: int | None = None
    ) -> AudioFile: ...


class BundleMarks(Protocol):
    """What undoing needs of the labels and pins of bundle versions."""

    async def get(self, bundle_id: BundleId) -> BundleVersion: ...
    async def mark(
        self,
        bundle_id: BundleId,
        *,
        label: str | None = None,
        pinned: bool | None = None,
        undoes: int | None = None,
    ) -> BundleVersion: ...


class TrackOwners(Protocol):
    """What undoing needs of the ownership of tracks."""

    async def take_back(self, entries: Sequence[AuditEntry]) -> Assignment: ...


class _Row(Protocol):
    @property
    def row_version(self) -> RowVersion: ...


RowT = TypeVar("RowT", bound=_Row)


class Undo:
    """Takes changes back through the same stores that made them, so that this is audited too."""

    def __init__(
        self,
        audit: AuditReader,
        users: UserStore,
        projects: ProjectStore,
        collaborators: CollaboratorStore,
        audio_files: AudioFileStore,
        bundle_marks: BundleMarks,
        tracks: TrackOwners,
    ) -> None:
        self._audit = audit
        self._users = users
        self._projects = projects
        self._collaborators = collaborators
        self._audio_files = audio_files
        self._bundle_marks = bundle_marks
        self._tracks = tracks

    async def undo_last(self, actor: str) -> str:
        """Take back the newest change of `actor` that still stands; return what was done as a sentence.

        Raises NotFoundError when there is none, InputError when it can't be taken back, ConflictError when
        the row was changed since.
        """
        entry = await self._audit.last_by(actor)
        if entry is None:
            raise NotFoundError("There is nothing to undo.")
        return await self._take_back(entry)

    async def undo(self, entry_id: int) -> str:
        """Take back the change of one audit entry; raises as `undo_last` does."""
        entry = await self._audit.find(entry_id)
        if entry is None:
            raise NotFoundError(f"There is no audit entry {entry_id}.")
        if entry.undone:
            raise InputError("This change was taken back already.")
        return await self._take_back(entry)

    async def _take_back(self, entry: AuditEntry) -> str:
        if _is_act_on_tracks(entry):
            return await self._restore_owners(entry)
        if entry.action != Action.UPDATE or not entry.before or not entry.after:
            raise InputError(_refusal(entry))
        if entry.entity == Entity.USER:
            user = _unchanged(await self._users.get(UserId(entry.entity_id)), entry)
            changed = await self._users.update(user, entry.before, undoes=entry.id)
            return _told(f"user “{changed.username}”", entry.before)
        if entry.entity == Entity.PROJECT:
            project = _unchanged(await self._projects.get(ProjectId(entry.entity_id)), entry)
            restored = await self._projects.update(project, entry.before, undoes=entry.id)
            return _told(f"project “{restored.name}”", entry.before)
        if entry.entity == Entity.COLLABORATOR:
            return await self._restore_role(entry, entry.before)
        # What names another file can't go back by the row alone: the file is elsewhere by then.
        if entry.entity == Entity.AUDIO_FILE and set(entry.before) <= {"filename", "project_id"}:
            file = _unchanged(await self._audio_files.get(AudioFileId(entry.entity_id)), entry)
            renamed = await self._audio_files.update(file, entry.before, undoes=entry.id)
            return _told(f"audio file “{renamed.filename}”", entry.before)
        if entry.entity == Entity.BUNDLE and set(entry.before) <= {"label", "pinned"}:
            return await self._restore_marks(entry, entry.before)
        raise InputError(_refusal(entry))

    async def _restore_owners(self, entry: AuditEntry) -> str:
        """Give all the tracks of one act back, those that still are as it left them."""
        together = await self._audit.together_with(entry)
        act = [one for one in together if _is_act_on_tracks(one) and not one.undone]
        done = await self._tracks.take_back(act)
        if not done.changed:
            raise ConflictError(
                "The tracks changed hands again since; undoing would overwrite the newer changes.",
                base=dict(entry.after or {}),
                theirs={"owner_id": done.conflicts[0].found} if done.conflicts else {},
                mine=dict(entry.before or {}),
                their_version=0,
            )
        left = len(act) - len(done.changed)
        stayed = f" {counted(left, 'track')} changed hands since and stayed." if left else ""
        if len(done.changed) == 1:
            return f"1 track has its former owner again.{stayed}"
        return f"{counted(len(done.changed), 'track')} have their former owners again.{stayed}"

    async def _restore_marks(self, entry: AuditEntry, before: Mapping[str, object]) -> str:
        version = _unchanged(await self._bundle_marks.get(BundleId(entry.entity_id)), entry)
        label = str(before["label"] or "") if "label" in before else None
        pinned = bool(before["pinned"]) if "pinned" in before else None
        await self._bundle_marks.mark(version.id, label=label, pinned=pinned, undoes=entry.id)
        return _told(f"version {version.version} of “{version.project_name or ''}”", before)

    async def _restore_role(self, entry: AuditEntry, before: Mapping[str, object]) -> str:
        row = _unchanged(await self._collaborators.get(CollaboratorId(entry.entity_id)), entry)
        role = checked_role(str(before.get("role") or ""))
        await self._collaborators.set_role(row.project_id, row.user_id, role, base=row, undoes=entry.id)
        return f"“{row.username}” is {role.value} of “{row.project_name}” again."


def _is_act_on_tracks(entry: AuditEntry) -> bool:
    """Whether an entry is about tracks alone; those of a user's whole belongings have no reason in them."""
    acts = (Action.RELEASE, Action.HAND_OVER, Action.ADD)  # added is what had no row and was claimed
    return entry.entity == Entity.BOX and entry.action in acts and "reason" in (entry.after or {})


def _unchanged(row: RowT, entry: AuditEntry) -> RowT:
    """Return the row where it still holds what the entry's change wrote; raises ConflictError otherwise."""
    assert entry.before is not None
    assert entry.after is not None
    now = {name: getattr(row, name) for name in entry.after}
    if now != dict(entry.after):
        raise ConflictError(
            "This was changed again since; undoing would overwrite the newer change.",
            base=dict(entry.after),
            theirs=now,
            mine=dict(entry.before),
            their_version=row.row_version,
        )
    return row


def _told(what: str, before: Mapping[str, object]) -> str:
    fields = ", ".join(name.removesuffix("_id").replace("_", " ") for name in before)
    return f"The {what} has its former {fields} again."


def _refusal(entry: AuditEntry) -> str:
    known = entry.entity in set(Entity) and entry.action in _DEEDS
    if not known:
        return f"The last change ({entry.action} of {entry.entity}) can't be taken back."
    name, deed = _NAMES[Entity(entry.entity)], _DEEDS[Action(entry.action)]
    return f"The last change can't be taken back: the {name} {entry.entity_id} {deed}."
