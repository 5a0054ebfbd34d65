"""Lays out the frozen program as Debian wants it, and builds the `.deb`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import contents
import elf
import icons

_LINUX = Path(__file__).resolve().parent / "linux"
_DESCRIPTION = """\
administration of a SyncSphere studio
 The desktop application for the admins of a studio that runs SyncSphere, an
 online DAW where several people work on one project. It manages users,
 projects, the audio library and bundle versions straight in the studio's
 PostgreSQL database, and brings a server of its own for trying it out."""


def build(program: Path, work: Path, target: Path, *, version: str, date: str, epoch: int) -> Path:
    """Build the package in `target` from the frozen `program` and return its path."""
    architecture = _output("dpkg", "--print-architecture")
    tree = work / "deb"
    if tree.exists():
        shutil.rmtree(tree)
    shutil.copytree(program, tree / "usr" / "lib" / contents.PROGRAM, symlinks=True)
    lay_out_desktop_files(tree / "usr", work / "icons", {"@VERSION@": version, "@DATE@": date})
    programs = tree / "usr" / "bin"
    programs.mkdir()
    (programs / contents.PROGRAM).symlink_to(f"../lib/{contents.PROGRAM}/{contents.PROGRAM}")
    _set_modes(tree)
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN" / "control").write_text(
        _control(version, architecture, dependencies(program), _kilobytes(tree / "usr"))
    )
    package = target / f"{contents.PROGRAM}_{version}_{architecture}.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zxz", "-z4", "--build", str(tree), str(package)],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
    )
    return package


def lay_out_desktop_files(prefix: Path, made_icons: Path, words: Mapping[str, str]) -> None:
    """Write what a desktop shows of the program below `prefix/share`; `words` stand in the templates."""
    share = prefix / "share"
    places = {
        "syncsphere-desktop.desktop": share / "applications" / "syncsphere-desktop.desktop",
        "syncsphere-desktop-mime.xml": share / "mime" / "packages" / "syncsphere-desktop.xml",
        "io.syncsphere.desktop.metainfo.xml": share / "metainfo" / "io.syncsphere.desktop.metainfo.xml",
        "syncsphere-desktop.1": share / "man" / "man1" / "syncsphere-desktop.1",
        "copyright": share / "doc" / contents.PROGRAM / "copyright",
    }
    for name, place in places.items():
        text = (_LINUX / name).read_text()
        for word, meaning in words.items():
            text = text.replace(word, meaning)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    manual = places["syncsphere-desktop.1"]
    subprocess.run(["gzip", "-9n", str(manual)], check=True)
    for size in icons.SIZES:
        place = share / "icons" / "hicolor" / f"{size}x{size}" / "apps" / f"{contents.PROGRAM}.png"
        place.parent.mkdir(parents=True)
        shutil.copyfile(made_icons / f"{size}x{size}" / f"{contents.PROGRAM}.png", place)
    scalable = share / "icons" / "hicolor" / "scalable" / "apps" / f"{contents.PROGRAM}.svg"
    scalable.parent.mkdir(parents=True)
    shutil.copyfile(_LINUX.parent.parent / "resources" / "icons" / "app.svg", scalable)


def dependencies(program: Path) -> list[str]:
    """Return what the package depends on: the libraries of the system that its files ask the loader for."""
    major, minor = elf.newest_glibc(elf.elf_files(program))
    packages = {f"libc6 (>= {major}.{minor})"}
    for library, users in elf.missing(program).items():
        if library.startswith(contents.C_LIBRARY):
            continue
        named = [package for stem, package in contents.SYSTEM_LIBRARIES.items() if library.startswith(stem)]
        if not named:
            raise SystemExit(f"{library} is in no package that is known, and {users[0]} needs it.")
        packages.add(named[0])
    return sorted(packages)


def _control(version: str, architecture: str, depends: list[str], kilobytes: int) -> str:
    return (
        f"Package: {contents.PROGRAM}\n"
        f"Version: {version}\n"
        "Section: sound\n"
        "Priority: optional\n"
        f"Architecture: {architecture}\n"
        "Maintainer: The SyncSphere Desktop developers <desktop@syncsphere.invalid>\n"
        f"Installed-Size: {kilobytes}\n"
        f"Depends: {', '.join(depends)}\n"
        "Recommends: fonts-dejavu-core | fonts-noto-core, gnome-keyring | kwalletmanager | keepassxc\n"
        f"Description: {_DESCRIPTION}\n"
    )


def _kilobytes(folder: Path) -> int:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return sum(-(-path.stat().st_size // 1024) for path in files)


def _set_modes(tree: Path) -> None:
    """Let everybody read, and execute what somebody executes; libraries are not programs."""
    for path in sorted(tree.rglob("*")):
        if path.is_symlink():
            continue
        is_program = path.is_file() and path.stat().st_mode & 0o100 and ".so" not in path.name
        path.chmod(0o755 if path.is_dir() or is_program else 0o644)


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
