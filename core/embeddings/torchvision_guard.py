"""Lets torchvision be imported beside a CPU build of torch, whose release of it may lack loadable compiled parts.

Importing torchvision then fails while it describes operators that nothing registered; the CLIP classes of
transformers and open_clip fail with it. Nothing of ours calls those operators, so their signatures are enough.
"""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

OPERATORS = ("nms", "qnms")  # those the package's Python part describes unasked
SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

_kept: list[Any] = []  # a library of operators vanishes with the last reference to it


class TorchvisionFinder:
    """Declares the missing operators when, and only when, somebody imports torchvision."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The package's own spec, so that it loads as always; None for every other name."""
        if name != "torchvision":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and not _kept and not loads_compiled(spec):
            _kept.append(declare_operators())
        return spec


def loads_compiled(spec: ModuleSpec) -> bool:
    """Whether the compiled operators beside the package load into this torch."""
    import torch

    for folder in spec.submodule_search_locations or ():
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            for library in Path(folder).glob(f"_C*{suffix}"):
                try:
                    torch.ops.load_library(library)
                except OSError:
                    continue
                return True
    return False


def declare_operators() -> Any:
    """Signatures without code, as a fragment of the library `torchvision`; gone with the returned object."""
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in OPERATORS:
        library.define(f"{operator}{SIGNATURE}")
    return library


def install() -> None:
    """Register the finder in this process, once; costs nothing until torchvision is imported."""
    if not any(isinstance(finder, TorchvisionFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, TorchvisionFinder())
