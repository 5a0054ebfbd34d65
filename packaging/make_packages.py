"""Builds what this system can build: `python packaging/make_packages.py`, or `make package`.

On Debian and Ubuntu that is the `.deb` and a relocatable tarball; on Windows the installer, on macOS the disk
image. Each comes with its checksum and a bill of materials, in `dist/packages`.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import checks
import contents
import debian_package
import freeze
import icons
import parts
import windows_installer

sys.path.append(str(freeze.ROOT))
from syncsphere_desktop import __version__

PACKAGES = freeze.DIST / "packages"


def main(arguments: Sequence[str]) -> int:
    """Build what is asked for; return 1 when the frozen program holds what it must not."""
    parser = argparse.ArgumentParser(description="Build the packages that this system can build.")
    parser.add_argument("kinds", nargs="*", choices=[*_BUILDERS, []], help="without any: all that it can")
    kinds = parser.parse_args(arguments).kinds or [kind for kind in _BUILDERS if _can_build(kind)]
    epoch = commit_epoch()
    moment = datetime.datetime.fromtimestamp(epoch, datetime.UTC)
    made_icons = freeze.BUILD / "icons"
    icons.make_icons(freeze.ROOT / "resources" / "icons" / "app.svg", made_icons, contents.PROGRAM)
    print("Freezing the program ...", flush=True)
    program = freeze.freeze(epoch)
    tell_sizes(program)
    found = checks.faults(program, _build_paths())
    if found:
        print("The frozen program holds what must not be in a package:", *found, sep="\n  ", file=sys.stderr)
        return 1
    if PACKAGES.exists():
        shutil.rmtree(PACKAGES)
    PACKAGES.mkdir(parents=True)
    bill = PACKAGES / f"{contents.PROGRAM}-{__version__}.cdx.json"
    bill.write_text(parts.bill_of_materials(__version__, moment.strftime("%Y-%m-%dT%H:%M:%SZ")))
    release = Release(program, __version__, moment)
    for kind in kinds:
        _BUILDERS[kind](release)
    _write_checksums()
    for path in sorted(PACKAGES.iterdir()):
        print(f"{path.stat().st_size / 1e6:9.1f} MB  {path.relative_to(freeze.ROOT)}")
    return 0


def commit_epoch() -> int:
    """Return when this commit was made, in seconds since 1970."""
    command = ["git", "-C", str(freeze.ROOT), "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _build_paths() -> tuple[str, ...]:
    """Return the paths that say where this was built; root's home says nothing."""
    home = str(Path.home())
    found = [str(freeze.ROOT), sys.prefix]
    if sys.base_prefix not in contents.EVERYBODYS_PREFIXES:
        found.append(sys.base_prefix)
    if home != "/root":
        found.append(home)
    return tuple(found)


def tell_sizes(program: Path) -> None:
    """Print the size of each part, and write all of them to `out/package-sizes.json`."""
    sizes = parts.sizes(program)
    total = sum(sizes.values())
    for part, size in sizes.items():
        print(f"{size / 1e6:9.1f} MB  {part}")
    server = sizes.get(parts.SERVER_PART, 0)
    print(f"{total / 1e6:9.1f} MB  in all, {(total - server) / 1e6:.1f} MB without the server")
    report = freeze.ROOT / "out" / "package-sizes.json"
    report.parent.mkdir(exist_ok=True)
    report.write_text(json.dumps(sizes, indent=2) + "\n")


@dataclass(frozen=True, slots=True)
class Release:
    """A frozen program, its version, and the moment that stands for every time in its packages."""

    program: Path
    version: str
    moment: datetime.datetime

    @property
    def epoch(self) -> int:
        """The moment in seconds since 1970."""
        return int(self.moment.timestamp())


def _debian_package(release: Release) -> None:
    debian_package.build(
        release.program,
        freeze.BUILD,
        PACKAGES,
        version=release.version,
        date=release.moment.date().isoformat(),
        epoch=release.epoch,
    )


def _tarball(release: Release) -> None:
    """Pack the program so that it runs from wherever it is unpacked; equal programs give equal bytes."""
    program = release.program
    name = f"{contents.PROGRAM}-{release.version}-linux-{_machine()}"
    plain = PACKAGES / f"{name}.tar"

    def neutral(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mtime = release.epoch
        entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
        return entry

    with tarfile.open(plain, mode="w") as archive:
        for entry in sorted(program.rglob("*")):
            archive.add(entry, f"{name}/{entry.relative_to(program)}", recursive=False, filter=neutral)
    # Blocks of its own choosing, so the number of threads does not change the bytes.
    subprocess.run(["xz", "--threads=0", "-4", str(plain)], check=True)


def _write_checksums() -> None:
    lines = []
    for path in sorted(PACKAGES.iterdir()):
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n")
    (PACKAGES / "SHA256SUMS").write_text("".join(lines))


def _machine() -> str:
    return subprocess.run(["uname", "-m"], check=True, capture_output=True, text=True).stdout.strip()


def _windows_installer(release: Release) -> None:
    windows_installer.build(
        release.program,
        freeze.BUILD / "icons" / f"{contents.PROGRAM}.ico",
        freeze.ROOT / "LICENSE",
        PACKAGES,
        version=release.version,
    )


def _disk_image(release: Release) -> None:
    app = freeze.DIST / f"{contents.TITLE}.app"
    image = PACKAGES / f"{contents.PROGRAM}-{release.version}-macos-{_machine()}.dmg"
    recipe = freeze.ROOT / "packaging" / "macos" / "make_dmg.sh"
    subprocess.run(["sh", str(recipe), str(app), release.version, str(image)], check=True)


_BUILDERS: dict[str, Callable[[Release], None]] = {
    "tarball": _tarball,
    "deb": _debian_package,
    "windows": _windows_installer,
    "dmg": _disk_image,
}
_MADE_ON = {"tarball": "linux", "deb": "linux", "windows": "win32", "dmg": "darwin"}
_NEEDS = {"tarball": "xz", "deb": "dpkg-deb", "windows": "makensis", "dmg": "hdiutil"}


def _can_build(kind: str) -> bool:
    return sys.platform == _MADE_ON[kind] and shutil.which(_NEEDS[kind]) is not None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
