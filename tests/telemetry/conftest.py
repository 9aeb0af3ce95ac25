"""Counters that have counted nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import values

from core.telemetry import metric_files, metric_registry, metrics


@pytest.fixture
def fresh(home: Path, monkeypatch: pytest.MonkeyPatch, settings_from: Callable[..., object]) -> Path:
    """Counters of a process that has counted nothing, in a home of its own; the folder that they lie in."""
    monkeypatch.setattr(metric_registry, "_kept_made", None)
    monkeypatch.setattr(metric_registry, "_children", {})
    monkeypatch.setattr(metrics, "_models_seen", set())
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)  # and so is what children are made with
    monkeypatch.setenv(metric_registry.FOLDER, "")
    settings_from(WORKBENCH_METRICS_DIR=str(home / "metrics"))
    return metric_files.folder()
