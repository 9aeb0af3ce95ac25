"""The guard declares two operators exactly where torchvision's compiled part does not load."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

import pytest

from core.embeddings import torchvision_guard
from core.embeddings.torchvision_guard import TorchvisionFinder

has_torchvision = PathFinder.find_spec("torchvision") is not None


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package named torchvision on a path of its own, with a compiled part nobody can load, and a fresh guard."""
    folder = tmp_path / "torchvision"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / f"_C{EXTENSION_SUFFIXES[-1]}").write_bytes(b"not a library")
    monkeypatch.setattr(torchvision_guard, "_kept", [])
    return folder


def find(package: Path) -> ModuleSpec | None:
    return TorchvisionFinder().find_spec("torchvision", [str(package.parent)])


def test_when_the_compiled_part_does_not_load_then_the_operators_are_declared(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torchvision_guard, "declare_operators", lambda: "declared")

    spec = find(package)

    assert spec is not None
    assert spec.origin == str(package / "__init__.py")
    assert torchvision_guard._kept == ["declared"]


def test_when_the_compiled_part_loads_then_nothing_is_declared(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    loaded: list[Any] = []
    monkeypatch.setattr(torch.ops, "load_library", loaded.append)

    assert find(package) is not None
    assert loaded == [package / f"_C{EXTENSION_SUFFIXES[-1]}"]
    assert torchvision_guard._kept == []


@pytest.mark.parametrize("name", ["torch", "torchvision.ops", "torchvisionary"])
def test_when_something_else_is_imported_then_the_guard_stands_aside(name: str, package: Path) -> None:
    assert TorchvisionFinder().find_spec(name, [str(package.parent)]) is None
    assert torchvision_guard._kept == []


def test_when_the_core_is_imported_twice_then_one_guard_stands_and_torch_is_not_loaded() -> None:
    program = (
        "import sys, core\nfrom core.embeddings.torchvision_guard import TorchvisionFinder, install\ninstall()\n"
        "print(sum(isinstance(one, TorchvisionFinder) for one in sys.meta_path), 'torch' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["1", "False"]


@pytest.mark.skipif(not has_torchvision, reason="torchvision is not installed")
def test_when_the_core_is_imported_first_then_the_installed_torchvision_imports() -> None:
    program = "import core, torchvision.transforms\nprint(torchvision.transforms.Resize(4).size)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.stdout.strip() == "4", done.stderr
    assert importlib.util.find_spec("torchvision") is not None
