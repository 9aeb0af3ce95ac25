"""The check-up of image domains and of perfumery: nothing yet, what is broken, what nobody named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.doctor import report
from core.images.domains import add_domain
from core.images.prototypes import Thresholds
from core.security.policy import LOCAL_ANALYST
from core.settings.current import get_settings
from tests.images.vectors import domain


def told() -> str:
    return next(line for line in report()[0] if "image domain" in line or "IMAGE_DOMAIN" in line)


def test_when_no_domain_is_built_then_it_is_a_note(home: Path) -> None:
    assert told().startswith("note no image domain built yet")


def test_when_a_domain_is_built_then_it_is_named_and_whether_it_is_calibrated(home: Path) -> None:
    add_domain(replace(domain(), thresholds=Thresholds(0.5, 0.0, is_calibrated=True)), principal=LOCAL_ANALYST)
    add_domain(replace(domain(), domain="farm"), principal=LOCAL_ANALYST)

    assert told().startswith("ok   image domains: farm (not calibrated), zoo;")


def test_when_a_domain_cannot_be_read_then_that_is_bad(home: Path) -> None:
    add_domain(domain(), principal=LOCAL_ANALYST)
    (home / "data" / "domains" / "zoo" / "prototypes.npz").write_bytes(b"broken")

    assert told().startswith("BAD  image domains that cannot be used: zoo")


def test_when_the_setting_names_a_domain_that_is_not_there_then_that_is_bad(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_domain(domain(), principal=LOCAL_ANALYST)
    monkeypatch.setenv("WORKBENCH_IMAGE_DOMAIN", "farm")
    get_settings.cache_clear()

    assert told().startswith("BAD  WORKBENCH_IMAGE_DOMAIN names 'farm'")


def test_when_perfumes_lack_vectors_then_the_notebook_that_makes_them_is_named(home: Path) -> None:
    line = next(line for line in report()[0] if "perfumery" in line)

    assert line.startswith("note perfumery: ")
    assert "fragrance_prepare" in line
