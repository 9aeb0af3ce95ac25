"""Every figure a report may speak of, looked up where the report keeps it, so that each can be traced back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.ctr.reporting.fact_text import Fact, Unit

if TYPE_CHECKING:
    from core.ctr.runs import Report

SCORES: dict[str, Unit] = {
    "average_precision": "score", "auc": "score", "log_loss": "loss", "weighted_log_loss": "loss", "brier": "loss",
    "ece": "loss", "challenge": "score", "challenge_prior_shifted": "score",
}  # fmt: skip
AT_CUT: dict[str, Unit] = {"accuracy": "share", "precision": "share", "recall": "share", "f1": "score"}
MONEY: dict[str, Unit] = {
    "revenue": "money", "cost": "money", "profit": "money", "roi": "share", "roas": "factor",
    "additional_revenue": "money", "profit_over_all": "money", "break_even": "share",
}  # fmt: skip
PRICES = ("value_per_click", "cost_per_impression", "budget")
BEST_CUT: dict[str, Unit] = {
    "threshold": "share", "impressions": "count", "expected_clicks": "count", "expected_profit": "money",
    "clicks": "count", "profit": "money",
}  # fmt: skip
# Method -> how its facts are called, and their unit: shares, increase of log loss, and log-odds.
METHODS: dict[str, tuple[str, Unit]] = {
    "forest": ("importance", "share"), "permutation": ("permutation", "nats"), "shap": ("shap", "loss"),
}  # fmt: skip
SURE_Q = 0.05  # false-discovery rate up to which a column counts as different
TOP = 10  # columns that an overlap is counted among
CHANCE_OFF = 0.05  # share of segments outside their 95 % interval even when every prediction is right


def facts_of(report: Report) -> dict[str, Fact]:
    """All facts by id; what a report does not hold is not among them, what it holds as None has a reason."""
    return {fact.id: fact for fact in _all(report.document, report.explanation)}


def _all(document: Mapping[str, Any], explanation: Mapping[str, Any] | None) -> Iterator[Fact]:
    found = _Looker("report.json", document)
    yield from _data(found)
    yield from _quality(found)
    yield from _models(found)
    yield from _money(found)
    if explanation is not None:
        yield from _importance(_Looker("explanation.json", explanation))


class _Looker:
    """Finds values by their JSON pointer and makes facts of them."""

    def __init__(self, file: str, document: Mapping[str, Any]) -> None:
        self.file, self.document = file, document

    def at(self, *path: str | int) -> Any:
        place: Any = self.document
        for step in path:
            if isinstance(place, Mapping):
                place = place.get(str(step))
            elif isinstance(place, Sequence) and isinstance(step, int) and step < len(place):
                place = place[step]
            else:
                return None
        return place

    def fact(
        self, fact_id: str, unit: Unit, *path: str | int, base: float | None = None, reason: str | None = None
    ) -> Iterator[Fact]:
        """One fact, with its interval where the place holds one; none where the place is empty without a reason."""
        place = self.at(*path)
        inside: Mapping[str, Any] = place if isinstance(place, Mapping) else {"value": place}
        if inside.get("value") is None and reason is None:
            return
        kept = None if inside.get("value") is not None else reason
        yield Fact(
            fact_id, inside.get("value"), unit, inside.get("low"), inside.get("high"), base, self._source(path), kept
        )

    def derived(self, fact_id: str, value: float, unit: Unit, *path: str | int, base: float | None = None) -> Fact:
        """A figure reckoned from what stands at `path`."""
        return Fact(fact_id, value, unit, base=base, source=self._source(path))

    def _source(self, path: Sequence[str | int]) -> str:
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
        return f"{self.file}#/" + "/".join(steps)


def _data(found: _Looker) -> Iterator[Fact]:
    yield from found.fact("run.created_at", "text", "created_at")
    for name in ("rows", "columns", "clicks", "duplicate_rows"):
        yield from found.fact(f"data.{name}", "count", "data", name)
    for name in ("click_rate", "missing_share"):
        yield from found.fact(f"data.{name}", "share", "data", name)
    yield from found.fact("data.source", "text", "data", "source")
    findings = found.at("data", "findings") or ()
    yield found.derived("data.findings", len(findings), "count", "data", "findings")
    blocking = sum(one["severity"] == "blocking" for one in findings)
    yield found.derived("data.findings_blocking", blocking, "count", "data", "findings")
    for part in ("train", "validation", "test"):
        yield from found.fact(f"split.{part}", "count", "split", "rows", part)
    yield from found.fact("split.moved", "count", "split", "moved")


def _quality(found: _Looker) -> Iterator[Fact]:
    yield from found.fact("champion.name", "text", "champion", "name")
    for end in ("low", "high"):
        yield from found.fact(f"champion.gap_{end}", "difference", "champion", "details", end)
    yield from found.fact("verdict", "text", "verdict")
    yield from found.fact("test.rows", "count", "evaluation", "rows")
    yield from found.fact("test.clicks", "count", "evaluation", "clicks")
    yield from found.fact("test.training_click_rate", "share", "evaluation", "training_click_rate")
    for name, unit in SCORES.items():
        base = found.at("evaluation", "base", name)
        yield from found.fact(f"score.{name}", unit, "evaluation", "scores", name, base=base)
        yield from found.fact(f"base.{name}", unit, "evaluation", "base", name)
        yield from found.fact(f"best.{name}", unit, "evaluation", "best_share", "best", name)
        yield from found.fact(f"best_share.{name}", "share", "evaluation", "best_share", name)
    yield from found.fact("gain.log_loss", "nats", "evaluation", "gain")
    yield from found.fact("at_threshold.threshold", "share", "evaluation", "at_threshold", "threshold")
    yield from found.fact("at_threshold.flagged", "count", "evaluation", "at_threshold", "flagged")
    for name, unit in AT_CUT.items():
        base = found.at("evaluation", "at_threshold", "base", name)
        reason = "reports.nothing_flagged" if name == "precision" else None
        yield from found.fact(
            f"at_threshold.{name}", unit, "evaluation", "at_threshold", name, base=base, reason=reason
        )
        yield from found.fact(f"at_threshold.base_{name}", unit, "evaluation", "at_threshold", "base", name)
    yield from _tenths_and_segments(found)
    yield from found.fact("latency.rows_per_second", "count", "latency", "rows_per_second")
    for name in ("ms_per_row", "ms_single"):
        yield from found.fact(f"latency.{name}", "ms", "latency", name)


def _tenths_and_segments(found: _Looker) -> Iterator[Fact]:
    yield from found.fact("tenth.lift", "factor", "evaluation", "deciles", 0, "lift")
    yield from found.fact("tenth.gain", "share", "evaluation", "deciles", 0, "gain")
    yield from found.fact("three_tenths.gain", "share", "evaluation", "deciles", 2, "gain")
    tenths = found.at("evaluation", "deciles") or []
    if len(tenths) > 2:
        share = sum(one["rows"] for one in tenths[:3]) / sum(one["rows"] for one in tenths)
        lift = tenths[2]["gain"] / share
        yield found.derived("three_tenths.lift", lift, "factor", "evaluation", "deciles", 2, "gain")
        yield found.derived("tenth.more_clicks", tenths[0]["lift"] - 1, "share", "evaluation", "deciles", 0, "lift")
    segments = found.at("evaluation", "segments") or ()
    if segments:
        off = sum(not one["is_calibrated"] for one in segments)
        yield found.derived("segments.checked", len(segments), "count", "evaluation", "segments")
        yield found.derived("segments.off", off, "count", "evaluation", "segments")
        by_chance = CHANCE_OFF * len(segments)
        yield found.derived("segments.off_by_chance", round(by_chance), "count", "evaluation", "segments")
        for place, one in enumerate(segments):
            if not one["is_calibrated"]:
                path = ("evaluation", "segments", place)
                yield from found.fact(f"segment.{place}.predicted", "share", *path, "predicted")
                observed = found.derived(f"segment.{place}.observed", one["observed"], "share", *path, "observed")
                yield Fact(
                    observed.id, observed.value, "share", one["observed_low"], one["observed_high"],
                    source=observed.source,
                )  # fmt: skip


def _models(found: _Looker) -> Iterator[Fact]:
    models = found.at("models") or ()
    yield found.derived("models.compared", len(models), "count", "models")
    for place, model in enumerate(models):
        for name, unit in SCORES.items():
            yield from found.fact(f"model.{model['name']}.{name}", unit, "models", place, "evaluation", "scores", name)
            yield from found.fact(
                f"versus.{model['name']}.{name}", "difference", "models", place, "versus_chosen", name
            )
        yield from found.fact(f"model.{model['name']}.fit_seconds", "seconds", "models", place, "fit_seconds")


def _money(found: _Looker) -> Iterator[Fact]:
    for name in PRICES:
        yield from found.fact(f"price.{name}", "money", "economics", "prices", name)
    missing = found.at("economics", "unavailable") or {}
    for name, unit in MONEY.items():
        yield from found.fact(f"money.{name}", unit, "economics", name, reason=missing.get(name))
    revenue, additional = found.at("economics", "revenue"), found.at("economics", "additional_revenue")
    if revenue is not None and additional is not None and revenue > additional:
        more = additional / (revenue - additional)  # over what as many rows picked by chance bring
        yield found.derived("money.more_revenue", more, "share", "economics", "additional_revenue")
    for name, unit in BEST_CUT.items():
        yield from found.fact(f"cut.{name}", unit, "economics", "best", name)
    for place, swing in enumerate(found.at("economics", "sensitivity") or ()):
        stem = f"swing.{swing['price']}.{'up' if swing['change'] > 0 else 'down'}"
        path = ("economics", "sensitivity", place)
        yield from found.fact(f"{stem}.change", "share", *path, "change")
        yield from found.fact(f"{stem}.threshold", "share", *path, "threshold")
        yield from found.fact(f"{stem}.impressions", "count", *path, "impressions")
        yield from found.fact(f"{stem}.profit", "money", *path, "expected_profit")
        yield from found.fact(f"{stem}.loss", "money", *path, "loss")


def _importance(found: _Looker) -> Iterator[Fact]:
    features = found.at("features") or ()
    yield found.derived("features.explained", len(features), "count", "features")
    yield from found.fact("explained.rows", "count", "rows", "held_out")
    yield found.derived("features.idle", sum(is_idle(one) for one in features), "count", "features")
    tested = [one["welch"]["q"] for one in features if one.get("welch")]
    if tested:
        yield found.derived("welch.different", sum(q <= SURE_Q for q in tested), "count", "features")
    pairs = [
        (one["overlap"], place)
        for place, one in enumerate(found.at("agreement", "pairs") or [])
        if {one["first"], one["second"]} <= set(METHODS)
    ]
    if pairs:
        yield from found.fact("agreement.lowest", "count", "agreement", "pairs", min(pairs)[1], "overlap")
        yield found.derived("agreement.top", min(TOP, len(features)), "count", "features")
    for place, feature in enumerate(features):
        name = feature["name"]
        for method, (kind, unit) in METHODS.items():
            yield from found.fact(f"{kind}.{name}", unit, "features", place, method)
        for part in ("p", "q"):
            yield from found.fact(f"welch.{name}.{part}", "p", "features", place, "welch", part)
        welch = feature.get("welch") or {}
        if welch.get("effect") is not None:
            source = found.derived("", 0, "difference", "features", place, "welch", "effect").source
            yield Fact(
                f"welch.{name}.effect", welch["effect"], "difference", welch.get("effect_low"),
                welch.get("effect_high"), source=source,
            )  # fmt: skip


def is_idle(feature: Mapping[str, Any]) -> bool:
    """Whether neither the forest nor shuffling nor Welch's test finds an effect of the column beyond chance."""
    is_different = feature.get("welch") is not None and feature["welch"]["q"] <= SURE_Q
    return feature["forest"]["low"] <= 0 and feature["permutation"]["low"] <= 0 and not is_different
