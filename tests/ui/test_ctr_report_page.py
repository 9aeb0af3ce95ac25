"""The CTR report page: every tab draws, its digits are those of the facts, and money follows its inputs."""

from __future__ import annotations

import pytest

from app.ui import texts
from app.ui.ctr_report import money_views, pdf_views, summary_views
from app.ui.ctr_training import train_form
from core.ctr.reporting.fact_text import fact_text
from core.ctr.reporting.report_facts import facts_of
from core.ctr.runs import ROOM, SLOT, report_of
from core.jobs.records import list_jobs, submit
from core.security.policy import LOCAL_ANALYST
from core.storage import champions
from tests.ctr_runs import PRICES, make_finished_run
from tests.ui.conftest import Opener, turn_to, visible_text

REPORT_TABS = "ctr-report-tabs"
REPORT_TAB_COUNT, ONE_IMPRESSION, PUBLICATIONS = 10, 4, 9


@pytest.mark.parametrize("language", ["ko", "en"])
def test_when_a_run_has_finished_then_every_tab_of_its_report_draws(
    open_page: Opener, finished_ctr_run: str, language: str
) -> None:
    app = open_page("ctr_report", language)
    # The tab with a list of translated entries comes last: AppTest sends back what it reads in its own language.
    for place in sorted(range(REPORT_TAB_COUNT), key=lambda place: place == ONE_IMPRESSION):
        turn_to(app, REPORT_TABS, place)
        assert not app.exception, place
        assert not app.error, place


def test_when_a_report_opens_then_its_figures_have_the_digits_of_the_facts(
    open_page: Opener, finished_ctr_run: str
) -> None:
    facts = facts_of(report_of(finished_ctr_run, principal=LOCAL_ANALYST))
    app = open_page("ctr_report", run=finished_ctr_run)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["AUC"] == fact_text(facts["score.auc"], "en", interval=False)
    assert shown["Average precision"] == fact_text(facts["score.average_precision"], "en", interval=False)


def test_when_the_data_is_synthetic_then_the_report_says_so_on_every_tab(
    open_page: Opener, finished_ctr_run: str
) -> None:
    app = open_page("ctr_report", run=finished_ctr_run)
    turn_to(app, REPORT_TABS, 5)
    assert "Synthetic data" in visible_text(app)


def test_when_there_is_no_signal_then_that_is_the_first_thing_said(open_page: Opener, home) -> None:
    run_id = make_finished_run(models="constant")
    app = open_page("ctr_report", run=run_id)
    assert app.error[0].value.startswith("No usable signal")


def test_when_a_price_changes_then_the_money_follows_and_undo_brings_back_the_runs_own(
    open_page: Opener, finished_ctr_run: str
) -> None:
    app = open_page("ctr_report", run=finished_ctr_run)
    turn_to(app, REPORT_TABS, 5)
    before = {metric.label: metric.value for metric in app.metric}
    price = next(one for one in app.number_input if one.label == "Value per click")
    assert price.value == PRICES["value_per_click"]
    price.set_value(20.0)
    app.run()
    changed = {metric.label: metric.value for metric in app.metric}
    assert changed["Break-even probability"] == "0.50 %"
    assert changed["Expected profit"] != before["Expected profit"]
    assert changed["AUC"] == before["AUC"]
    app.button(key="ctr-money-undo").click()
    app.run()
    assert {metric.label: metric.value for metric in app.metric} == before


def test_when_a_run_states_no_prices_then_no_figure_of_money_is_made_up(open_page: Opener, home) -> None:
    run_id = make_finished_run(models="constant", value_per_click=0.0, cost_per_impression=0.0)
    app = open_page("ctr_report", run=run_id)
    turn_to(app, REPORT_TABS, 5)
    assert not app.exception
    assert "State the value of a click" in app.info[0].value
    assert "Expected profit" not in {metric.label for metric in app.metric}


def test_when_a_cell_is_changed_then_the_prediction_before_and_after_show(
    open_page: Opener, finished_ctr_run: str
) -> None:
    app = open_page("ctr_report", run=finished_ctr_run)
    turn_to(app, REPORT_TABS, ONE_IMPRESSION)
    assert "After" not in {metric.label for metric in app.metric}
    cell = next(one for one in app.text_input if one.label != "seq")
    cell.set_value("")
    app.run()
    assert not app.exception
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Before"] == shown["Predicted click rate"] != shown["After"]


def test_when_a_run_is_not_explained_then_the_button_queues_its_explanation_once(
    open_page: Opener, finished_ctr_run: str
) -> None:
    app = open_page("ctr_report", run=finished_ctr_run)
    turn_to(app, REPORT_TABS, 3)
    app.button(key="ctr-explain").click()
    app.run()
    assert not app.exception
    [job] = [job for job in list_jobs(principal=LOCAL_ANALYST) if job.notebook == "ctr_explain"]
    assert job.parameters["run_id"] == finished_ctr_run
    assert "The explanation is being computed" in app.info[0].value


def test_when_a_run_is_unknown_or_unfinished_then_one_sentence_says_so(open_page: Opener) -> None:
    unknown = open_page("ctr_report", run="no-such-run")
    assert "no-such-run" in unknown.error[0].value
    waiting = open_page("ctr_report", run=submit("ctr_train", {}, principal=LOCAL_ANALYST).id)
    assert not waiting.exception
    assert waiting.error


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("ctr_group", train_form.GROUPS),
        ("channel", train_form.CHANNELS),
        ("ctr_money", money_views.MONEY),
        ("ctr_cut", money_views.CUT),
        ("ctr_price_help", money_views.PRICE_NAMES),
        ("ctr_section", pdf_views.SECTIONS),
        ("priority", summary_views.PRIORITIES),
    ],
)
def test_when_a_set_of_values_is_closed_then_each_has_a_name(section: str, values: list[str]) -> None:
    assert {f"{section}.{value}" for value in values} - set(texts.all_texts()) == set()


def test_when_a_model_was_held_back_then_one_press_publishes_it_and_another_goes_back(open_page: Opener, home) -> None:
    first = make_finished_run()
    challenger = make_finished_run(publish=False)
    assert (champions.current(ROOM, SLOT) or pytest.fail()).run_id == first

    app = open_page("ctr_report", run=challenger)
    app.button(key="promote").click()
    app.run()
    newest = champions.history(ROOM, SLOT)
    assert [row.run_id for row in newest] == [challenger, first]
    assert newest[0].why
    assert not [button for button in app.button if button.key == "promote"]

    turn_to(app, REPORT_TABS, PUBLICATIONS)
    app.button(key=f"ctr-serve-again-{newest[1].id}").click()
    app.run()
    assert not app.error
    assert [row.run_id for row in champions.history(ROOM, SLOT)] == [first, challenger, first]
