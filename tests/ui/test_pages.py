"""Every page opens in both languages: in an empty home, and with a trained sample champion."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.ui import navigation
from core.customers import publishing, training
from core.jobs.job import Job
from core.jobs.records import list_jobs, submit
from core.jobs.states import change_state
from core.security.policy import LOCAL_ANALYST
from core.storage.database import utc_now, writing
from tests.conftest import bring_home, keep_home
from tests.ui.conftest import Opener, visible_text

PAGES = [page.name for page in navigation.PAGES]
TITLES = {
    "overview": ("개요", "Overview"),
    "datasets": ("데이터셋", "Datasets"),
    "customer_clusters": ("고객 군집", "Customer clusters"),
    "customer_lookup": ("고객 조회", "Customer lookup"),
    "ctr_training": ("CTR 학습", "CTR training"),
    "ctr_report": ("CTR 보고서", "CTR report"),
    "ctr_monitoring": ("CTR 모니터링", "CTR monitoring"),
    "image_matching": ("이미지 판정", "Match images"),
    "image_domains": ("이미지 도메인", "Image domains"),
    "chat": ("대화", "Chat"),
    "knowledge": ("문서", "Documents"),
    "evaluation": ("답변 평가", "Answer quality"),
    "fragrance_studio": ("조향 스튜디오", "Studio"),
    "fragrance_search": ("향수 검색", "Find perfumes"),
    "fragrance_catalogue": ("원료와 한도", "Materials and limits"),
    "runs": ("실행 기록", "Runs"),
    "schedules": ("예약", "Schedules"),
    "chains": ("체인", "Chains"),
    "account": ("내 계정", "My account"),
    "accounts": ("계정", "Accounts"),
    "audit": ("감사 기록", "Audit log"),
    "operations": ("운영 현황", "Operations"),
}
FIRST_STEPS = {
    "overview": "No model is published yet",
    "datasets": "No datasets yet",
    "customer_clusters": "No clusters are published yet",
    "customer_lookup": "There is no model to ask yet",
    "ctr_training": "No impressions yet",
    "ctr_report": "There is no report yet",
    "ctr_monitoring": "There is no model to watch yet",
    "image_matching": "No domain has been built yet",
    "image_domains": "No domains yet",
    "chat": "There are no documents to ask yet",
    "knowledge": "No collections yet",
    "evaluation": "Nothing was evaluated yet",
    "fragrance_studio": "Nothing has been composed yet",
    "fragrance_search": "There are no perfumes yet",
    "fragrance_catalogue": "Choose a material",
    "runs": "Nothing has been run yet",
    "schedules": "Nothing is scheduled yet",
    "chains": "Retrain the click model",  # the chains that are shipped
    "account": "You are not signed in",
    "accounts": "No accounts yet",
    "audit": "Nothing has been done yet",
    "operations": "Free disk",  # there is always something to see
}


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that needs a trained model leaves a copy for the others."""
    return tmp_path_factory.mktemp("trained") / "home"


@pytest.fixture
def trained(home: Path, trained_home: Path) -> Job:
    """A finished job whose result is published, as the notebook leaves it."""
    if not trained_home.exists():
        _train()
        keep_home(home, trained_home)
    else:
        bring_home(trained_home, home)
    return list_jobs(principal=LOCAL_ANALYST)[0]


def _train() -> None:
    """What the notebook does, with few repeats."""
    job = submit("customers_train_clusters", {}, principal=LOCAL_ANALYST)
    data = training.load_customers("", principal=LOCAL_ANALYST)
    trainings = training.train(data, mode="evidence", k_min=5, k_max=5, seed=0, resamples=3)
    stored = [
        publishing.store(one, run_id=job.id, principal=LOCAL_ANALYST, publish=True, reason="a test of pages")
        for one in trainings
    ]
    result = publishing.result_of(trainings, stored)
    with writing() as connection:
        change_state(connection, job, "running", expected=("queued",), started_at=utc_now())
        change_state(connection, job, "succeeded", expected=("running",), fraction=1.0, result=result)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_when_nothing_is_stored_then_each_page_opens_in_each_language_and_says_what_to_do_first(
    open_page: Opener, page: str, language: str
) -> None:
    app = open_page(page, language)
    assert not app.exception
    assert app.title[0].value == TITLES[page][language == "en"]
    assert language == "ko" or FIRST_STEPS[page] in visible_text(app)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_when_a_sample_model_is_published_then_each_page_opens_without_an_error(
    open_page: Opener, trained: Job, page: str, language: str
) -> None:
    app = open_page(page, language)
    assert not app.exception
    assert not app.error
    assert app.title[0].value == TITLES[page][language == "en"]


def test_when_the_model_comes_from_sample_data_then_the_overview_calls_it_synthetic(
    open_page: Opener, trained: Job
) -> None:
    assert "Synthetic sample data" in visible_text(open_page("overview"))


@pytest.mark.parametrize("tab", range(6))
def test_when_a_tab_of_the_clusters_page_opens_then_it_draws_without_an_error(
    open_page: Opener, trained: Job, tab: int
) -> None:
    app = open_page("customer_clusters")
    labels = [one.label for one in app.tabs]
    app.session_state["cluster-tabs"] = labels[tab]
    app.run()
    assert not app.exception
    assert not app.error


def test_when_a_customer_is_looked_up_then_cluster_reasons_and_runner_up_show(open_page: Opener, trained: Job) -> None:
    app = open_page("customer_lookup")
    app.number_input(key="lookup-age").set_value(26)
    app.number_input(key="lookup-amount").set_value(34.0)
    app.selectbox(key="lookup-frequency").set_value("Weekly")
    app.button[0].click()
    app.run()
    text = visible_text(app)
    assert not app.exception
    assert "Why this cluster?" in text
    assert "Second nearest" in text
    assert not app.warning


def test_when_a_customer_is_unlike_the_training_data_then_a_warning_names_the_field(
    open_page: Opener, trained: Job
) -> None:
    app = open_page("customer_lookup")
    app.number_input(key="lookup-age").set_value(119)
    app.button[0].click()
    app.run()
    assert "Outside what the training data held" in app.warning[0].value


def test_when_a_run_is_linked_then_its_story_opens(open_page: Opener, trained: Job) -> None:
    app = open_page("runs", run=trained.id)
    assert not app.exception
    assert trained.id[:8] in visible_text(app)


def test_when_a_run_is_unknown_then_one_sentence_says_so(open_page: Opener) -> None:
    app = open_page("runs", "ko", run="no-such-run")
    assert not app.exception
    assert "no-such-run" in app.error[0].value
    assert "없거나" in app.error[0].value


def test_when_training_is_asked_for_twice_in_one_form_then_one_job_is_queued(open_page: Opener) -> None:
    app = open_page("customer_clusters")
    start = next(button for button in app.button if "Start training" in button.label)
    start.click()
    app.run()
    again = next(button for button in app.button if "Start training" in button.label)
    again.click()
    app.run()
    assert not app.exception
    assert len(list_jobs(principal=LOCAL_ANALYST)) == 1


def test_when_a_job_waits_then_the_overview_shows_it_after_a_fresh_visit(open_page: Opener) -> None:
    submit("customers_train_clusters", {}, principal=LOCAL_ANALYST)
    app = open_page("overview")
    assert "Train customer clusters" in visible_text(app)
    assert any("Stop" in button.label for button in app.button)
