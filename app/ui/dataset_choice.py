"""Which stored table a training learns from, or the synthetic sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.ui import choosing
from app.ui.texts import say
from core.datasets.rows import Dataset

SAMPLE = ""  # the notebooks' own word for the synthetic sample


def draw(place: Any, stored: Mapping[str, Dataset], *, help_text: str, key: str, wanted: str | None = None) -> str:
    """The id of one of `stored`, or SAMPLE. place: st or a container. wanted: the id to begin with, else the first."""
    options = [*stored, SAMPLE]
    chosen = choosing.one_of(
        place,
        say("train.dataset"),
        options,
        index=options.index(wanted) if wanted and wanted in stored else 0,
        format_func=lambda dataset_id: name_of(stored.get(dataset_id)),
        help=help_text,
        key=key,
    )
    return chosen or SAMPLE


def name_of(dataset: Dataset | None) -> str:
    """A dataset in a list; None is the synthetic sample."""
    if dataset is None:
        return say("train.sample")
    return say("train.dataset_entry", name=dataset.name, rows=f"{dataset.rows:,}")
