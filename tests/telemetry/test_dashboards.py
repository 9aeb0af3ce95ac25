"""The files for Prometheus and Grafana, asked by Prometheus's own tool against series as the workbench exposes them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.telemetry.metric_list import METRICS
from tests.conftest import PROJECT
from tests.debian_tools import tool
from tests.telemetry.synthetic_series import PROMETHEUS, every_series, told_by_promtool

GRAFANA = PROJECT / "deploy" / "grafana"
RULES = {
    rule["alert"]: rule
    for group in yaml.safe_load((PROMETHEUS / "rules.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
}
UP = 'up{job="analyst-workbench",instance="here"}'
# Rule -> the series that it must fire for, and the labels of the alert beside its severity.
FIRES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "WorkbenchDown": ({UP: "0x180"}, {"job": "analyst-workbench", "instance": "here"}),
    "HighErrorRate": (
        {'http_requests_total{status="200"}': "0+100x180", 'http_requests_total{status="500"}': "0+2x180"}, {},
    ),
    "SlowAnswers": (
        {
            'http_request_duration_seconds_bucket{route="/a",le="5.0"}': "0+90x180",
            'http_request_duration_seconds_bucket{route="/a",le="10.0"}': "0+100x180",
            'http_request_duration_seconds_bucket{route="/a",le="+Inf"}': "0+100x180",
            'http_request_duration_seconds_count{route="/a"}': "0+100x180",
        },
        {"route": "/a"},
    ),
    "DependencyDown": ({'circuit_breaker_state{dependency="ollama"}': "2x180"}, {"dependency": "ollama"}),
    "QueueWaits": ({"jobs_oldest_queued_seconds": "901x180"}, {}),
    "RoundsOverdue": ({"periodic_rounds_overdue": "1x180"}, {}),
    "DatabaseNotRead": ({'scrape_source_up{source="database"}': "0x180"}, {"source": "database"}),
    "DiskNearlyFull": ({"system_disk_percent": "91x180", "system_disk_free_bytes": "9e9x180"}, {}),
    "BackupStale": ({"backup_age_seconds": "172801x180"}, {}),
    "NoBackup": ({"backups_kept": "0x2000"}, {}),
    "ChatRefusesOften": (
        {
            'chat_requests_total{state="answered"}': "0+4x180",
            'chat_requests_total{state="not_in_documents"}': "0+6x180",
        },
        {},
    ),
    "PicturesOftenUnknown": (
        {'image_matches_total{verdict="known"}': "0+4x180", 'image_matches_total{verdict="unknown"}': "0+6x180"}, {},
    ),
    "WorkbenchAlertOpen": ({'alerts_open{severity="critical"}': "1x180"}, {"severity": "warning"}),
}  # fmt: skip
WELL = {
    UP: "1x180",
    'http_requests_total{status="200"}': "0+1000x180",
    'http_requests_total{status="500"}': "0+9x180",
    'http_request_duration_seconds_bucket{route="/a",le="1.0"}': "0+100x180",
    'http_request_duration_seconds_bucket{route="/a",le="+Inf"}': "0+100x180",
    'http_request_duration_seconds_count{route="/a"}': "0+100x180",
    'circuit_breaker_state{dependency="ollama"}': "0x180",
    "jobs_oldest_queued_seconds": "899x180",
    "periodic_rounds_overdue": "0x180",
    'scrape_source_up{source="database"}': "1x180",
    "system_disk_percent": "89x180",
    "system_disk_free_bytes": "3e9x180",
    "backup_age_seconds": "172000x180",
    "backups_kept": "1x180",
    'chat_requests_total{state="answered"}': "0+6x180",
    'chat_requests_total{state="not_in_documents"}': "0+4x180",
    'image_matches_total{verdict="known"}': "0+6x180",
    'image_matches_total{verdict="unknown"}': "0+4x180",
    'alerts_open{severity="critical"}': "0x180",
}
# Too few to say anything of a share.
IDLE = {
    'http_requests_total{status="500"}': "0 1 1x180",
    'chat_requests_total{state="not_in_documents"}': "0 1 1x180",
    'image_matches_total{verdict="unknown"}': "0 1 1x180",
}


def panels() -> list[dict[str, Any]]:
    board = json.loads((GRAFANA / "workbench.json").read_text("utf-8"))
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    found = (target["expr"] for panel in panels() for target in panel["targets"])
    return [one.replace("$__rate_interval", "5m") for one in found]


def written(series: dict[str, str]) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in series.items()]


def test_when_prometheus_reads_the_configuration_then_it_finds_nothing_wrong(tmp_path: Path) -> None:
    shutil.copytree(PROMETHEUS, tmp_path / "prometheus")
    (tmp_path / "prometheus" / "metrics-token").write_text("token", "utf-8")
    check = [tool("promtool"), "check", "config", str(tmp_path / "prometheus" / "prometheus.yml")]

    done = subprocess.run(check, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr


def test_when_something_is_wrong_then_its_rule_fires_with_a_sentence_in_both_languages(tmp_path: Path) -> None:
    tests: list[Mapping[str, Any]] = []
    for name, (series, labels) in FIRES.items():
        time = "30h" if name == "NoBackup" else "2h"
        query = f'count(ALERTS{{alertname="{name}",alertstate="firing"}})'
        expected = ",".join(f'{label}="{word}"' for label, word in labels.items())
        firing = f'count(ALERTS{{alertname="{name}",alertstate="firing",{expected}}})' if expected else query
        asked = [{"expr": firing, "eval_time": time, "exp_samples": [{"labels": "{}", "value": 1}]}]
        tests.append({"interval": "1m", "input_series": written(series), "promql_expr_test": asked})

    assert set(FIRES) == set(RULES)
    assert told_by_promtool(tmp_path, tests) == ""
    for rule in RULES.values():
        assert re.search("[가-힣]", rule["annotations"]["summary_ko"])
        assert re.search("[a-z]", rule["annotations"]["summary"])


@pytest.mark.parametrize("series", [WELL, IDLE], ids=["just within the limits", "hardly used"])
def test_when_all_is_well_then_no_rule_fires(tmp_path: Path, series: dict[str, str]) -> None:
    asked = [{"expr": 'ALERTS{alertstate="firing"}', "eval_time": f"{at}m", "exp_samples": []} for at in (30, 100, 170)]
    test = {"interval": "1m", "input_series": written(series), "promql_expr_test": asked}

    assert told_by_promtool(tmp_path, [test]) == ""


def test_when_the_dashboard_is_drawn_then_every_expression_finds_series(tmp_path: Path) -> None:
    asked = [
        {"expr": f"count({one}) > bool 0", "eval_time": "2h", "exp_samples": [{"labels": "{}", "value": 1}]}
        for one in expressions()
    ]
    test = {"interval": "1m", "input_series": every_series(), "promql_expr_test": asked}

    assert len(asked) > 30
    assert told_by_promtool(tmp_path, [test]) == ""


def test_when_an_expression_names_a_metric_then_the_workbench_exposes_it() -> None:
    exposed = {name for metric in METRICS for name in metric.exposed}
    both = [*expressions(), *(rule["expr"] for rule in RULES.values())]
    named = {word for one in both for word in re.findall(r"[a-z][a-z0-9_]*_[a-z0-9_]+", re.sub(r'"[^"]*"', "", one))}

    assert named - {"histogram_quantile"} <= exposed


def test_when_metrics_are_exposed_then_the_dashboard_shows_each_of_them() -> None:
    shown = " ".join(expressions())

    assert [metric.name for metric in METRICS if metric.name not in shown] == []
