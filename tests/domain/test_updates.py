"""What a manifest must look like, and when it is not believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncsphere_desktop.domain.updates import LARGEST_MANIFEST, Seen, Standing, is_due, judged, opened, parsed
from syncsphere_desktop.errors import UpdateError

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FILE = {"url": "https://example.org/app.deb", "sha256": "a" * 64, "size": 10}
GOOD: dict[str, Any] = {
    "version": "0.2.0",
    "released": "2026-05-01T00:00:00+00:00",
    "expires": "2026-08-01T00:00:00+00:00",
    "notes": "Better.",
    "page": "https://example.org/",
    "files": {"linux": FILE},
}


def standing(running: str = "0.1.0", *, now: datetime = NOW, **others: Any) -> Standing:
    """Judge the good manifest."""
    return judged(parsed(json.dumps(GOOD).encode()), now=now, running=running, **others)


def test_a_manifest_is_newer_current_or_skipped() -> None:
    assert standing() is Standing.NEWER
    assert standing("0.2.0") is standing("0.2.1") is Standing.CURRENT
    assert standing(skipped="0.2.0") is Standing.SKIPPED
    assert standing(seen=Seen("0.2.0", int(datetime(2026, 5, 1, tzinfo=UTC).timestamp()))) is Standing.NEWER


def test_what_is_expired_older_than_seen_or_of_the_future_is_refused() -> None:
    with pytest.raises(UpdateError, match="expired on 01 August 2026"):
        standing(now=datetime(2026, 8, 1, tzinfo=UTC))
    with pytest.raises(UpdateError, match="older than one"):
        standing(seen=Seen("0.3.0", 0))
    with pytest.raises(UpdateError, match="older than one"):
        standing(seen=Seen("0.2.0", int(NOW.timestamp())))
    with pytest.raises(UpdateError, match="in the future"):
        standing(now=datetime(2026, 4, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("version", 2),
        ("version", "two"),
        ("version", None),
        ("released", "2026-05-01"),
        ("released", 1),
        ("expires", "soon"),
        ("notes", ["x"]),
        ("notes", ""),
        ("notes", "x" * 20_001),
        ("page", "http://example.org/"),
        ("page", "https://user:secret@example.org/"),
        ("page", "javascript:alert(1)"),
        ("files", []),
        ("files", {}),
        ("files", {"linux": {**FILE, "size": True}}),
        ("files", {"linux": {**FILE, "size": 0}}),
        ("files", {"linux": {**FILE, "sha256": "A" * 64}}),
        ("files", {"linux": {**FILE, "url": "file:///etc/passwd"}}),
        ("files", {"linux": None}),
        ("files", {"../linux": FILE}),
    ],
)
def test_a_manifest_of_wrong_types_is_refused_and_says_where(key: str, value: object) -> None:
    with pytest.raises(UpdateError, match="missing or wrong"):
        parsed(json.dumps({**GOOD, key: value}).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"format": 2, "signed": "x", "signature": "eA=="}',
        b'{"format": true, "signed": "x", "signature": "eA=="}',
        b'{"format": 1, "signed": {}, "signature": "eA=="}',
        b'{"format": 1, "signed": "x", "signature": "no base64!"}',
        b'{"format": 1, "signed": "' + b"x" * LARGEST_MANIFEST + b'", "signature": "eA=="}',
    ],
    ids=range(9),
)
def test_what_is_no_envelope_is_refused(content: bytes) -> None:
    with pytest.raises(UpdateError):
        opened(content)


def test_a_check_is_due_after_a_week_and_when_the_clock_was_set_back() -> None:
    checked = int(NOW.timestamp())

    assert not is_due(checked, NOW + timedelta(days=6))
    assert is_due(checked, NOW + timedelta(days=7))
    assert is_due(checked, NOW - timedelta(days=1))
    assert is_due(0, NOW)
