"""docs/architecture.md tells the truth: its arrows are the imports of the code, and what it names is there."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

from tests.conftest import PROJECT

TEXT = (PROJECT / "docs" / "architecture.md").read_text("utf-8")
HOUSE = "the house"
FOUNDATIONS = {
    "accounts", "alerts", "archives", "charts", "cluster", "datasets", "errors", "intervals", "messages",
    "notifications", "pdf_fonts", "resilience", "security", "settings", "storage", "telemetry",
}  # fmt: skip
Arrows = set[tuple[str, str]]


def drawn() -> dict[str, Arrows]:
    """The arrows of each diagram by what it shows; `a --> b & c` are two."""
    diagrams = {}
    for block in re.findall(r"```mermaid\n(.*?)```", TEXT, re.DOTALL):
        (shows,) = re.findall(r"%% rooms of (.+)", block)
        lines = re.findall(r"^ *(\w+) --> (.+)$", block, re.MULTILINE)
        diagrams[shows] = {(room, other) for room, others in lines for other in others.split(" & ")}
    return diagrams


def outside_packages() -> Iterator[tuple[str, str]]:
    """Face and imported module, of the files that are no packages: pages, and the code cells of notebooks."""
    sources = [("pages", path.read_text("utf-8")) for path in (PROJECT / "pages").glob("*.py")]
    for path in (PROJECT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        sources += [("notebooks", "".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    for face, source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield from ((face, f"{node.module}.{alias.name}") for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from ((face, alias.name) for alias in node.names)


def house_room(module: str) -> str | None:
    """`core.jobs.running.runner` is of `jobs`, `app.ui.state` of `ui`; foundations and files beside rooms of none."""
    parts = module.split(".")
    is_room = parts[0] == "core" or parts[:2] in (["app", "ui"], ["app", "api"])
    return parts[1] if is_room and len(parts) > 1 and parts[1] not in FOUNDATIONS else None


def rooms_of(package: str) -> set[str]:
    return {one.parent.name for one in (PROJECT / package.replace(".", "/")).glob("*/__init__.py")}


def imports() -> Iterator[tuple[str, str]]:
    """Importing and imported module, functions' own imports too."""
    graph = grimp.build_graph("core", "app", cache_dir=None)
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            yield module, other


@pytest.fixture(scope="module")
def code() -> list[tuple[str, str]]:
    return list(imports())


def test_when_the_house_is_drawn_then_its_arrows_are_the_imports_of_the_code(code: list[tuple[str, str]]) -> None:
    between = {(house_room(one), house_room(other)) for one, other in code}
    between |= {(face, house_room(other)) for face, other in outside_packages()}

    assert drawn()[HOUSE] == {(one, other) for one, other in between if one and other and one != other}


@pytest.mark.parametrize("package", sorted(set(drawn()) - {HOUSE}))
def test_when_a_room_is_drawn_then_its_arrows_are_the_imports_of_the_code(
    package: str, code: list[tuple[str, str]]
) -> None:
    rooms = rooms_of(package)

    def within(module: str) -> str | None:
        room = module.removeprefix(f"{package}.").partition(".")[0] if module.startswith(f"{package}.") else ""
        return room if room in rooms else None

    between = {(within(one), within(other)) for one, other in code}
    assert drawn()[package] == {(one, other) for one, other in between if one and other and one != other}


def test_when_foundations_are_listed_then_they_are_all_that_no_arrow_is_drawn_to() -> None:
    (row,) = re.findall(r"^\| foundations \| (.+?);", TEXT, re.MULTILINE)
    ours = {path.stem for path in (PROJECT / "core").iterdir() if path.suffix in {"", ".py"}}
    in_diagram = {room for arrow in drawn()[HOUSE] for room in arrow}

    assert set(re.findall(r"`(\w+)`", row)) == FOUNDATIONS
    assert ours - in_diagram - {"__init__", "__pycache__", "profiles"} == FOUNDATIONS


def test_when_a_place_is_named_then_it_is_there() -> None:
    named = re.findall(r"`((?:core|app|pages|notebooks|tests)/[\w/.]+)`", TEXT)

    assert named
    for name in named:
        path = PROJECT / name.rstrip("/")
        module, _, function = name.partition(".")
        source = Path(PROJECT / f"{module}.py")
        assert (
            path.exists()
            or path.with_suffix(".py").exists()
            or path.with_suffix(".ipynb").exists()
            or (source.exists() and re.search(rf"def {function.split('.')[-1]}\b", source.read_text("utf-8")))
        ), name
