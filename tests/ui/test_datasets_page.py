"""The datasets page: what is dropped is read, mapped, checked, and trained on only when nothing stands in the way."""

from __future__ import annotations

import io
from collections.abc import Callable

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.customers.samples import make_customers
from core.customers.schema import CUSTOMER_SCHEMA
from core.datasets.records import Dataset, get_dataset, list_datasets, open_findings, save_dataset
from core.datasets.uploads import uploaded_from_frame
from core.jobs.records import list_jobs
from core.security.policy import LOCAL_ANALYST
from tests.ui.conftest import Opener, visible_text


@pytest.fixture
def small() -> pl.DataFrame:
    return make_customers(rows=200)[0]


def stored(frame: pl.DataFrame) -> Dataset:
    table = uploaded_from_frame(frame)
    return save_dataset(table, name="customers", room="customers", principal=LOCAL_ANALYST, schema=CUSTOMER_SCHEMA)


def drop(app: AppTest, name: str, content: bytes) -> None:
    app.file_uploader[0].upload(name, content)
    app.run()


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click()
    app.run()


def test_when_renamed_headers_are_dropped_then_they_are_suggested_and_the_file_is_stored(
    open_page: Opener, small: pl.DataFrame
) -> None:
    renamed = small.rename({"Age": "나이", "Purchase Amount (USD)": "purchase_amount"})
    app = open_page("datasets")
    drop(app, "customers.csv", renamed.write_csv().encode())
    assert not app.exception
    assert [box.value for box in app.selectbox[:2]] == ["나이", "purchase_amount"]
    press(app, "dataset-save")
    assert not app.exception
    saved = list_datasets(principal=LOCAL_ANALYST)
    assert [one.rows for one in saved] == [200]
    assert "Age" in saved[0].columns


def test_when_a_workbook_has_three_sheets_then_one_can_be_chosen(open_page: Opener, small: pl.DataFrame) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "Notes, old"
    book.active.append(["remark"])
    book.active.append(["nothing here"])
    sheet = book.create_sheet("Customers")
    sheet.append(small.columns)
    for row in small.iter_rows():
        sheet.append(row)
    book.create_sheet("Empty")
    content = io.BytesIO()
    book.save(content)
    app = open_page("datasets")
    drop(app, "customers.xlsx", content.getvalue())
    choice = next(box for box in app.selectbox if "Sheet" in box.label)
    assert choice.options == ["Notes, old", "Customers", "Empty"]
    choice.set_value("Customers")
    app.run()
    assert not app.exception
    assert "200 rows" in visible_text(app)


def test_when_a_blocking_finding_is_open_then_training_waits_until_it_is_accepted(
    open_page: Opener, small: pl.DataFrame
) -> None:
    dataset = stored(small.drop("Age"))
    assert open_findings(dataset)
    app = open_page("datasets", dataset=dataset.id)
    assert app.button(key="dataset-train").disabled
    app.text_area(key="reason-0").set_value("ages are bought in later")
    next(button for button in app.button if button.label == "Accept with this reason").click()
    app.run()
    assert not app.exception
    assert not open_findings(get_dataset(dataset.id, principal=LOCAL_ANALYST))
    assert not app.button(key="dataset-train").disabled


def test_when_a_finding_is_accepted_without_a_reason_then_it_stays_open(open_page: Opener, small: pl.DataFrame) -> None:
    dataset = stored(small.drop("Age"))
    app = open_page("datasets", dataset=dataset.id)
    next(button for button in app.button if button.label == "Accept with this reason").click()
    app.run()
    assert app.error
    assert open_findings(get_dataset(dataset.id, principal=LOCAL_ANALYST))


def test_when_training_is_started_from_a_dataset_then_a_job_for_it_is_queued(
    open_page: Opener, small: pl.DataFrame
) -> None:
    dataset = stored(small)
    app = open_page("datasets", dataset=dataset.id)
    press(app, "dataset-train")
    assert not app.exception
    assert [job.parameters["dataset_id"] for job in list_jobs(principal=LOCAL_ANALYST)] == [dataset.id]


def test_when_two_datasets_are_trained_on_from_here_then_two_jobs_are_queued(open_page: Opener) -> None:
    wanted = [stored(make_customers(rows=200, seed=seed)[0]).id for seed in (1, 2)]
    app = open_page("datasets")
    for dataset_id in wanted:
        app.query_params["dataset"] = dataset_id
        app.switch_page("../pages/datasets.py")
        app.run()
        press(app, "dataset-train")
        assert not app.exception
    assert {job.parameters["dataset_id"] for job in list_jobs(principal=LOCAL_ANALYST)} == set(wanted)


def test_when_deletion_is_confirmed_then_the_dataset_is_gone(open_page: Opener, small: pl.DataFrame) -> None:
    dataset = stored(small)
    app = open_page("datasets", dataset=dataset.id)
    press(app, "dataset-delete")
    assert not app.exception
    assert list_datasets(principal=LOCAL_ANALYST) == ()


@pytest.mark.parametrize("tab", ["Profile", "Data dictionary"])
def test_when_a_tab_of_a_dataset_opens_then_it_draws_without_an_error(
    open_page: Opener, small: pl.DataFrame, tab: str
) -> None:
    app = open_page("datasets", dataset=stored(small).id)
    app.session_state["dataset-tabs"] = tab
    app.run()
    assert not app.exception
    assert not app.error


def test_when_a_file_is_as_large_as_the_api_would_take_then_the_page_takes_it_too(
    open_page: Opener, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_UPLOAD_LIMIT_MB="1")
    line = b"x" * 99 + b"\n"
    app = open_page("datasets")
    drop(app, "large.csv", b"note\n" + line * 10_300)
    assert not app.exception
    assert not app.error
    assert "10,300 rows" in visible_text(app)
    drop(app, "larger.csv", b"note\n" + line * 10_600)
    assert "limit of 1 MB" in app.error[0].value


def test_when_a_file_cannot_be_read_then_one_sentence_says_why_and_nothing_is_stored(open_page: Opener) -> None:
    app = open_page("datasets", "ko")
    drop(app, "broken.csv", b"a,b\n1,2,3,4\n5\n")
    assert not app.exception
    assert "broken.csv" in app.error[0].value
    assert list_datasets(principal=LOCAL_ANALYST) == ()
