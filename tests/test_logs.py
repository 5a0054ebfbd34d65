"""Planted secrets are found in nothing that is logged."""

from __future__ import annotations

import io
import logging
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest
from typing_extensions import override

from syncsphere_desktop import logs
from syncsphere_desktop.logs import configure, log_to_folder, recent_lines
from syncsphere_desktop.redaction import MARK, redact, without_home

SECRET = "hunter2"

PLANTED = [
    "postgresql://ada:{}@db/studio",
    "wss://ada:a@b/{}@host:8443/feed",
    "host=db password={} user=ada",
    "host=db password='a {} b' user=ada",
    r"host=db password='it\'s {} b' user=ada",
    "password=a&b,c;{} user",
    "{{'host': 'db', 'password': '{}'}}",
    '{{"password": "a \\" {} b", "x": 1}}',
    '{{"radioToken": "{}"}}',
    "radioToken={}",
    "access_token: {}",
    "client-secret = {}",
    "API_KEY={}",
    "PGPASSWORD={} psql",
    "Authorization: Bearer {}",
    "Authorization: Basic {}",
    "{{'authorization': 'Bearer {}'}}",
    "Authorization: {}",
    "bearer {}xyz",
    "ConnectionTarget(profile=..., password='{}')",
    "passphrase=b'{} more'",
    "ALTER ROLE ada PASSWORD 'a {} b'",
    "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n{}\n",
    "eyJhbGciOiJIUzI1NiJ9.{}.{}",
    "SCRAM-SHA-256$4096:{}$x:y",
]


@pytest.fixture(autouse=True)
def clean_logging() -> Iterator[None]:
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()
    logging.getLogger("syncsphere_desktop").setLevel(logging.NOTSET)


@pytest.mark.parametrize("planted", PLANTED)
def test_a_secret_is_taken_out_of_any_text(planted: str) -> None:
    text = planted.replace("{}", SECRET).replace("{{", "{").replace("}}", "}")
    for form in (text, repr(text), repr({"key": text})):
        cleared = redact(form)
        assert SECRET not in cleared, cleared
        assert MARK in cleared


def test_hashes_are_taken_out() -> None:
    hashed = bcrypt.hashpw(b"x", bcrypt.gensalt(4)).decode()
    cleared = redact(f"row ('ada', '{hashed}', md5{'0a' * 16})")
    assert hashed[7:] not in cleared
    assert "0a0a" not in cleared
    assert "'ada'" in cleared


def test_what_is_no_secret_stays() -> None:
    text = (
        "The password was refused for user ada at db:5432. See https://example.org/a?b=c, ada@example.org,"
        " 3 tokens left, SELECT password_hash FROM users"
    )
    assert redact(text) == text


def test_clearing_long_text_takes_no_long_time() -> None:
    for text in ("a" * 300_000, "://" * 50_000, "password" * 20_000, "x-" * 100_000, "\\" * 100_000):
        redact(text)


def test_home_is_not_named() -> None:
    assert without_home("File /homes/ada/x.py", Path("/homes/ada")) == "File ~/x.py"
    assert without_home("File /x.py", Path("/")) == "File /x.py"


def _say_everything(logger: logging.Logger) -> None:
    url = f"postgresql://ada:{SECRET}@db/studio"
    logger.warning("Connecting to %s with %r", url, {"password": SECRET})
    logger.warning("Bare %s", f"radioToken={SECRET}")
    try:
        int(url)
    except ValueError as error:
        logger.warning("Failed", exc_info=error, stack_info=True)


def test_messages_arguments_and_tracebacks_are_cleared_in_the_stream_the_file_and_the_memory(
    tmp_path: Path,
) -> None:
    stream = io.StringIO()
    end = configure(verbose=True, stream=stream)
    end_file = log_to_folder(tmp_path)
    _say_everything(logging.getLogger("syncsphere_desktop.x"))
    _say_everything(logging.getLogger("sqlalchemy.engine"))
    end_file()
    for told in (stream.getvalue(), (tmp_path / "app.log").read_text(), "\n".join(recent_lines())):
        assert told.count("Connecting") == 2
        assert "ValueError: invalid literal for int() with base 10: 'postgresql://ada:" in told
        assert SECRET not in told
    end()
    assert recent_lines() == ()


def test_the_stream_tells_warnings_and_with_verbose_everything() -> None:
    logger = logging.getLogger("syncsphere_desktop.x")
    quiet, loud = io.StringIO(), io.StringIO()
    configure(verbose=False, stream=quiet)
    logger.info("an info")
    logger.warning("a warning")
    assert quiet.getvalue() == "WARNING syncsphere_desktop.x: a warning\n"
    assert any("an info" in line for line in recent_lines())
    configure(verbose=True, stream=loud)
    logger.debug("a detail")
    assert "a detail" in loud.getvalue()
    assert "a detail" not in quiet.getvalue()


def test_without_a_stream_the_last_lines_are_kept() -> None:
    configure(verbose=False, stream=None)
    for number in range(500):
        logging.getLogger("syncsphere_desktop.x").info("line %d", number)
    assert len(recent_lines()) == 200
    assert recent_lines()[-1].endswith("line 499")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_the_log_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "logs"
    end = log_to_folder(folder)
    logging.getLogger("syncsphere_desktop.x").warning("x")
    end()
    assert stat.S_IMODE((folder / "app.log").stat().st_mode) == 0o600


def test_a_full_log_file_is_turned_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_BYTES_A_FILE", 500)
    end = log_to_folder(tmp_path)
    for number in range(100):
        logging.getLogger("syncsphere_desktop.x").warning("line %d ✓ \ud800", number)
    end()
    names = sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("."))
    assert names == ["app.log", "app.log.1", "app.log.2", "app.log.3"]


def test_a_second_app_has_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_PROCESSES_AT_MOST", 2)
    ends = [log_to_folder(tmp_path), log_to_folder(tmp_path)]
    with pytest.raises(OSError, match="write their logs"):
        log_to_folder(tmp_path)
    for end in ends:
        end()
    assert (tmp_path / "app-2.log").exists()
    log_to_folder(tmp_path)()
    assert not (tmp_path / "app-3.log").exists()


class _Broken(io.StringIO):
    @override
    def write(self, text: str) -> int:
        raise OSError(28, f"No space left; password={SECRET}")


def test_a_line_that_can_not_be_written_is_dropped_without_telling_its_arguments(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    configure(verbose=False, stream=_Broken())
    logger = logging.getLogger("syncsphere_desktop.x")
    logger.warning("Refused %s", f"password={SECRET}")
    unfit = logging.LogRecord("x", logging.WARNING, "x.py", 1, "no number: %d", (f"password={SECRET}",), None)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logs.StreamHandler | logs.RecentLines):
            handler.handle(unfit)
    end = log_to_folder(tmp_path)
    (file,) = [handler for handler in logging.getLogger().handlers if isinstance(handler, logs.FileHandler)]
    whole = file.setStream(_Broken())  # type: ignore[arg-type]  # typeshed wants the concrete class
    assert whole is not None
    whole.close()
    logger.warning("after %s", SECRET)
    end()
    told = capsys.readouterr().err
    assert told.count("was dropped: OSError") == 3
    assert told.count("was dropped: TypeError") == 2
    assert SECRET not in told


def test_a_dropped_line_with_nowhere_to_tell_it_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", _Broken())
    configure(verbose=False, stream=_Broken())
    logging.getLogger("syncsphere_desktop.x").warning("x")
