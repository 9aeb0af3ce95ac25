"""Questions about the domains, answered from their files."""

from __future__ import annotations

from pathlib import Path

from core.images import facts
from core.images.domains import open_domain
from core.security.policy import LOCAL_ANALYST
from tests.image_runs import DOMAIN, built_domain_in


def test_when_a_domain_is_named_then_its_thresholds_are_told_with_the_run(home: Path) -> None:
    run_id = built_domain_in(home)
    rule = open_domain(DOMAIN, principal=LOCAL_ANALYST).rule

    told = facts.thresholds(f"What is the value of tau1 in {DOMAIN}?", "en", LOCAL_ANALYST)

    assert told is not None
    assert told.run_ids == (run_id,)
    assert f"{rule.tau1:.3f}" in told.text
    assert facts.thresholds("What is the value of tau1?", "en", LOCAL_ANALYST) is None


def test_when_domains_are_counted_then_those_that_are_built_count(home: Path) -> None:
    run_id = built_domain_in(home)

    told = facts.domain_list("이미지 도메인은 몇 개인가요?", "ko", LOCAL_ANALYST)

    assert told is not None
    assert (told.figures["domains"], told.run_ids) == (1, (run_id,))
    assert [one.title for one in facts.FINDINGS.findings("en")] == [f"Image domain {DOMAIN}"]


def test_when_there_are_none_then_that_is_said(home: Path) -> None:
    told = facts.domain_list("이미지 도메인은 몇 개인가요?", "ko", LOCAL_ANALYST)

    assert told is not None
    assert told.figures == {}
