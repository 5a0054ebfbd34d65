"""The lines above the past: which stretch of time is looked at, and that it is not now."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from syncsphere_desktop.domain.humane import ago, counted, exact
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.past_values import REACH_WORDS, Reach, Window
from syncsphere_desktop.ui.ownership.time_scale import rounded_end, window_words
from syncsphere_desktop.ui.theme.style import set_surface
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.segments import Segments

GRID, LANES = "grid", "lanes"


class PastStrip(QFrame):
    """Chooses the window of time; its end is now until somebody goes back."""

    window_chosen = Signal()
    shape_chosen = Signal(str)
    """GRID or LANES."""

    def __init__(self, clock: GridClock, *, with_shapes: bool) -> None:
        super().__init__()
        set_surface(self, 1)
        self._clock = clock
        self._end: float | None = None
        self.shapes = Segments("How the past is shown")
        self.shapes.setParent(self)
        self.shapes.add(GRID, "Grid")
        self.shapes.add(LANES, "Lanes")
        self.shapes.chosen.connect(self.shape_chosen)
        self.reaches = Segments("How much time is shown")
        for reach in Reach:
            self.reaches.add(reach.value, REACH_WORDS[reach])
        self.reaches.choose(Reach.DAY.value)
        self.reaches.chosen.connect(lambda _name: self.window_chosen.emit())
        self.earlier = Button("Earlier", tooltip="Go back in time by as much as is shown")
        self.earlier.clicked.connect(lambda: self.shift(-1))
        self.later = Button("Later", tooltip="Go forward in time by as much as is shown")
        self.later.clicked.connect(lambda: self.shift(1))
        self._told = ElidedLabel()
        self._told.setProperty("role", "secondary")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(8)
        if with_shapes:
            row.addWidget(self.shapes)
            row.addSpacing(8)
        else:
            self.shapes.hide()
        row.addWidget(self._told, 1)
        row.addWidget(self.reaches)
        row.addWidget(self.earlier)
        row.addWidget(self.later)

    @property
    def reach(self) -> Reach:
        """Return how much time is looked at."""
        return Reach(self.reaches.current or Reach.DAY)

    @property
    def is_at_end(self) -> bool:
        """Return whether the window goes on until now."""
        return self._end is None

    @property
    def stretch(self) -> Window:
        """Return the stretch of time; its end is a full minute, hour or day."""
        now = self._clock.now()
        end = rounded_end(now if self._end is None else self._end, self.reach.part, self._clock.shown)
        return Window(end - self.reach.seconds, end)

    def show_window(self, reach: Reach, holding: float) -> None:
        """Look at the window of that length around a moment, without a signal."""
        self.reaches.choose(reach.value)
        end = holding + reach.seconds / 2
        self._end = None if end >= self._clock.now() else end

    def go_to_now(self) -> None:
        """Let the window go on until now, without a signal."""
        self._end = None

    def shift(self, by: int) -> None:
        """Look at the time before or after."""
        end = self.stretch.end + by * self.reach.seconds
        self._end = None if end >= self._clock.now() else end
        self.window_chosen.emit()

    def tell(self, changes: int | None) -> None:
        """Say which time is shown, and how much happened in it."""
        words = window_words(self.stretch, self._clock.shown)
        self._told.set_text(words if changes is None else f"{words} · {counted(changes, 'change')}")
        self.later.setEnabled(not self.is_at_end)


def past_banner(clock: GridClock, moment: float) -> Banner:
    """Return what says that the grid shows the past."""
    shown = clock.shown(moment)
    told = f"This is the past: {exact(shown)}, {ago(shown, clock.server())}. Nothing can be changed here."
    return Banner(told, "warning", action="Back to now", dismissible=False)
