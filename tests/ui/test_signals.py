"""PySide6 6.12.0 loses a reference to True at each signal on CPython 3.11, and aborts after some thousand."""

import subprocess
import sys

PROGRAM = """
from PySide6.QtCore import QObject, Signal

class Sender(QObject):
    toggled = Signal(bool)

received = 0

def count(on):
    global received
    received += on

sender = Sender()
sender.toggled.connect(count)
for number in range(200_000):
    sender.toggled.emit(number % 2 == 0)
print(received, True, False)
"""


def test_hundreds_of_thousands_of_signals_keep_the_interpreter_sound() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "100000 True False", "")
