"""The CTR training page: bring impressions, pass the gate, train, watch, and compare."""

from __future__ import annotations

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from app.ui import texts
from app.ui.ctr_training import live, train_form
from core.ctr.data.datasets import store_impressions
from core.datasets.records import Dataset, list_datasets, open_findings
from core.datasets.uploads import uploaded_from_frame
from core.jobs.job import JobEvent
from core.jobs.notebooks.catalogue import describe
from core.jobs.records import list_jobs, submit
from core.jobs.states import change_state
from core.security.policy import LOCAL_ANALYST
from core.storage.database import utc_now, writing
from tests.ctr_runs import impressions, make_finished_run
from tests.ui.conftest import Opener, turn_to, visible_text

TRAINING_TABS = "ctr-training-tabs"


@pytest.fixture
def small() -> pl.DataFrame:
    return impressions()[0].head(300)


def stored(frame: pl.DataFrame, **options: str) -> Dataset:
    return store_impressions(uploaded_from_frame(frame), name="small", principal=LOCAL_ANALYST, **options)


def drop(app: AppTest, name: str, frame: pl.DataFrame) -> None:
    app.file_uploader[0].upload(name, frame.write_csv().encode())
    app.run()


def start(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Start training").click()
    app.run()


def trainings() -> list:
    return [job for job in list_jobs(principal=LOCAL_ANALYST) if job.notebook == "ctr_train"]


def test_when_the_119_columns_are_dropped_then_they_are_recognised_and_the_gate_speaks(
    open_page: Opener, small: pl.DataFrame
) -> None:
    app = open_page("ctr_training")
    drop(app, "clicks.csv", small.rename({"clicked": "click"}))
    assert not app.exception
    assert "119 of the 119 known columns recognised" in visible_text(app)
    app.button(key="ctr-save").click()
    app.run()
    assert not app.exception
    [dataset] = list_datasets(principal=LOCAL_ANALYST, room="ctr")
    assert (dataset.rows, dataset.target) == (300, "clicked")
    assert "What the gate found" in visible_text(app)


def test_when_another_table_is_dropped_then_target_and_click_value_are_asked_for(open_page: Opener) -> None:
    app = open_page("ctr_training")
    words = [">50K" if row % 4 == 0 else "<=50K" for row in range(200)]
    drop(app, "people.csv", pl.DataFrame({"age": range(200), "job": ["a", "b"] * 100, "income": words}))
    assert "Not the 119-column layout" in visible_text(app)
    target = next(box for box in app.selectbox if box.label == "Target column")
    assert target.value is None
    target.set_value("income")
    app.run()
    assert next(box for box in app.selectbox if box.label == "Value that is a click").value == ">50K"
    app.button(key="ctr-save").click()
    app.run()
    assert not app.exception
    [dataset] = list_datasets(principal=LOCAL_ANALYST, room="ctr")
    assert dataset.target == "income"
    assert not [one for one in open_findings(dataset) if one.code == "ctr.target_values"]
    turn_to(app, TRAINING_TABS, 1)
    start(app)
    assert [(job.parameters["target"], job.parameters["positive"]) for job in trainings()] == [("income", ">50K")]


def test_when_a_target_has_twelve_words_then_each_of_them_can_be_chosen_while_training(open_page: Opener) -> None:
    words = [f"plan {place:02}" for place in range(12) for _ in range(40 - place)]
    frame = pl.DataFrame({"age": [place % 70 for place in range(len(words))], "plan": words})
    dataset = stored(frame, target="plan", positive="plan 10")
    app = open_page("ctr_training", dataset=dataset.id)
    turn_to(app, TRAINING_TABS, 1)
    choice = next(box for box in app.selectbox if box.label == "Value that is a click")
    assert (len(choice.options), choice.value) == (12, None)
    choice.set_value("plan 10")
    app.run()
    start(app)
    assert [job.parameters["positive"] for job in trainings()] == ["plan 10"]


def test_when_no_model_is_picked_then_one_sentence_says_so_and_nothing_is_queued(
    open_page: Opener, small: pl.DataFrame
) -> None:
    app = open_page("ctr_training", dataset=stored(small).id)
    turn_to(app, TRAINING_TABS, 1)
    app.multiselect(key="ctr:models").set_value([])
    start(app)
    assert "order_logistic" in app.error[0].value
    assert trainings() == []


def test_when_a_blocking_finding_is_open_then_training_says_so_and_nothing_is_queued(
    open_page: Opener, small: pl.DataFrame
) -> None:
    dataset = stored(small.with_columns(clicked=pl.lit(0)))
    app = open_page("ctr_training", dataset=dataset.id)
    turn_to(app, TRAINING_TABS, 1)
    start(app)
    assert "small" in app.error[0].value
    assert trainings() == []


def test_when_start_is_pressed_twice_then_one_training_is_queued_and_other_settings_queue_another(
    open_page: Opener, small: pl.DataFrame
) -> None:
    app = open_page("ctr_training", dataset=stored(small).id)
    turn_to(app, TRAINING_TABS, 1)
    start(app)
    start(app)
    assert len(trainings()) == 1
    app.number_input(key="ctr:epochs").set_value(2)
    start(app)
    assert not app.exception
    assert [job.parameters["epochs"] for job in trainings()] == [2, 10]
    assert visible_text(app).count("**Train click models**") == 2


def test_when_training_is_started_from_stored_impressions_then_the_form_opens_and_no_clusters_are_trained(
    open_page: Opener, small: pl.DataFrame
) -> None:
    app = open_page("datasets", dataset=stored(small).id)
    assert app.button(key="dataset-train").label == "Train click models on this data"
    app.button(key="dataset-train").click()
    app.run()
    assert not app.exception
    assert app.title[0].value == "CTR training"
    assert list_jobs(principal=LOCAL_ANALYST) == ()


def test_when_models_and_notifications_are_chosen_then_the_job_holds_them(
    open_page: Opener, small: pl.DataFrame
) -> None:
    app = open_page("ctr_training", dataset=stored(small).id)
    turn_to(app, TRAINING_TABS, 1)
    app.multiselect(key="ctr:models").set_value(["lstm", "blend"])
    told = next(group for group in app.get("button_group") if group.label == "Tell me when it ends")
    told.set_value(["email", "push"])
    start(app)
    [job] = trainings()
    assert (job.parameters["models"], job.parameters["notifications"]) == ("lstm,blend", "email,push")


def test_when_a_training_runs_then_batch_curves_and_log_are_on_the_page(open_page: Opener) -> None:
    from core.jobs.states import add_event

    job = submit("ctr_train", {}, principal=LOCAL_ANALYST)
    epoch = {"epoch": 1, "epochs": 3, "train_loss": 0.31, "val_loss": 0.3, "auc": 0.61, "average_precision": 0.1}
    batch = {"epoch": 2, "epochs": 3, "batch": 4, "batches": 9, "train_loss": 0.25}
    with writing() as connection:
        change_state(connection, job, "running", expected=("queued",), started_at=utc_now())
        for payload in (epoch, batch):
            add_event(connection, job.id, job.owner, "progress", {"step": "lstm", "fraction": 0.5, **payload})
        add_event(connection, job.id, job.owner, "log", {"cell": 3, "text": "reading rows"})
    app = open_page("ctr_training")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 2
    assert "reading rows" in app.code[0].value
    assert any("batch 4 of 9" in str(one.proto) for one in app.get("progress"))


def test_when_an_epoch_ends_then_its_batch_is_over_and_a_repeated_epoch_replaces_the_first() -> None:
    story = live.Story()
    figures = [
        {"epoch": 1, "batch": 1, "batches": 2, "train_loss": 0.5},
        {"epoch": 1, "val_loss": 0.4},
        {"epoch": 1, "val_loss": 0.3},
    ]
    events = [JobEvent(place, "job", utc_now(), "progress", one) for place, one in enumerate(figures, 1)]
    story.take(events[:1])
    assert story.batch is not None
    story.take(events[1:])
    assert (story.batch, story.last) == (None, 3)
    assert [one["val_loss"] for one in story.epochs] == [0.3]


def test_when_the_notebook_declares_a_parameter_then_the_form_has_a_place_for_it() -> None:
    declared = {one.name for one in describe("ctr_train").parameters}
    placed = {name for names in train_form.GROUPS.values() for name in names}
    assert declared - set(train_form.CHOSEN_ABOVE) == placed
    known = set(texts.all_texts())
    assert {f"parameter.{name}" for name in placed} <= known


@pytest.mark.parametrize("tab", range(4))
def test_when_a_run_has_finished_then_every_tab_of_the_training_page_draws(
    open_page: Opener, finished_ctr_run: str, tab: int
) -> None:
    app = open_page("ctr_training")
    turn_to(app, TRAINING_TABS, tab)
    assert not app.exception
    assert not app.error


def test_when_two_runs_have_finished_then_scores_and_changed_parameters_stand_side_by_side(
    open_page: Opener, finished_ctr_run: str
) -> None:
    make_finished_run(models="constant", experiment_name="other")
    app = open_page("ctr_training")
    turn_to(app, TRAINING_TABS, 3)
    assert not app.exception
    scores, parameters = (frame.value for frame in app.dataframe)
    assert "95 %" in scores["First"].iloc[1]
    assert set(parameters["Parameter"]) == {"Candidates", "Experiment name"}
