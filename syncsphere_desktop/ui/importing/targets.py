"""Where files may be dropped: on a project, or anywhere else in the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QPoint, QRect

from syncsphere_desktop.domain.project import Project


@dataclass(frozen=True, slots=True)
class DropTarget:
    """A part of the screen, in global coordinates, that stands for a project."""

    project: Project
    area: QRect


@runtime_checkable
class ShowsProjects(Protocol):
    """A view whose rows are projects, so that files can be dropped on one."""

    def project_at(self, place: QPoint) -> DropTarget | None:
        """Return the project shown at a global place, or None."""
        ...


@runtime_checkable
class HasReceiver(Protocol):
    """A view that is about one project, which receives what is dropped beside any other or pasted."""

    def receiving_project(self) -> Project | None:
        """Return the project, or None where there is none or more than one."""
        ...


@runtime_checkable
class TakesFiles(Protocol):
    """A view that takes some files for something of its own, such as bundles that become versions."""

    def takes_files(self, lines: Sequence[str]) -> bool:
        """Return whether these addresses, as they were dropped, are for it."""
        ...

    def take_files(self, lines: Sequence[str], into: Project | None) -> None:
        """Take them; `into` is the project they were dropped on, or None."""
        ...
