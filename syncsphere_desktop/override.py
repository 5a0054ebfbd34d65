"""`override` for the modules that are imported before the first paint: typing_extensions takes 5 ms."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import override
elif sys.version_info >= (3, 12):
    from typing import override
else:

    def override(method):
        """Return the method; what is said is for the type checker alone."""
        return method


__all__ = ["override"]
