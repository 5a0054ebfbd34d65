"""Passwords come from a prompt, standard input or a file: an argument would be seen in the process list."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from syncsphere_desktop.cli.run import somebody_can_be_asked
from syncsphere_desktop.errors import FileError, InputError, UsageError

_LONGEST = 4096


def add_password_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where a password comes from."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--password-stdin", action="store_true", help="read the password from the first line of stdin"
    )
    source.add_argument(
        "--password-file", type=Path, metavar="FILE", help="read the password from the first line of a file"
    )


def read_password(namespace: argparse.Namespace) -> str:
    """Return the password; raises UsageError, FileError, InputError (field `password`)."""
    if namespace.password_stdin:
        return _first_line(sys.stdin.buffer.readline(_LONGEST))
    if namespace.password_file is not None:
        return read_password_file(namespace.password_file)
    if not somebody_can_be_asked():
        raise UsageError("Nobody can be asked for the password: give --password-stdin or --password-file.")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise InputError("The two passwords differ.", field="password")
    return password


def read_password_file(path: Path) -> str:
    """Return the first line of a file; raises FileError, InputError (field `password`)."""
    try:
        with path.open("rb") as file:
            return _first_line(file.readline(_LONGEST))
    except OSError as error:
        raise FileError(f"The password file {path} can't be read.", details=error.strerror) from error


def _first_line(data: bytes) -> str:
    try:
        return data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise InputError("The password is not in UTF-8.", field="password") from None
