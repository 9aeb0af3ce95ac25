"""What the methods found, as the plain values of explanation.json."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.ctr.explaining.agreement import Agreement
from core.ctr.explaining.correlation import COLLINEAR, Correlation
from core.ctr.explaining.forest import ForestImportance
from core.ctr.explaining.integrated_gradients import NetworkExplanation
from core.ctr.explaining.surrogate import Surrogate
from core.ctr.explaining.table import FeatureTable, Floats, by_source
from core.ctr.explaining.welch import Untested, WelchTest
from core.intervals import Interval

WEAK = 0.9  # rank agreement under which SHAP of the surrogate says little about the model
SURE = 0.05  # false-discovery rate
DRAWN_ROWS, DRAWN_COLUMNS = 200, 15  # of the chart of single contributions
NOTHING = Interval(0.0, 0.0, 0.0)  # of a column that the model does not read


@dataclass(frozen=True)
class ColumnFigures:
    """What each method says of each column of the impressions."""

    table: FeatureTable
    forest: ForestImportance
    permutation: tuple[Interval, ...]
    shap: dict[str, Interval]
    shap_parts: dict[str, Interval]
    contribution: dict[str, Interval] | None
    tests: dict[str, WelchTest | Untested]

    def entries(self) -> list[dict[str, Any]]:
        """One per column, by forest value."""
        kinds = {one.source: one.kind for one in self.table.features}
        found = []
        for place, name in enumerate(self.table.sources):
            test = self.tests[name]
            found.append({
                "name": name,
                "kind": kinds[name],
                "forest": asdict(self.forest.columns[place]),
                "permutation": asdict(self.permutation[place]),
                "shap": asdict(self.shap[name]),
                "contribution": None if self.contribution is None else asdict(self.contribution.get(name, NOTHING)),
                "welch": None if isinstance(test, Untested) else asdict(test),
                "welch_reason": test.reason if isinstance(test, Untested) else None,
            })  # fmt: skip
        return sorted(found, key=lambda one: -one["forest"]["value"])

    def parts(self) -> list[dict[str, Any]]:
        """The summaries of the sequence, by forest value."""
        found = [
            {"name": one.name, "forest": asdict(self.forest.parts[place]), "shap": asdict(self.shap_parts[one.name])}
            for place, one in enumerate(self.table.features)
            if one.kind == "sequence"
        ]
        return sorted(found, key=lambda one: -one["forest"]["value"])

    def methods(self, network: NetworkExplanation | None) -> dict[str, dict[str, float]]:
        """Importance by method and column, for comparing ranks; for the tests -log10 p."""
        found = {
            method: {name: every.get(name, NOTHING).value for name in self.table.sources}
            for method, every in self._intervals(network).items()
        }
        tested = {name: one for name, one in self.tests.items() if isinstance(one, WelchTest)}
        found["welch"] = {
            name: -math.log10(max(tested[name].p, 1e-300)) if name in tested else 0.0 for name in self.table.sources
        }
        return found

    def certain(self, network: NetworkExplanation | None) -> dict[str, set[str]]:
        """The columns each method is sure of: the interval lies above 0, or q is under 0.05."""
        found = {
            method: {name for name, one in every.items() if one.low > 0}
            for method, every in self._intervals(network).items()
        }
        found["welch"] = {name for name, one in self.tests.items() if isinstance(one, WelchTest) and one.q < SURE}
        return found

    def _intervals(self, network: NetworkExplanation | None) -> dict[str, dict[str, Interval]]:
        found = {
            "forest": dict(zip(self.table.sources, self.forest.columns, strict=True)),
            "permutation": dict(zip(self.table.sources, self.permutation, strict=True)),
            "shap": self.shap,
        }
        found |= {} if self.contribution is None else {"contribution": self.contribution}
        return found if network is None else found | {"network": network.columns}


def surrogate_section(surrogate: Surrogate, rows: int, is_exact: bool) -> dict[str, Any]:
    return {
        "spearman": surrogate.spearman, "r2": surrogate.r2, "fitted_rows": surrogate.rows, "explained_rows": rows,
        "base": surrogate.base, "model_explains_itself": is_exact,
    }  # fmt: skip


def network_section(told: NetworkExplanation) -> dict[str, Any]:
    columns = sorted(told.columns.items(), key=lambda item: -item[1].value)
    return {
        "columns": [{"name": name, **asdict(one)} for name, one in columns], "rows": told.rows, "steps": told.steps,
        "gap": told.gap, "relative_gap": told.relative_gap,
        "recency": [{"last_events": last, "share": share} for last, share in told.recency.items()],
    }  # fmt: skip


def correlation_section(correlation: Correlation) -> dict[str, Any]:
    return {
        "features": list(correlation.features), "matrix": correlation.matrix.round(4).tolist(), "limit": COLLINEAR,
        "clusters": [{"features": list(one.features), "lowest": one.lowest} for one in correlation.clusters],
    }  # fmt: skip


def drawn_section(table: FeatureTable, values: Floats, cells: FeatureTable) -> dict[str, Any]:
    """Single SHAP values of the most important columns, with where each row's cell ranks (0..1, null if missing)."""
    sources = table.sources
    grouped = by_source(table.features, values)[:DRAWN_ROWS]
    order = np.argsort(-np.abs(grouped).mean(axis=0), kind="stable")[:DRAWN_COLUMNS]
    found = []
    for place in order:
        mine = [at for at, one in enumerate(table.features) if one.source == sources[place]]
        level = _levels(cells.values[: len(grouped), mine[0]])
        found.append({"name": sources[place], "shap": grouped[:, place].round(5).tolist(), "level": level})
    return {"rows": len(grouped), "columns": found}


def _levels(column: Floats) -> list[float | None]:
    known = np.isfinite(column)
    ordered = np.sort(column[known])
    rank = np.searchsorted(ordered, column) / max(len(ordered) - 1, 1)
    return [round(float(min(one, 1.0)), 3) if is_known else None for one, is_known in zip(rank, known, strict=True)]


def notes_of(
    surrogate: Surrogate, is_exact: bool, tests: dict[str, WelchTest | Untested], agreement: Agreement,
    correlation: Correlation,
) -> list[str]:  # fmt: skip
    """Keys of sentences a reader should meet before the charts."""
    found = ["ctr.note_exact" if is_exact else "ctr.note_surrogate"]
    found += ["ctr.note_weak_surrogate"] if surrogate.spearman < WEAK else []
    found += ["ctr.note_collinear"] if correlation.clusters else []
    found += ["ctr.note_disagreement"] if agreement.disagreements else []
    if not any(isinstance(one, WelchTest) and one.q < SURE for one in tests.values()):
        found.append("ctr.note_nothing_significant")
    return found
