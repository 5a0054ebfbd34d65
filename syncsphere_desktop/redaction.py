"""Takes secrets out of text before it is written anywhere. Better a word too many than one too few."""

from __future__ import annotations

import re
from pathlib import Path

MARK = "•••"

_NAMES = (
    r"(?:password|passwd|passphrase|passwort|pwd|pgpass|secret|token|api[_-]?key|private[_-]?key|credential)"
)

# Order matters: what holds others goes first.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)", re.DOTALL), MARK),
    # scheme://user:password@host; the password may hold anything but white space
    (re.compile(r"(://[^\s:/@]{0,256}):[^\s]{0,4096}@"), rf"\1:{MARK}@"),
    (re.compile(
        r"(\bauthorization[\"']?\s*[:=]\s*[\"']?)(?:(?:bearer|basic|token)\s+)?[^\s\"']+", re.IGNORECASE),
     rf"\1{MARK}"),
    (re.compile(r"\b(bearer\s+)[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1{MARK}"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), MARK),  # a JSON web token
    (re.compile(r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]*"), MARK),  # bcrypt
    (re.compile(r"\bSCRAM-SHA-256\$[^\s'\"]+"), MARK),  # PostgreSQL's verifiers
    (re.compile(r"\bmd5[0-9a-f]{32}\b"), MARK),
    # name = value. A quoted value goes up to the line's last such quote: quoted within quoted, nobody can
    # tell which quote ends it.
    (re.compile(
        rf"({_NAMES}[\w-]{{0,40}}\\*[\"']?\s*[:=]\s*)"
        r"(?:[bBrRuU]{0,2}\\*([\"'])(?:.*\2|.*)|\S+)",
        re.IGNORECASE),
     rf"\1{MARK}"),
    (re.compile(r"(\bpassword\s+)'(?:''|[^'])*'", re.IGNORECASE), rf"\1{MARK}"),  # ALTER ROLE
)  # fmt: skip


def redact(text: str) -> str:
    """Return the text without passwords, tokens, hashes and private keys, as far as they can be told."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def without_home(text: str, home: Path) -> str:
    """Return the text with the user's home folder, which names the user, as `~`."""
    folder = str(home)
    return text if len(folder) < 3 else text.replace(folder, "~")
