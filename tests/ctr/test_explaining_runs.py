"""Explaining a finished training by its id: its model, its rows, and only for those who may see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.ctr import runs
from core.ctr.explaining import of_run
from core.ctr.explaining.local import make_explainer
from core.ctr.explaining.what_if import what_if
from core.errors import NotFound
from core.resilience.resident_models import resident_models
from core.security.policy import LOCAL_ANALYST, Principal, Role
from tests.ctr_runs import finished_run_in


@pytest.fixture
def run_id(home: Path) -> str:
    return finished_run_in(home)


def forget(run_id: str) -> None:
    """Leave nothing of the run in memory."""
    for key in resident_models().loaded():
        if run_id in key:
            resident_models().unload(key)


def test_when_a_run_is_opened_then_its_chosen_model_and_rows_it_has_not_seen_are_there(run_id: str) -> None:
    case = of_run.open_case("latest", principal=LOCAL_ANALYST)

    data = runs.data_of(run_id, principal=LOCAL_ANALYST)
    assert case.run_id == run_id
    assert case.model.name == runs.model_of(run_id, principal=LOCAL_ANALYST).name
    assert len(case.held_out) == len(data.split.test)
    assert len(case.train) == len(data.split.train) + len(data.split.validation)
    assert case.sha256 == data.sha256


def test_when_a_run_is_somebody_elses_then_it_cannot_be_explained(run_id: str) -> None:
    stranger = Principal("somebody-else", Role.ANALYST)

    with pytest.raises(NotFound):
        of_run.open_case(run_id, principal=stranger)
    with pytest.raises(NotFound):
        of_run.explainer_of(run_id, principal=stranger)


def test_when_a_row_of_a_run_is_edited_then_its_model_answers_and_is_loaded_once(run_id: str) -> None:
    frame = runs.data_of(run_id, principal=LOCAL_ANALYST).frame

    explainer = of_run.explainer_of(run_id, "hashed_logistic", principal=LOCAL_ANALYST)
    found = what_if(explainer, frame[0], {"age_group": "1.0"})

    first, second = (of_run.explainer_of(run_id, "hashed_logistic", principal=LOCAL_ANALYST) for _ in range(2))
    assert first is second
    assert found.before.method == "linear"
    assert found.before.probability != found.after.probability


def test_when_a_run_of_linear_models_is_read_then_its_averages_explain_as_its_rows_would(run_id: str) -> None:
    data = runs.data_of(run_id, principal=LOCAL_ANALYST)
    model = runs.model_of(run_id, principal=LOCAL_ANALYST)
    forget(run_id)

    read = of_run.explainer_of(run_id, principal=LOCAL_ANALYST)

    made = make_explainer(model, data.part("train"), data.part("test"))
    assert read.centre == made.centre
    assert read.base == made.base


def test_when_a_linear_model_is_explained_then_no_row_of_its_run_is_read(
    run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(run_id)
    monkeypatch.setattr(runs, "data_of", None)

    assert of_run.explainer_of(run_id, "block_logistic", principal=LOCAL_ANALYST).method == "linear"


def test_when_a_report_is_opened_then_no_model_is_loaded(run_id: str) -> None:
    forget(run_id)

    runs.report_of(run_id, principal=LOCAL_ANALYST)

    assert not [key for key in resident_models().loaded() if ".model." in key and run_id in key]
