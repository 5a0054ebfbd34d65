"""What the tool signs, the app believes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from syncsphere_desktop.domain.updates import opened, parsed
from syncsphere_desktop.studio.updates import verify

TOOL = Path(__file__).resolve().parents[2] / "scripts" / "sign_manifest.py"


def tool(*arguments: str | Path) -> str:
    """Run the tool and return what it prints."""
    done = subprocess.run(
        [sys.executable, TOOL, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_a_signed_manifest_is_believed_with_the_key_that_was_made(tmp_path: Path) -> None:
    public = tool("new-key", tmp_path / "key.pem")
    (tmp_path / "notes.txt").write_text("Better.\n")
    (tmp_path / "app.deb").write_bytes(b"package")
    out = tmp_path / "updates.json"
    file = f"linux={tmp_path / 'app.deb'}=https://example.org/app.deb"
    arguments = ["--version", "0.2.0", "--page", "https://example.org/", "--file", file]
    tool("sign", "--key", tmp_path / "key.pem", "--notes", tmp_path / "notes.txt", *arguments, "--out", out)

    envelope = opened(out.read_bytes())
    verify(public, envelope.message, envelope.signature)
    manifest = parsed(envelope.signed)
    assert (str(manifest.version), manifest.files["linux"].size) == ("0.2.0", 7)
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
