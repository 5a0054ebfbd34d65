"""Which version is newer."""

from __future__ import annotations

import pytest

from syncsphere_desktop import __version__
from syncsphere_desktop.domain.versions import AppVersion
from syncsphere_desktop.errors import InputError


def test_versions_are_in_the_order_of_their_release() -> None:
    texts = ["0.1.0.dev3", "0.1.0a1", "0.1.0b2", "0.1.0rc1", "0.1.0rc2", "0.1", "0.1.1", "0.9", "0.10", "1.0"]

    assert [str(each) for each in sorted(map(AppVersion.parse, reversed(texts)))] == texts
    assert AppVersion.parse("1.0") == AppVersion.parse("1.0.0")
    assert str(AppVersion.parse(__version__)) == __version__


@pytest.mark.parametrize("text", ["", "1.", "v1.0", "1.0 ", "1.0\n", "1.0-rc1", "1.2.3.4.5", "９", "9" * 99])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        AppVersion.parse(text)
