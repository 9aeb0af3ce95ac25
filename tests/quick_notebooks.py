"""The shipped notebooks for journeys in the browser, some of them with smaller numbers: the same cells in less time."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from shutil import copytree

import nbformat

from tests.conftest import PROJECT

FIRST_START = frozenset({  # what the first start of a new home runs
    "customers_train_clusters", "knowledge_ingest", "images_build_prototypes", "ctr_train", "ctr_explain",
    "fragrance_prepare",
})  # fmt: skip
SMALLER: dict[str, dict[str, object]] = {
    "customers_train_clusters": {"k_max": 6, "resamples": 3},
    "ctr_explain": {
        "forest_rows": 600, "forest_trees": 10, "permutation_rows": 150, "surrogate_rows": 600, "shap_rows": 50,
        "network_rows": 8, "repeats": 2, "lime_repeats": 2, "lime_rows": 1, "local_rows": 1,
    },
    "fragrance_prepare": {"most_samples": 6, "encode": False, "guide": False},
    "images_build_prototypes": {"samples_per_class": 5},
}  # fmt: skip
SMALLER_SAMPLES: dict[str, dict[str, object]] = {
    "ctr_train": {
        "models": "lstm", "trials": 1, "epochs": 1, "lstm_hidden": 8, "mlp_hidden": "16", "max_events": 20,
    },
}  # fmt: skip


def quick_notebooks(folder: Path, *, smaller: Collection[str] = tuple(SMALLER)) -> Path:
    """Write all shipped notebooks and chains into `folder`, those in `smaller` with smaller numbers; the folder."""
    folder.mkdir()
    for path in sorted((PROJECT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for name, value in SMALLER[path.stem].items() if path.stem in smaller else ():
            _change_parameter(notebook, name, value)
        if smaller and path.stem in SMALLER_SAMPLES:
            notebook.metadata["workbench"]["sample"] |= SMALLER_SAMPLES[path.stem]
        nbformat.write(notebook, folder / path.name)
    copytree(PROJECT / "notebooks" / "chains", folder / "chains")
    return folder


def _change_parameter(notebook: nbformat.NotebookNode, name: str, value: object) -> None:
    """Set the default of a parameter."""
    (cell,) = [one for one in notebook.cells if "parameters" in one.metadata.get("tags", [])]
    cell.source, found = re.subn(rf"^({name}: \w+ = )[^#\n]*?(\s*#)", rf"\g<1>{value!r}\2", cell.source, flags=re.M)
    assert found == 1, f"no parameter {name}"
