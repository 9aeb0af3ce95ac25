"""Several briefs at once, on as many processors as there are; each answer is the same as if it were asked alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from core.errors import WorkbenchError
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.formula import Accords, Formula
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.generating import Generated, generate
from core.fragrance.limits.rules import LimitTable

MOST_WORKERS = 8


@dataclass(frozen=True)
class Outcome:
    """What became of one brief: either alternatives or the sentence that says why there are none."""

    generated: Generated | None
    error: WorkbenchError | None


def generate_all(
    briefs: Sequence[Brief | WorkbenchError], *, catalogue: Catalogue, table: LimitTable, accords: Accords,
    existing: Iterable[Formula] = (), workers: int | None = None,
) -> tuple[Outcome, ...]:  # fmt: skip
    """Outcomes in the order of the briefs; an error among them, from reading one, is handed on in its place.

    The solver lets other threads run meanwhile, so threads use every processor. workers: None for one each.
    """
    known = tuple(existing)

    def one(brief: Brief | WorkbenchError) -> Outcome:
        if isinstance(brief, WorkbenchError):
            return Outcome(None, brief)
        try:
            return Outcome(generate(brief, catalogue=catalogue, table=table, accords=accords, existing=known), None)
        except WorkbenchError as error:
            return Outcome(None, error)

    threads = max(1, min(workers or os.cpu_count() or 1, MOST_WORKERS, len(briefs)))
    if threads == 1:
        return tuple(map(one, briefs))
    with ThreadPoolExecutor(threads, thread_name_prefix="formulas") as pool:
        return tuple(pool.map(one, briefs))
