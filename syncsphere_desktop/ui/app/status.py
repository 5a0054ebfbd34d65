"""Puts the session's state into words for the status bar."""

from __future__ import annotations

from syncsphere_desktop.database.connection import ConnectionState, Health
from syncsphere_desktop.database.notifications import ListenerMode
from syncsphere_desktop.database.schema.status import SchemaState, SchemaStatus
from syncsphere_desktop.settings import ConnectionProfile
from syncsphere_desktop.ui.app.jobs import Jobs
from syncsphere_desktop.ui.app.status_bar import StatusBar, Tone

_UPDATES = {
    ListenerMode.LIVE: ("Live updates", Tone.GOOD, "The server tells of every change as it happens."),
    ListenerMode.POLLING: (
        "Updates every 3 s",
        Tone.QUIET,
        "The database has no change notices, so the tables are asked every three seconds.",
    ),
    ListenerMode.OFF: ("Updates off", Tone.BUSY, "Changes of others are not seen until you reload (F5)."),
}

_SCHEMA = {
    SchemaState.EMPTY: ("No schema", Tone.BAD),
    SchemaState.ADOPTABLE: ("Schema not adopted", Tone.BUSY),
    SchemaState.BEHIND: ("Schema behind", Tone.BUSY),
    SchemaState.CURRENT: ("Schema current", Tone.QUIET),
    SchemaState.AHEAD: ("Schema newer than the app", Tone.BAD),
    SchemaState.FOREIGN: ("Foreign schema", Tone.BAD),
}


class StatusPresenter:
    """Writes the segments; each method is a listener of the part it is named after."""

    def __init__(self, bar: StatusBar, jobs: Jobs) -> None:
        self._bar = bar
        self._jobs = jobs
        self._profile: ConnectionProfile | None = None
        jobs.changed.connect(self.show_jobs)

    def show_session(self, profile: ConnectionProfile, schema: SchemaStatus, read_only: str | None) -> None:
        """Name the server, its schema, and whether it may be written to."""
        self._profile = profile
        self.show_connection(ConnectionState(Health.CONNECTED))
        if read_only is None:
            self._bar.access.show_state("", None)
        else:
            self._bar.access.show_state("Read only", Tone.BUSY, read_only)
        words, tone = _SCHEMA[schema.state]
        story = [f"Revision {schema.current or 'none'}, this app brings {schema.head}."]
        if schema.needs_app is not None:
            story.append(f"It needs SyncSphere Desktop {schema.needs_app}.")
        self._bar.schema.show_state(
            words, tone, "\n".join([*story, *schema.differences, *schema.goes_without])
        )

    def show_connection(self, state: ConnectionState) -> None:
        """Tell how the connection is, with the latency of the last round trip."""
        profile = self._profile
        if profile is None:
            return
        name = f"{profile.name} · {profile.address}"
        if state.health is Health.CONNECTED:
            latency = "" if state.latency is None else f" · {state.latency * 1000:.1f} ms"
            self._bar.connection.show_state(name + latency, Tone.GOOD, f"Connected to {name}")
        elif state.health is Health.RECONNECTING:
            self._bar.connection.show_state(f"{name} · reconnecting…", Tone.BUSY, state.message or "")
        else:
            self._bar.connection.show_state(f"{name} · offline", Tone.BAD, state.message or "")

    def show_updates(self, mode: ListenerMode) -> None:
        """Tell how changes of others are learnt."""
        self._bar.updates.show_state(*_UPDATES[mode])

    def show_jobs(self) -> None:
        """Tell how many jobs run."""
        running = self._jobs.running
        if running:
            share = running[0].fraction if len(running) == 1 else None
            far = "" if share is None else f" · {share:.0%}"
            word = "paused" if all(job.is_paused for job in running) else "running"
            told = f"{len(running)} job{'s' if len(running) > 1 else ''} {word}{far}"
            self._bar.jobs.show_state(told, Tone.BUSY, "\n".join(job.title for job in running))
        else:
            self._bar.jobs.show_state("Jobs", None, "No job is running")

    def clear(self) -> None:
        """Show that there is no connection."""
        self._profile = None
        self._bar.clear()
