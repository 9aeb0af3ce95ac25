"""Charts draw every cluster, in both languages."""

from __future__ import annotations

import pytest

from core.customers import charts
from core.customers.features import FEATURES
from core.customers.training import Training


@pytest.mark.parametrize("language", ["ko", "en"])
def test_when_drawn_then_every_cluster_has_its_trace_and_name(language: str, sample_training: Training) -> None:
    explorer = sample_training.json("explorer.json")
    names = [name.text(language).name for name in sample_training.names]
    assert [trace.name for trace in charts.projection_figure(explorer, language).data] == names
    assert [trace.name for trace in charts.profiles_figure(explorer, language).data] == names
    assert set(charts.sizes_figure(explorer, language).data[0].y) == set(names)


def test_when_evidence_is_drawn_then_the_limit_is_shown(sample_training: Training) -> None:
    figure = charts.evidence_figure(sample_training.json("evidence.json"), "ko")
    assert len(figure.data) == 7
    assert figure.layout.annotations[0].text == "최소 허용 차이"


def test_when_there_is_no_evidence_then_the_chart_is_empty(sample_compatibility: Training) -> None:
    assert not charts.evidence_figure(sample_compatibility.json("evidence.json"), "en").data


def test_when_features_are_labelled_then_none_is_missing() -> None:
    for language in ("ko", "en"):
        assert all(charts.feature_label(name, language) for name in FEATURES)


def test_when_profiles_are_drawn_then_cluster_means_balance_out(sample_training: Training) -> None:
    explorer = sample_training.json("explorer.json")
    weighted = [
        sum(size * row[column] for size, row in zip(explorer["sizes"], explorer["profiles"]["by_cluster"], strict=True))
        for column in range(4)
    ]
    assert weighted == pytest.approx([0.0] * 4, abs=1e-6)
