"""The baseline of the start-up: an empty PySide6 window that tells when it was painted, and quits."""

import sys
import time
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from syncsphere_desktop.override import override  # typing_extensions would add 5 ms to the baseline


class EmptyWindow(QWidget):
    """Says `first-paint <unix time>` on standard error."""

    @override
    def paintEvent(self, event: Any) -> None:
        """Tell the time and end the program."""
        print(f"first-paint {time.time():.6f}", file=sys.stderr, flush=True)
        QTimer.singleShot(0, QApplication.quit)


app = QApplication([])
window = EmptyWindow()
window.resize(1440, 900)
window.show()
app.exec()
