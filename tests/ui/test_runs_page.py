"""The page of runs: the list, a new run, one run with its notebook, a rerun with changes, and two runs compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from streamlit.testing.v1 import AppTest

from app.ui.runs import outputs
from app.ui.runs.share import address
from app.ui.texts import all_texts
from core.jobs.job import Job, Plan
from core.jobs.notebooks.catalogue import list_notebooks
from core.jobs.process_groups import run_folder
from core.jobs.records import get_job, submit
from core.jobs.runs.listing import search_jobs
from core.jobs.states import add_event, change_state
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.database import utc_now, writing
from tests.jobs.conftest import PARAMETERS, write_notebook
from tests.ui.conftest import Opener, turn_to, visible_text

TABS, NOTEBOOK, RESULT = "run-tabs", 3, 2
HOSTILE = "<h3>own</h3><script>parent.stolen = 1</script>"
FAILING = 3  # position of the cell that fails


@pytest.fixture
def notebooks(home: Path, settings_from: Callable[..., object]) -> Path:
    """A folder with one notebook, whose parameters stand in two groups."""
    folder = home / "notebooks"
    lines = PARAMETERS.splitlines()
    grouped = "\n".join(["# search", *lines[:2], "# publishing", *lines[2:]])
    write_notebook(folder, "demo_work", "print('working')", parameters=grouped)
    settings_from(WORKBENCH_NOTEBOOKS_DIR=str(folder))
    return folder


def asked(plan: Plan | None = None, principal: Principal = LOCAL_ANALYST, **parameters: Any) -> Job:
    return submit("demo_work", parameters, principal=principal, plan=plan or Plan())


def end(job: Job, state: str, **values: Any) -> None:
    with writing() as connection:
        change_state(connection, job, "running", expected=("queued",), started_at=utc_now())
        assert change_state(connection, job, state, expected=("running",), **values)


def failed_run() -> Job:
    """A run that failed in its last cell and left a notebook with every kind of output."""
    job = asked()
    told = {"papermill": {"status": "completed", "duration": 1.5, "exception": False}}
    new = nbformat.v4
    shown = [
        new.new_output("stream", text="printed \x1b[31mred\x1b[0m"),
        new.new_output("display_data", data={"text/html": HOSTILE, "text/plain": "x"}),
        new.new_output(
            "display_data", data={"application/vnd.plotly.v1+json": {"data": [{"y": [1, 2]}], "layout": {}}}
        ),
    ]
    cells = [
        new.new_markdown_cell("# Demo\n\n![](http://elsewhere.example/pixel.png)"),
        new.new_code_cell("first = 1", metadata=told, outputs=shown),
        new.new_markdown_cell("## Ending"),
        new.new_code_cell(
            "fail()", metadata={"papermill": {"status": "failed", "exception": True}},
            outputs=[new.new_output("error", ename="ValueError", evalue="no", traceback=["\x1b[31mline 1\x1b[0m"])],
        ),
    ]  # fmt: skip
    run_folder(job.id).mkdir(parents=True)
    nbformat.write(new.new_notebook(cells=cells), run_folder(job.id) / "notebook.ipynb")
    error = {"key": "jobs.cell_failed", "details": {"cell": FAILING, "problem": "ValueError: no"}, "cell": FAILING}
    end(job, "failed", error=error)
    return get_job(job.id, principal=LOCAL_ANALYST)


def press(app: AppTest, key: str) -> AppTest:
    return next(one for one in app.button if one.key == key).click().run()


@pytest.mark.parametrize(("language", "words"), [("en", ("Search", "Publishing")), ("ko", ("탐색", "공개"))])
def test_when_a_new_run_is_begun_then_the_form_has_the_groups_of_the_notebook(
    notebooks: Path, open_page: Opener, language: str, words: tuple[str, str]
) -> None:
    app = open_page("runs", language, new="demo_work")

    assert not app.exception
    assert all(f"**{word}**" in visible_text(app) for word in words)
    assert [one.label for one in app.number_input][:2] == ["seconds [s]", "times [steps]"]


def test_when_a_run_is_started_then_it_is_queued_with_its_attempts_and_opens(
    notebooks: Path, open_page: Opener
) -> None:
    app = open_page("runs", new="demo_work")
    app.number_input(key="run-attempts").set_value(3).run()
    app.number_input(key="run-backoff").set_value(5.0).run()
    assert "5.0 s, 10.0 s" in visible_text(app)
    press(app, "start-run")

    (job,) = search_jobs(principal=LOCAL_ANALYST)
    assert app.query_params["run"] == job.id
    assert (job.most_attempts, job.backoff_s, job.changed_from) == (3, 5.0, None)


def test_when_the_same_values_are_started_again_then_it_is_the_same_run(notebooks: Path, open_page: Opener) -> None:
    app = open_page("runs", new="demo_work")
    press(app, "start-run")
    press(app, "run-back")
    press(app, "new-run")
    press(app, "start-run")

    assert not app.exception
    assert len(search_jobs(principal=LOCAL_ANALYST)) == 1


def test_when_a_notebook_is_broken_then_the_form_says_why(notebooks: Path, open_page: Opener) -> None:
    write_notebook(notebooks, "demo_broken", "1", parameters="epochs: int = five")

    text = visible_text(open_page("runs", new="1"))

    assert "demo\\_broken" in text


def test_when_a_notebook_is_shipped_then_its_form_speaks_both_languages() -> None:
    texts = all_texts()
    missing = []
    for notebook in list_notebooks():
        wanted = [f"notebook.{notebook.name}"]
        wanted += [f"parameter_group.{one.group.replace(' ', '_')}" for one in notebook.parameters if one.group]
        missing += [key for key in wanted if key not in texts]
        for one in notebook.parameters:
            for section, word in [
                ("parameter", one.name), ("parameter_help", one.name), *(("choice", each) for each in one.choices),
            ]:  # fmt: skip
                if not {f"{section}.{word}", f"{section}.{notebook.room}_{word}"} & set(texts):
                    missing.append(f"{section}.{word} of {notebook.name}")
    assert missing == []


def test_when_a_role_may_run_nothing_then_nothing_is_offered(notebooks: Path) -> None:
    from app.ui.runs.new_run import runnable

    assert runnable(Principal("guest", Role.GUEST)) == ()
    assert [one.name for one in runnable(LOCAL_ANALYST)] == ["demo_work"]


def test_when_a_run_is_changed_then_the_form_holds_its_values_and_tells_what_differs(
    notebooks: Path, open_page: Opener
) -> None:
    before = asked(times=7, word="published")
    app = open_page("runs", **{"from": before.id})
    assert "All values are those" in visible_text(app)

    next(one for one in app.number_input if one.label.startswith("times")).set_value(9).run()
    assert "~~7~~ → **9**" in visible_text(app)
    press(app, "start-run")

    changed = next(job for job in search_jobs(principal=LOCAL_ANALYST) if job.id != before.id)
    assert (changed.changed_from, changed.parameters["times"], changed.parameters["word"]) == (
        before.id, 9, "published",
    )  # fmt: skip


def test_when_a_run_goes_on_then_its_cells_and_the_output_of_the_running_one_are_shown(
    notebooks: Path, open_page: Opener
) -> None:
    job = asked()
    with writing() as connection:
        change_state(connection, job, "running", expected=("queued",), started_at=utc_now())
        for kind, payload in (
            ("cell", {"cell": 1, "of": 4, "code": "a"}),
            ("cell_end", {"cell": 1, "seconds": 0.2, "ok": True}),
            ("cell", {"cell": 2, "of": 4, "code": "b"}),
            ("log", {"cell": 2, "text": "half way"}),
            ("resources", {"memory_mb": 100.0, "processor_s": 1.0}),
            ("resources", {"memory_mb": 120.0, "processor_s": 2.0}),
        ):
            add_event(connection, job.id, job.owner, kind, payload)

    app = open_page("runs", run=job.id)

    assert not app.exception
    text = visible_text(app)
    assert "1 of 3 cells done" in text
    assert "running since" in text
    assert "half way" in [one.value for one in app.code]
    assert "Resources" in text


def test_when_a_run_failed_then_its_notebook_is_read_cell_by_cell_and_opens_at_the_failing_one(
    notebooks: Path, open_page: Opener
) -> None:
    app = open_page("runs", run=failed_run().id)
    press(app, "jump")

    assert not app.exception
    assert any("scrollIntoView" in str(one.proto) for one in app.get("html"))
    opened = {one.label.partition("]")[0]: one.proto.expanded for one in app.expander}
    assert (opened["[1"], opened[f"[{FAILING}"]) == (False, True)
    printed = [one.value for one in app.code]
    assert "printed red" in printed
    assert "line 1" in printed
    assert any("ValueError: no" in one.value for one in app.error)
    assert "elsewhere.example" not in [getattr(one, "value", "") for one in app.get("imgs")]
    assert len(app.get("plotly_chart")) == 1


def test_when_a_cell_put_out_html_then_it_lies_in_a_frame_that_may_do_nothing() -> None:
    page = outputs.caged(HOSTILE)

    assert 'sandbox=""' in page
    assert "default-src 'none'" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_when_a_run_has_a_result_then_its_values_are_readable(notebooks: Path, open_page: Opener) -> None:
    job = asked()
    end(job, "succeeded", result={"published": True, "metrics": {"auc": 0.75}, "clusters": [{"name": "a", "size": 3}]})
    app = open_page("runs", run=job.id)
    turn_to(app, TABS, RESULT)

    assert not app.exception
    tables = json.dumps([one.value.to_dict() for one in app.table], default=str)
    assert "Published" in tables
    assert "0.75" in tables
    assert "Clusters" in visible_text(app)


def test_when_a_job_is_tried_again_then_its_attempts_are_linked_and_the_next_one_is_announced(
    notebooks: Path, open_page: Opener
) -> None:
    job = asked(Plan(most_attempts=2, backoff_s=600.0))
    end(job, "failed", error={"key": "jobs.runner_lost", "details": {}})

    app = open_page("runs", run=job.id)

    assert not app.exception
    assert "Attempt 2 begins at" in app.info[0].value
    assert any("2 · Queued" in getattr(one, "label", "") for one in app.get("page_link"))


def test_when_two_runs_are_opened_together_then_what_differs_stands_first(notebooks: Path, open_page: Opener) -> None:
    left, right = asked(times=2), asked(times=5)
    end(left, "succeeded", result={"metrics": {"auc": 0.5}})
    end(right, "succeeded", result={"metrics": {"auc": 0.6}})

    app = open_page("runs", run=left.id, **{"with": right.id})

    assert not app.exception
    parameters, figures = (one.value for one in app.dataframe[:2])
    assert list(parameters.iloc[0])[:4] == ["≠", "times", "2", "5"]
    auc = next(row for row in figures.to_dict("records") if "AUC" in row["name"])
    assert (auc["difference"], auc["relative"]) == ("+0.1", "+20.00%")


def test_when_the_list_is_narrowed_to_nothing_then_it_says_so(notebooks: Path, open_page: Opener) -> None:
    asked()
    app = open_page("runs")
    assert "1 runs" in visible_text(app)
    app.selectbox(key="run-state").set_value("lost").run()

    assert not app.exception
    assert "No run matches" in app.info[0].value


def test_when_others_have_runs_then_only_who_sees_everything_may_choose_an_owner(
    notebooks: Path, open_page: Opener
) -> None:
    asked()
    assert not any(one.key == "run-owner" for one in open_page("runs").selectbox)
    asked(principal=Principal("ben", Role.ANALYST, "ben"))
    assert any(one.key == "run-owner" for one in open_page("runs").selectbox)


def test_when_there_are_more_runs_than_a_page_holds_then_the_others_are_a_page_further(
    notebooks: Path, open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.ui.runs import run_list

    monkeypatch.setattr(run_list, "PAGE", 2)
    jobs = [asked() for _ in range(3)]
    for job in jobs:
        end(job, "succeeded")
    app = open_page("runs")
    first = [row["run"] for row in app.dataframe[0].value.to_dict("records")]
    app.session_state["run-pages"] = 2
    app.run()

    second = [row["run"] for row in app.dataframe[0].value.to_dict("records")]
    assert (len(first), len(second)) == (2, 1)
    assert {*first, *second} == {job.id[:8] for job in jobs}


def test_when_the_settings_name_the_public_address_then_shared_links_begin_with_it(
    home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_PUBLIC_URL="https://bench.example.org")

    assert address(run="a", **{"with": "b"}) == "https://bench.example.org/runs?run=a&with=b"
