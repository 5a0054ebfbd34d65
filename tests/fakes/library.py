"""The audio library in memory, as far as its view needs it: rows, store, deeds, waveforms, loudspeaker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from typing_extensions import override

from syncsphere_desktop.domain.audio import AUDIO_FIELDS, AudioFile, checked_audio_changes
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId, RowVersion, UserId
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.domain.sound import ContentState, Waveform
from syncsphere_desktop.errors import AppError, NotFoundError
from syncsphere_desktop.studio.integrity.outcomes import ActionOutcome, ActionReport, Did
from syncsphere_desktop.studio.work_control import WorkControl
from syncsphere_desktop.ui.library.sound_output import NoSoundError, SoundOutput
from tests.fakes.rows import InMemoryRows, Rows, conflict_between
from tests.fakes.studio import InMemoryStudio

_NOTHING_KNOWN: dict[str, Any] = {
    "state": ContentState.UNCHECKED,
    "state_details": None,
    "sha256": None,
    "codec": None,
    "verified_at": None,
    "import_id": None,
    "copies": 1,
}
"""What is known of a file whose row was pointed elsewhere."""


class InMemoryAudio:
    """The rows of audio files over an `InMemoryStudio`."""

    def __init__(self, studio: InMemoryStudio) -> None:
        self.studio = studio
        self.files: Rows[AudioFile] = Rows()
        own = ("filename", "file_path", "file_size", "duration", "sample_rate", "channels", "format")
        self.rows = InMemoryRows(
            self.files,
            studio.gate,
            sort_keys={
                **{name: attrgetter(name) for name in (*own, "created_at", "id")},
                "project": lambda file: file.project_name,
                "uploader": lambda file: file.uploader_name,
                "state": lambda file: file.state.value,
                "used_by": lambda file: file.used_by or 0,
                "sha256": lambda file: file.sha256,
                "codec": lambda file: file.codec,
                "verified_at": lambda file: file.verified_at,
                "copies": lambda file: file.copies,
            },
            search=lambda file: (file.filename, file.file_path, file.project_name, file.uploader_name),
            filters={
                "project_id": lambda file, value: file.project_id == value,
                "user_id": lambda file, value: file.uploaded_by == value,
                "format": lambda file, value: file.format == value,
                "sample_rate": lambda file, value: file.sample_rate == value,
                "channels": lambda file, value: file.channels == value,
                "duration_min": lambda file, value: (
                    file.duration is not None and file.duration >= float(str(value))
                ),
                "duration_max": lambda file, value: (
                    file.duration is not None and file.duration <= float(str(value))
                ),
                "ids": lambda file, value: str(file.id) in str(value).split(","),
                "state": lambda file, value: file.state == value,
                "sha256": lambda file, value: file.sha256 == value,
                "import_id": lambda file, value: str(file.import_id) == value,
                "duplicates": lambda file, value: (file.copies > 1) == value,
            },
            shown=self._shown,
            grouped_by=("duplicates", lambda file: file.sha256),
        )

    def put(
        self,
        filename: str,
        *,
        project_id: ProjectId | None = None,
        uploaded_by: UserId | None = None,
        duration: float | None = 2.5,
        **values: object,
    ) -> AudioFile:
        """Add a file: a stereo WAV of 48 kHz unless `values` say otherwise."""
        file = AudioFile(
            id=AudioFileId(self.files.take_id()),
            project_id=project_id,
            project_name=None,
            filename=filename,
            file_path=f"projects/{filename}",
            file_size=1_000_000,
            duration=duration,
            sample_rate=48_000,
            channels=2,
            format="wav",
            uploaded_by=uploaded_by,
            uploader_name=None,
            created_at=self.studio.now(),
            row_version=self.studio.next_version(),
            state=ContentState.UNCHECKED,
        )
        return self._shown(self.files.put(replace(file, **values)))  # type: ignore[arg-type]

    async def get(self, file_id: AudioFileId) -> AudioFile:
        await self.studio.gate()
        return self._present(file_id)

    async def find(self, file_id: AudioFileId) -> AudioFile | None:
        await self.studio.gate()
        return None if self.files.get(file_id) is None else self._present(file_id)

    async def remove(self, ids: Sequence[AudioFileId]) -> int:
        await self.studio.gate()
        present = [file_id for file_id in ids if self.files.get(file_id) is not None]
        if ids and not present:
            raise NotFoundError("The audio files were deleted meanwhile.")
        for file_id in present:
            self.files.drop(file_id)
        return len(present)

    async def update(self, base: AudioFile, changes: Mapping[str, object]) -> AudioFile:
        await self.studio.gate()
        checked, current = checked_audio_changes(changes), self._present(base.id)
        if conflict := conflict_between(base, current, checked, AUDIO_FIELDS, current.row_version):
            raise conflict
        if all(getattr(current, name) == value for name, value in checked.items()):
            return current
        if checked.get("file_path", current.file_path) != current.file_path:
            current = replace(current, **_NOTHING_KNOWN)
        stored = replace(current, **checked, row_version=self.studio.next_version())  # type: ignore[arg-type]
        return self._shown(self.files.put(stored))

    def _present(self, file_id: AudioFileId) -> AudioFile:
        file = self.files.get(file_id)
        if file is None:
            raise NotFoundError("The audio file was deleted meanwhile.")
        return self._shown(file)

    def _shown(self, file: AudioFile) -> AudioFile:
        if file.sha256 is not None:
            copies = sum(other.sha256 == file.sha256 for other in self.files)
            file = replace(file, copies=max(file.copies, copies))
        project = None if file.project_id is None else self.studio.projects.get(file.project_id)
        uploader = None if file.uploaded_by is None else self.studio.users.get(file.uploaded_by)
        return replace(
            file,
            project_name=project.name if project else None,
            uploader_name=uploader.username if uploader else None,
        )


class FakeStore:
    """A store that is there, or not; `problem` is told to whoever watches."""

    def __init__(self) -> None:
        self.problem: AppError | None = None
        self.is_read_only = False
        self.looked = 0
        self.next_problem: AppError | None = None
        self._listeners: list[Callable[[], None]] = []

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def look_again(self) -> None:
        self.looked += 1
        self.problem = self.next_problem
        for listener in tuple(self._listeners):
            listener()


class FakeDeeds:
    """Does to the rows in memory what the studio does to rows and files."""

    def __init__(self, audio: InMemoryAudio) -> None:
        self.audio = audio
        self.reasons: list[str] = []
        self.downloaded: list[tuple[str, Path]] = []
        self.reprobed: list[AudioFileId] = []
        self.failure: AppError | None = None
        self.refused: dict[int, str] = {}

    async def remove(
        self, ids: Sequence[AudioFileId], reason: str, *, control: WorkControl, progress: Progress
    ) -> ActionReport:
        await self._begin(progress)
        self.reasons.append(reason)
        outcomes = [self._outcome(file_id) for file_id in ids]
        for outcome in outcomes:
            if outcome.did is Did.DONE and outcome.file_id is not None:
                self.audio.files.drop(outcome.file_id)
        return ActionReport(tuple(outcomes), cancelled=control.cancelled)

    async def download(
        self, files: Sequence[AudioFile], folder: Path, *, control: WorkControl, progress: Progress
    ) -> ActionReport:
        await self._begin(progress)
        self.downloaded += [(file.filename, folder) for file in files]
        return ActionReport(tuple(self._outcome(file.id) for file in files), cancelled=control.cancelled)

    async def reprobe(
        self, ids: Sequence[AudioFileId], *, control: WorkControl, progress: Progress
    ) -> ActionReport:
        await self._begin(progress)
        self.reprobed += ids
        return ActionReport(tuple(self._outcome(file_id) for file_id in ids), cancelled=control.cancelled)

    async def replace(self, file: AudioFile, source: Path) -> AudioFile:
        await self._begin(lambda _sentence, _share: None)
        changed = replace(file, file_path=f"projects/{source.name}", row_version=RowVersion(7), duration=9.0)
        return self.audio.files.put(changed)

    async def _begin(self, progress: Progress) -> None:
        await self.audio.studio.gate()
        progress("Working", 0.5)
        if self.failure is not None:
            raise self.failure

    def _outcome(self, file_id: AudioFileId) -> ActionOutcome:
        if file_id in self.refused:
            return ActionOutcome(Did.SKIPPED, "", self.refused[file_id], file_id)
        return ActionOutcome(Did.DONE, "", None, file_id, size=1_000_000)


class FakeWaveforms:
    """Gives every file the same waveform, or fails; `asked` has the names in their order."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failure: AppError | None = None

    async def __call__(self, file: AudioFile) -> Waveform:
        self.asked.append(file.filename)
        if self.failure is not None:
            raise self.failure
        return Waveform(4, 1, bytes([246, 10] * 4))


class FakeFetcher:
    """Has every file at hand in a folder, or fails."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.failure: AppError | None = None
        self.released = 0

    async def fetch(self, file: AudioFile) -> Path:
        self.fetched.append(file.filename)
        if self.failure is not None:
            raise self.failure
        return Path("/stored") / file.filename

    async def release(self) -> None:
        self.released += 1


class FakeOutput(SoundOutput):
    """A loudspeaker that makes no sound; tests move its position."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: Path | None = None
        self.heard: list[str] = []

    @override
    def load(self, path: Path | None) -> None:
        self.loaded = path

    @override
    def play(self, start: float) -> None:
        self.heard.append(f"play {start:g}")
        self.playing_changed.emit(True)

    @override
    def pause(self) -> None:
        self.heard.append("pause")
        self.playing_changed.emit(False)

    @override
    def seek(self, position: float) -> None:
        self.heard.append(f"seek {position:g}")
        self.position_changed.emit(position)


def without_sound() -> SoundOutput:
    """Be a machine without a sound device."""
    raise NoSoundError("This machine has no sound device.")
