"""Series as the workbench's own list of metrics would expose them, and promtool to ask them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from core.telemetry.metric_list import METRICS, Metric
from tests.conftest import PROJECT
from tests.debian_tools import tool

PROMETHEUS = PROJECT / "deploy" / "prometheus"
UNBOUNDED = {"route": ("/a", "/b"), "status": ("200", "429", "500"), "room": ("api",), "kind": ("NotFound",)}
MINUTES = 180


def every_series() -> list[dict[str, str]]:
    """One of each combination of labels: counters and buckets grow, gauges stand at 1. One value a minute."""
    return [
        {"series": f'{{__name__="{name}",job="analyst-workbench"{labels}}}', "values": values}
        for metric in METRICS
        for name, labels, values in _series_of(metric)
    ]


def _series_of(metric: Metric) -> Iterable[tuple[str, str, str]]:
    words = [sorted(known) if known else UNBOUNDED[label] for label, known in metric.labels]
    for chosen in product(*words):
        labels = "".join(f',{label}="{word}"' for (label, _), word in zip(metric.labels, chosen, strict=True))
        if metric.kind == "gauge":
            yield metric.name, labels, f"1x{MINUTES}"
        elif metric.kind == "counter":
            yield metric.name, labels, f"0+10x{MINUTES}"
        else:
            for step, edge in enumerate((*metric.buckets, "+Inf"), start=1):
                yield f"{metric.name}_bucket", f'{labels},le="{edge}"', f"0+{step}x{MINUTES}"
            yield f"{metric.name}_sum", labels, f"0+5x{MINUTES}"
            yield f"{metric.name}_count", labels, f"0+{len(metric.buckets) + 1}x{MINUTES}"


def told_by_promtool(folder: Path, tests: list[Mapping[str, Any]]) -> str:
    """What `promtool test rules` says of these tests over the project's rules; "" where all hold."""
    file = folder / "tests.yml"
    plan = {"rule_files": [str(PROMETHEUS / "rules.yml")], "evaluation_interval": "5m", "tests": tests}
    file.write_text(yaml.safe_dump(plan, allow_unicode=True, width=10_000), "utf-8")
    done = subprocess.run(
        [tool("promtool"), "test", "rules", str(file)], capture_output=True, text=True, check=False, timeout=60
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
