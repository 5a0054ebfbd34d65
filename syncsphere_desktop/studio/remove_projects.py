"""Removing projects: what goes with them is said first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncsphere_desktop.domain.humane import counted, size
from syncsphere_desktop.domain.impact import ProjectImpact
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.studio.ports import ProjectStore


@dataclass(frozen=True, slots=True)
class ProjectRemoval:
    """A removal that was counted and not yet done."""

    projects: tuple[Project, ...]
    impact: ProjectImpact

    @property
    def sentence(self) -> str:
        """Return what goes: `Removing Tape takes 3 bundle versions (1.02 kB), 7 tracks with it.`"""
        names = ", ".join(project.name for project in self.projects[:3])
        if len(self.projects) > 3:
            names += f" and {counted(len(self.projects) - 3, 'other')}"
        impact = self.impact
        kinds = [
            (impact.bundles, f"{counted(impact.bundles, 'bundle version')} ({size(impact.bundle_bytes)})"),
            (
                impact.audio_files,
                f"the rows of {counted(impact.audio_files, 'audio file')} ({size(impact.audio_bytes)})",
            ),
            (impact.boxes, counted(impact.boxes, "track")),
            (impact.collaborators, counted(impact.collaborators, "collaboration")),
        ]
        told = [text for number, text in kinds if number]
        them = "it" if len(self.projects) == 1 else "them"
        return f"Removing {names} takes {', '.join(told) if told else 'nothing else'} with {them}."


async def plan_removal(projects: ProjectStore, chosen: Sequence[Project]) -> ProjectRemoval:
    """Count what goes with the chosen projects."""
    impact = await projects.impact([project.id for project in chosen])
    return ProjectRemoval(tuple(chosen), impact)
