"""The page of chains: what there is, starting one, its steps as they come to be, stopping and going on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.jobs.chains import chain_runs
from core.jobs.chains.records import list_chain_runs
from core.security.policy import LOCAL_ANALYST
from tests.jobs import chain_homes
from tests.jobs.chain_homes import THREE, end_all, end_step, started, write_chain
from tests.ui.conftest import Opener, visible_text


@pytest.fixture
def chained(home: Path, settings_from: Callable[..., object]) -> Path:
    folder = home / "notebooks"
    folder.mkdir()
    chain_homes.fill(folder)
    settings_from(WORKBENCH_NOTEBOOKS_DIR=str(folder))
    return folder


def test_when_the_page_opens_then_every_chain_is_told_and_a_broken_file_says_why(
    chained: Path, open_page: Opener
) -> None:
    write_chain(chained, "broken", THREE.replace("demo_data", "demo_gone"))
    app = open_page("chains")

    text = visible_text(app)
    assert not app.exception
    assert "Three steps in a row." in text
    assert "demo data → demo after → demo after" in text
    assert "demo\\_gone" in text
    assert "No chain has been run yet" in text


def test_when_the_form_is_sent_then_a_run_begins_with_its_values(chained: Path, open_page: Opener) -> None:
    app = open_page("chains", chain="three")
    assert [one.label for one in app.toggle] == ["Run everything anew"]

    app.button(key="chain-start").click().run()

    (run,) = list_chain_runs(principal=LOCAL_ANALYST)
    assert (run.chain, run.is_fresh, run.parameters["word"]) == ("three", False, "done")
    assert not app.exception


def test_when_a_run_is_open_then_each_step_tells_its_state_and_leads_to_its_run(
    chained: Path, open_page: Opener
) -> None:
    first = end_all(started())
    reused = open_page("chains", chain_run=started().id)
    changed = started(parameters={"word": "published"})
    end_step(changed, "middle", "failed")
    failed = open_page("chains", "ko", chain_run=changed.id)

    assert visible_text(reused).count("Nothing changed; the result of") == 3
    links = [one.proto.query_string for one in reused.get("page_link") if "Open the earlier run" in one.proto.label]
    assert [step.job_id in link for step, link in zip(first.steps, links, strict=True)] == [True] * 3
    text = visible_text(failed)
    assert "필요한 단계가 끝나지 못해 건너뛰었습니다." in text
    assert "이어서 실행" in text
    assert not failed.exception


def test_when_a_run_is_stopped_and_taken_up_again_then_its_buttons_do_it(chained: Path, open_page: Opener) -> None:
    run = started()
    app = open_page("chains", chain_run=run.id)

    app.button(key="chain-stop").click().run()
    assert chain_homes.now(run).state == "cancelled"
    app.button(key="chain-retry").click().run()

    assert chain_homes.now(run).state == "running"
    chain_runs.advance()
    assert chain_homes.states(run)["first"] == "running"


def test_when_a_run_is_unknown_then_the_page_says_so(chained: Path, open_page: Opener) -> None:
    app = open_page("chains", chain_run="nothing")

    assert "There is no run 'nothing' of a chain" in visible_text(app)
    assert not app.exception
