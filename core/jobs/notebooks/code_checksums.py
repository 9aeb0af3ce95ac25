"""SHA-256 of the code a notebook runs: its code cells and every module of `core` they import, near or far.

Imports are read from the source (`ast`), those within functions too, so a change far away counts; what is imported
by a name put together at run time is not seen. Files are read once for each state they are in.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from core.settings.paths import PROJECT

CORE = "core"


def checksum_of_notebook(path: Path) -> str:
    """Of the notebook at `path`. Raises OSError, ValueError and SyntaxError for files that cannot be read as code."""
    own, names = _notebook(path, *_state(path))
    digest = hashlib.sha256(own.encode())
    for module in sorted(modules_behind(names)):
        for file in _files_of(module):
            digest.update(f"{file.relative_to(PROJECT).as_posix()} {_read(file, *_state(file))[0]}\n".encode())
    return digest.hexdigest()


def checksum_of_requirements() -> str:
    """Of the locked requirements. Raises OSError where they were not shipped."""
    lock = PROJECT / "requirements.txt"
    return _read(lock, *_state(lock))[0]


def modules_behind(names: Iterable[str]) -> frozenset[Path]:
    """The files of every module of `core` that these names import, directly or through others."""
    found: set[Path] = set()
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for file in _modules(name):
            if file not in found:
                found.add(file)
                waiting += _read(file, *_state(file))[1]
    return frozenset(found)


def _files_of(module: Path) -> list[Path]:
    """A module; a package's `__init__` stands for the data files beside it as well."""
    if module.name != "__init__.py":
        return [module]
    return [module, *sorted(one for one in module.parent.iterdir() if one.is_file() and one.suffix != ".py")]


def _modules(name: str) -> list[Path]:
    """The files that importing `core.a.b` runs: the module, and the packages it lies in. Empty for other names.

    `from core.a import b` may name a module or a value: whatever of it is there counts.
    """
    parts = name.split(".")
    if parts[0] != CORE:
        return []
    found = []
    for length in range(1, len(parts) + 1):
        place = PROJECT.joinpath(*parts[:length])
        found += [one for one in (place / "__init__.py", place.with_suffix(".py")) if _is_file(one)]
    return found


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _state(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_mtime_ns, about.st_size


@lru_cache(maxsize=4096)
def _read(path: Path, _changed_at: int, _size: int) -> tuple[str, tuple[str, ...]]:
    """SHA-256 of a file, and the names it imports where it is Python."""
    content = path.read_bytes()
    names = _imports(ast.parse(content)) if path.suffix == ".py" else ()
    return hashlib.sha256(content).hexdigest(), names


@lru_cache(maxsize=256)
def _notebook(path: Path, _changed_at: int, _size: int) -> tuple[str, tuple[str, ...]]:
    """The same of a notebook's code cells; what is written between them changes nothing."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    digest = hashlib.sha256("\n\n".join(sources).encode()).hexdigest()
    return digest, tuple(name for source in sources for name in _imports(ast.parse(source)))


def _imports(tree: ast.AST) -> tuple[str, ...]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(dict.fromkeys(found))
