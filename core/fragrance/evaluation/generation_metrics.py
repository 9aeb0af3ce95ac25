"""How good composed formulas are, computed from formulas and alternatives alone: six measures of 0 to 1 and a grade.

Each measure states its formula. What cannot be computed is None, counts for nothing in the grade, and is not guessed.
Weights and letters of the grade are those that clients of the old service know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from core.fragrance.amounts import WHOLE_MG
from core.fragrance.catalogue.materials import POSITIONS, Catalogue, Position
from core.fragrance.evaluation.retrieval_metrics import mean_interval
from core.fragrance.formulas.formula import Accords, Formula, flattened
from core.fragrance.generation.alternatives import likeness
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.generating import Alternative, Generated
from core.fragrance.generation.styles import layer_bands
from core.intervals import Interval

MEASURES = ("structure", "balance", "creativity", "feasibility", "consistency", "diversity")
WEIGHTS: Mapping[str, float] = {
    "structure": 0.25, "balance": 0.25, "creativity": 0.2, "feasibility": 0.15, "consistency": 0.15,
}  # fmt: skip
LETTERS = ("A+", "A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D")
BEST_LETTER_FROM, LETTER_STEP, LAST_LETTER = 0.9, 0.05, "F"
BALANCE_BANDS: Mapping[Position, tuple[float, float]] = {"top": (25, 45), "heart": (35, 55), "base": (15, 35)}
NOTHING_LEFT = 20.0  # points of percent outside its band at which a layer counts nothing
TELLING_SHARE = 0.1  # percent of the concentrate from which a material's odour counts as present
VERDICTS = {"pass": 1.0, "unknown": 0.5, "fail": 0.0}  # unknown: nothing speaks against it, and nothing for it
Amounts = Mapping[str, float]


@dataclass(frozen=True)
class Quality:
    """The measures of one brief's best alternative, diversity over all of them; score: their weighted mean."""

    structure: float
    balance: float
    creativity: float | None
    feasibility: float
    consistency: float | None
    diversity: float | None

    @property
    def score(self) -> float:
        """Weighted over the measures that are known: the weights of the others are shared out among them."""
        known = {name: value for name in WEIGHTS if (value := getattr(self, name)) is not None}
        return float(sum(WEIGHTS[name] * value for name, value in known.items()) / sum(WEIGHTS[name] for name in known))

    @property
    def grade(self) -> str:
        return letter(self.score)


def quality(
    generated: Generated, *, catalogue: Catalogue, accords: Accords, existing: Sequence[Formula] = ()
) -> Quality:
    """All measures of what was composed for one brief. existing: formulas that creativity is measured against."""
    best = generated.alternatives[0]
    amounts = [flattened(one.formula, accords) for one in generated.alternatives]
    layers = layers_of(amounts[0], catalogue)
    return Quality(
        structure(best.formula, layers, generated.brief.family),
        balance(layers),
        creativity(amounts[0], [flattened(one, accords) for one in existing]),
        feasibility(best, generated.brief),
        consistency(amounts[0], generated.brief, catalogue),
        diversity(amounts),
    )


def layers_of(amounts: Amounts, catalogue: Catalogue) -> dict[Position, float]:
    """Percent of the fragrant part, all but solvents, by position; zeros where there is none."""
    found: dict[Position, float] = dict.fromkeys(POSITIONS, 0.0)
    for material_id, amount in amounts.items():
        material = catalogue.get(material_id)
        if material.kind != "solvent":
            found[material.position] += amount
    whole = sum(found.values())
    return {position: 100 * amount / whole if whole else 0.0 for position, amount in found.items()}


def structure(formula: Formula, layers: Mapping[Position, float], family: str | None) -> float:
    """Share of four demands that hold: the lines sum to 100 g; each layer lies in the band of the family's style."""
    bands = layer_bands(family)
    held = [sum(line.amount_mg for line in formula.lines) == WHOLE_MG]
    held += [low <= round(layers[position], 6) <= high for position, (low, high) in bands.items()]
    return sum(held) / len(held)


def balance(layers: Mapping[Position, float]) -> float:
    """Mean over the layers of 1 within 25 to 45 % top, 35 to 55 % heart, 15 to 35 % base, falling to 0 at 20 points
    outside."""
    outside = [
        max(low - layers[position], layers[position] - high, 0.0) for position, (low, high) in BALANCE_BANDS.items()
    ]
    return sum(max(1 - one / NOTHING_LEFT, 0.0) for one in outside) / len(outside)


def creativity(amounts: Amounts, existing: Sequence[Amounts]) -> float | None:
    """1 less the share of the concentrate in common with the nearest existing formula; None where there is none."""
    return 1 - max(likeness(amounts, one) for one in existing) if existing else None


def feasibility(alternative: Alternative, brief: Brief) -> float:
    """Mean of the verdict of the limits (pass 1, unknown 0.5, fail 0), of a cost that is known (1 or 0), and of its
    lying within the budget (1 or 0), where the brief sets one."""
    cost = alternative.cost_per_kg
    parts = [VERDICTS[alternative.limits.verdict], float(cost is not None)]
    if brief.budget_per_kg is not None:
        parts.append(float(cost is not None and cost <= brief.budget_per_kg))
    return sum(parts) / len(parts)


def consistency(amounts: Amounts, brief: Brief, catalogue: Catalogue) -> float | None:
    """Of the odour words in the brief, by weight: the share that is as asked for.

    A wanted word is there, and an unwanted one is not, where materials that tell it make up 0.1 % of the concentrate.
    None for a brief without odour words.
    """
    there: dict[str, float] = {}
    for material_id, amount in amounts.items():
        for word in catalogue.get(material_id).odour:
            there[word] = there.get(word, 0.0) + 100 * amount / WHOLE_MG
    weights = {word: abs(weight) for word, weight in brief.odour.items() if weight}
    if not weights:
        return None
    kept = sum(
        weight for word, weight in weights.items() if (there.get(word, 0.0) >= TELLING_SHARE) == (brief.odour[word] > 0)
    )
    return kept / sum(weights.values())


def diversity(alternatives: Sequence[Amounts]) -> float | None:
    """Mean over the pairs of alternatives of 1 less the share they have in common; None for a single one."""
    pairs = list(combinations(alternatives, 2))
    return sum(1 - likeness(one, other) for one, other in pairs) / len(pairs) if pairs else None


def letter(score: float) -> str:
    """A+ from 0.9, one letter down for each 0.05 under it: A, A-, B+, ... D from 0.45, F under that."""
    for number, name in enumerate(LETTERS):
        if score >= BEST_LETTER_FROM - number * LETTER_STEP - 1e-9:
            return name
    return LAST_LETTER


def over_briefs(found: Sequence[Quality]) -> dict[str, Interval | None]:
    """Each measure and the score: its mean with the 95 % interval over briefs; None where no brief tells of it."""
    values = {name: [value for one in found if (value := getattr(one, name)) is not None] for name in MEASURES}
    values["score"] = [one.score for one in found]
    return {name: mean_interval(known) if known else None for name, known in values.items()}


def weakest(found: Mapping[str, Interval | None]) -> str | None:
    """The measure with the lowest mean; None where none is known."""
    known = {name: one.value for name in MEASURES if (one := found.get(name)) is not None}
    return min(known, key=lambda name: known[name]) if known else None
