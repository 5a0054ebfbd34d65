"""What every decoder offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Block = NDArray[Any]


class Decoder(Protocol):
    """A file opened for decoding. `codec` is in words; closing it leaves the file itself open."""

    @property
    def codec(self) -> str: ...

    @property
    def sample_rate(self) -> int: ...

    @property
    def channels(self) -> int: ...

    def count(self) -> int:
        """Decode everything and return how many samples a channel has. Raises DamagedError."""
        ...

    def blocks(self) -> Iterator[Block]:
        """Yield all samples as blocks of (samples, channels). Raises DamagedError.

        They are integers at full scale, or floats where full scale is 1 and anything may occur, NaN too. A
        block is overwritten when the next one is asked for.
        """
        ...

    def close(self) -> None:
        """Give back what decoding holds."""
        ...
