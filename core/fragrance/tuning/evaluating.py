"""Composes a set of briefs and tells how good what came of them is; a tuned writer's stories stand beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import BadInput
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.evaluation.generation_metrics import Quality, letter, over_briefs, quality, weakest
from core.fragrance.formulas.formula import Formula
from core.fragrance.formulas.stored import accords_for, get_version, list_formulas
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.generating import Generated, generate
from core.fragrance.limits.stored import current_limits
from core.fragrance.samples.briefs import sample_briefs
from core.intervals import Interval
from core.knowledge.notices import Notice, notice_of
from core.security.policy import Permission, Principal, require

GOOD = 0.8  # from which a measure needs no advice
ALWAYS_GOOD = {"diversity": 0.3}  # alternatives that differ by as much as the generator promises
ADVICE: Mapping[str, str] = {
    "structure": "fragrance_tuning.advice_structure",
    "balance": "fragrance_tuning.advice_balance",
    "creativity": "fragrance_tuning.advice_creativity",
    "feasibility": "fragrance_tuning.advice_feasibility",
    "consistency": "fragrance_tuning.advice_consistency",
    "diversity": "fragrance_tuning.advice_diversity",
}


@dataclass(frozen=True)
class Composed:
    """What came of one brief: either formulas and their quality, or why there are none. story: by a tuned writer."""

    brief: Brief
    generated: Generated | None
    quality: Quality | None
    refused: Notice | None
    story: str | None


@dataclass(frozen=True)
class Evaluation:
    """score, grade: None where nothing could be composed. measures: means over briefs with 95 % intervals."""

    score: float | None
    grade: str | None
    measures: Mapping[str, Interval | None]
    composed: tuple[Composed, ...]
    seconds: float
    advice: tuple[Notice, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values: the measures and how each brief fared."""
        return {
            "score": self.score,
            "grade": self.grade,
            "measures": {name: None if one is None else asdict(one) for name, one in self.measures.items()},
            "briefs": len(self.composed),
            "refused": sum(one.refused is not None for one in self.composed),
            "seconds": self.seconds,
            "advice": [one.plain() for one in self.advice],
        }


def evaluate_briefs(
    briefs: Sequence[Brief], *, principal: Principal, write: Callable[[str], str] | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> Evaluation:  # fmt: skip
    """Compose every brief and measure it. write: what a tuned writer makes of a brief's words.

    A brief that cannot be composed is told with its reason and counts for no measure. Raises NotAllowed.
    """
    require(principal, Permission.FRAGRANCE_FORMULA)
    start = time.perf_counter()
    catalogue, table, accords = current_catalogue(), current_limits(), accords_for(principal)
    existing = existing_formulas(principal)
    found = list[Composed]()
    for number, brief in enumerate(briefs, 1):
        story = write(brief.words) if write is not None and brief.words else None
        try:
            made = generate(brief, catalogue=catalogue, table=table, accords=accords, existing=existing)
        except BadInput as error:
            found.append(Composed(brief, None, None, notice_of(error), story))
        else:
            told = quality(made, catalogue=catalogue, accords=accords, existing=existing)
            found.append(Composed(brief, made, told, None, story))
        progress(number / len(briefs))
    measures = over_briefs([one.quality for one in found if one.quality is not None])
    score = measures["score"].value if measures["score"] is not None else None
    grade = None if score is None else letter(score)
    return Evaluation(score, grade, measures, tuple(found), time.perf_counter() - start, _advice(measures, found))


def existing_formulas(principal: Principal) -> tuple[Formula, ...]:
    """The newest versions of all formulas that may be read: what a new one is held against."""
    stored = list_formulas(principal=principal)
    return tuple(get_version(one.id, principal=principal).formula for one in sorted(stored, key=lambda one: one.id))


def evaluation_briefs(count: int, *, seed: int, alternatives: int = 3) -> tuple[Brief, ...]:
    """Briefs of every family, drawn like those of the sample perfumes but with a seed of their own."""
    return tuple(
        Brief(**{**vars(one.brief), "alternatives": alternatives}) for one in sample_briefs(count, seed=seed)
    )  # fmt: skip


def _advice(measures: Mapping[str, Interval | None], found: Sequence[Composed]) -> tuple[Notice, ...]:
    poor = {name: one for name, one in measures.items() if one is not None and one.value < ALWAYS_GOOD.get(name, GOOD)}
    name = weakest(poor)
    told = [Notice(ADVICE[name])] if name is not None else []
    refused = sum(one.refused is not None for one in found)
    if refused:
        told.append(Notice("fragrance_tuning.advice_infeasible", {"count": refused, "total": len(found)}))
    return tuple(told)
