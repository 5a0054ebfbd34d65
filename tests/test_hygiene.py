"""Rules about the files themselves, so that nobody has to remember them in a review."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from syncsphere_desktop.cli.parser import build

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "syncsphere_desktop"
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
MOST_PUBLIC_METHODS = 20

# Excused from the lengths above, each with its reason. Keep it empty.
EXCUSED: frozenset[str] = frozenset()

# Runs Qt's loop while asyncio is not even imported: no coroutine can be below it.
BEFORE_ANY_COROUTINE = ("syncsphere_desktop/bootstrap/frame.py",)

SOURCES = sorted(PACKAGE.rglob("*.py"))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def label(path: Path) -> str:
    """Return the path as the project knows it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """Return the parsed module."""
    return ast.parse(path.read_bytes())


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return every node of the parsed module."""
    return tuple(ast.walk(tree(path)))


@cache
def project_files() -> tuple[Path, ...]:
    """Return every text file that belongs to the project: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    found = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(path for path in found if path.is_file() and b"\0" not in path.read_bytes()[:4096])


def lines_with(pattern: str, paths: Iterator[Path] | tuple[Path, ...]) -> list[str]:
    """Return `file:line` of each match."""
    searched = re.compile(pattern)
    return [
        f"{label(path)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if searched.search(line)
    ]


def test_no_file_names_a_package_registry() -> None:
    # Put together from parts, so that this file itself stays clean.
    hosts = ("py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js.org", "ana" + "conda.org")

    assert not lines_with("|".join(re.escape(host) for host in hosts), project_files())


def test_no_file_points_into_one_machine() -> None:
    places = ("/wo" + "rk/", "/ro" + "ot/", "/ho" + r"me/\w+/", r"\.\./sha" + "red", r"C:\\Us" + "ers")

    assert not lines_with("|".join(places), project_files())


def test_no_file_names_an_address_of_an_index() -> None:
    options = "--(extra-)?index" + "-url|--find" + "-links|--trusted" + "-host"
    searched = tuple(path for path in project_files() if path.suffix != ".md" and path.name != "Makefile")

    assert not lines_with(options, searched)


def test_nothing_is_left_to_do() -> None:
    marks = r"\b(TO" + "DO|FIX" + r"ME|XX" + r"X)\b"

    assert not lines_with(marks, tuple(path for path in project_files() if path.suffix in {".py", ".sh"}))


def test_a_file_is_short_enough_to_read() -> None:
    long = [
        label(path)
        for path in SOURCES
        if label(path) not in EXCUSED and len(path.read_text("utf-8").splitlines()) > LONGEST_FILE
    ]

    assert not long


def test_a_function_is_short_enough_to_read() -> None:
    long = [
        f"{label(path)}: {node.name} has {length} lines"
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, FUNCTIONS)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
        and f"{label(path)}:{node.name}" not in EXCUSED
    ]

    assert not long


def public_methods(node: ast.ClassDef) -> list[str]:
    """Return the public methods of a class that are its own, not overrides of what Qt or a base declares."""
    return [
        part.name
        for part in node.body
        if isinstance(part, FUNCTIONS)
        and not part.name.startswith("_")
        and "override" not in map(ast.unparse, part.decorator_list)
    ]


def test_a_class_does_one_thing() -> None:
    large = [
        f"{label(path)}: {node.name}"
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.ClassDef) and len(public_methods(node)) > MOST_PUBLIC_METHODS
    ]

    assert not large


def test_what_is_public_says_what_it_is() -> None:
    silent = [label(path) for path in SOURCES if tree(path).body and not ast.get_docstring(tree(path))]
    silent += [
        f"{label(path)}: {node.name}"
        for path in SOURCES
        for node in tree(path).body
        if isinstance(node, (*FUNCTIONS, ast.ClassDef))
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]

    assert not silent


def test_nothing_is_imported_by_a_star() -> None:
    stars = [
        f"{label(path)}:{node.lineno}"
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]

    assert not stars


@cache
def calls(path: Path) -> tuple[tuple[str, ast.Call], ...]:
    """Return each call of the module as the written text of what is called, and its node."""
    return tuple((ast.unparse(node.func), node) for node in nodes(path) if isinstance(node, ast.Call))


def test_nothing_starts_a_loop_inside_the_loop() -> None:
    # A dialog's `exec()` and `processEvents()` re-enter the event loop below a running coroutine.
    named = [
        f"{label(path)}:{node.lineno}: {called}"
        for path in SOURCES
        for called, node in calls(path)
        if called.endswith("processEvents")
        or (called.endswith((".exec", ".exec_")) and label(path) not in BEFORE_ANY_COROUTINE)
    ]

    assert not named


def test_the_window_never_sleeps() -> None:
    window = [path for path in SOURCES if path.is_relative_to(PACKAGE / "ui")]
    sleeping = [label(path) for path in window if "time.sleep" in [called for called, _node in calls(path)]]

    assert not sleeping


def test_no_error_is_swallowed() -> None:
    # A handler that does nothing is written `contextlib.suppress(Narrow)`, and never for everything.
    broad = {"Exception", "BaseException"}
    swallowed = [
        f"{label(path)}:{node.lineno}"
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in broad)
        and all(isinstance(statement, (ast.Pass, ast.Continue)) for statement in node.body)
    ]
    swallowed += [
        f"{label(path)}:{node.lineno}"
        for path in SOURCES
        for called, node in calls(path)
        if called.endswith("suppress") and any(ast.unparse(argument) in broad for argument in node.args)
    ]

    assert not swallowed


def test_every_folder_of_the_package_is_a_package() -> None:
    assert not [label(path.parent) for path in SOURCES if not (path.parent / "__init__.py").is_file()]


def requirement_name(text: str) -> str:
    """Return the normalised project name at the start of a requirement."""
    found = re.match(r"[A-Za-z0-9._-]+", text)
    assert found, text
    return re.sub(r"[-_.]+", "-", found.group()).lower()


def test_the_lock_holds_everything_that_is_required() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *(text for texts in project["project"]["optional-dependencies"].values() for text in texts),
        *project["build-system"]["requires"],
    ]
    locked = {
        requirement_name(line)
        for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines()
        if re.match(r"[A-Za-z0-9]", line)
    }

    # The tools name the package itself with its extras, which are among them.
    assert {requirement_name(text) for text in wanted} - {project["project"]["name"]} <= locked


def test_every_locked_package_has_a_version_and_hashes() -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / "requirements.lock").read_text("utf-8").strip())

    for entry in entries:
        first = entry.splitlines()[0]
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z0-9,]+\])?==[^ ]+", first), first
        assert "--hash=sha256:" in entry, first
        assert "://" not in entry, first


def documents() -> list[Path]:
    """Return the documents that tell people what to type."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def told(pattern: str) -> set[str]:
    """Return what the pattern finds in all documents."""
    return {
        found for path in documents() for found in re.findall(pattern, path.read_text("utf-8"), re.MULTILINE)
    }


def test_each_make_target_the_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = told(r"(?:^|`|^\s+)make ([a-z-]+)")

    assert {"run", "test"} <= named
    assert named <= targets


def test_each_command_the_documents_name_exists() -> None:
    parser = build()
    known = _command_names(parser)
    for words in told(r"syncsphere-desktop((?: [a-z][a-z-]+\b(?!\.odb))+)"):
        first, *rest = words.split()
        assert first in known, words
        if rest and known[first]:
            assert rest[0] in known[first], words


def test_each_file_the_documents_link_to_exists() -> None:
    missing = [
        f"{label(path)} -> {link}"
        for path in documents()
        for link in re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8"))
        if "://" not in link and not (path.parent / link).exists()
    ]

    assert not missing


def _command_names(parser: object) -> dict[str, set[str]]:
    """Return each command with its subcommands' names."""
    return {name: set(_choices(child)) for name, child in _choices(parser).items()}


def _choices(parser: object) -> dict[str, object]:
    actions = getattr(parser, "_actions", [])
    found = next((action for action in actions if type(action).__name__ == "_SubParsersAction"), None)
    return dict(found.choices) if found is not None else {}
