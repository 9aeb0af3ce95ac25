"""What the core keeps of a picture domain and the API answers about it, read by another process on the same home."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.images.prototypes import Thresholds
from core.images.verdict import in_words
from core.messages import say
from tests.conftest import PROJECT

READ_FACTS = """
import json, sys
from pathlib import Path
from fastapi.testclient import TestClient
from app.api.main import app
from core.images.runs import build_report, calibration_report, list_builds, list_calibrations
from core.security.policy import LOCAL_ANALYST
domain, batch = sys.argv[1], Path(sys.argv[2])
builds = [build_report(job.id, principal=LOCAL_ANALYST) for job in list_builds(domain, principal=LOCAL_ANALYST)]
runs = list_calibrations(domain, principal=LOCAL_ANALYST)
calibrations = [calibration_report(job.id, principal=LOCAL_ANALYST) for job in runs]
with TestClient(app) as client:
    answer = client.post(
        "/api/v1/similarity/batch", files={"file": (batch.name, batch.read_bytes())}, data={"domain": domain},
        headers={"Accept-Language": "en"},
    )
print(json.dumps({"builds": builds, "calibrations": calibrations, "api": answer.json()["results"]}))
"""


@dataclass(frozen=True)
class Facts:
    """A domain that was built, calibrated and built again."""

    first: dict[str, Any]  # report of the first build
    second: dict[str, Any]
    calibration: dict[str, Any]
    api: dict[str, dict[str, Any]]  # file name -> answer

    def judged(self, file: Path) -> dict[str, Any]:
        """What the second build says of a picture with a remark."""
        checksum = hashlib.sha256(file.read_bytes()).hexdigest()
        (found,) = [one for one in self.second["versus_before"]["remarks"] if one["sha256"] == checksum]
        return dict(found)


def read_facts(home: Path, domain: str, batch: Path) -> Facts:
    """Both builds, the calibration between them, and what the API says now of the pictures in a ZIP."""
    environment = {**os.environ, "WORKBENCH_HOME": str(home), "WORKBENCH_ROUTES": "images"}
    command = [sys.executable, "-c", READ_FACTS, domain, str(batch)]
    told = subprocess.run(command, env=environment, cwd=PROJECT, check=True, capture_output=True, text=True)
    read = json.loads(told.stdout.splitlines()[-1])
    second, first = read["builds"]
    return Facts(first, second, read["calibrations"][0], {one["file_name"]: one for one in read["api"]})


def share(measure: Mapping[str, float]) -> str:
    return f"{measure['value']:.1%}"


def rule_words(calibration: Mapping[str, Any], language: str = "en") -> str:
    """What a calibrated rule lets through, as every page must say it."""
    accepted = calibration["false_accept"]
    rule = Thresholds(
        **calibration["thresholds"], is_calibrated=True, target=calibration["target"],
        false_accept=accepted["value"], false_accept_low=accepted["low"], false_accept_high=accepted["high"],
    )  # fmt: skip
    key, details = in_words(rule)
    return say(key, language, **details)
