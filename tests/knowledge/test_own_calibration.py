"""One's own cases fit the bar of "not in the documents", where there are enough of them and they do it better."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import NotAllowed
from core.knowledge.answers.refusal import shipped_model
from core.knowledge.answers.serving import serving_model
from core.knowledge.documents import list_documents
from core.knowledge.evaluation import own_calibration
from core.knowledge.evaluation.cases import EvaluationCase, Expected, add_case
from core.knowledge.evaluation.own_calibration import Calibrated, Comparison, calibrate, gather, save_and_publish
from core.storage import champions
from tests.knowledge.collections_home import ANA, BEN, RES, HashModel, filled

THINGS = ("kettle", "ladder", "hammer", "basket", "candle", "mirror", "carpet", "window", "bucket", "pillow")


def made_cases(count: int) -> tuple[EvaluationCase, ...]:
    """A document of four passages for each thing, and a question on each passage."""
    texts = {
        thing: "\n\n".join(
            f"# {thing} {topic}\n\nThe {thing} of the {topic} costs {10 * place + number} coins and lasts long."
            for number, topic in enumerate(("north", "south", "east", "west"))
        ).encode()
        for place, thing in enumerate(THINGS)
    }
    filled(**texts)
    ids = {one.source_key.removesuffix(".md"): one.id for one in list_documents(principal=ANA).documents}
    asked = [(thing, topic) for thing in THINGS for topic in ("north", "south", "east", "west")]
    return tuple(
        add_case(
            f"How much is the {thing} of the {topic}?", is_answerable=True,
            expected=[Expected(ids[thing], f"{thing} of the {topic}")], language="en", principal=ANA,
        )
        for thing, topic in asked[:count]
    )  # fmt: skip


def test_when_there_are_too_few_cases_then_nothing_is_compared_and_the_serving_model_stays(database: Path) -> None:
    gathered = gather(made_cases(8), HashModel(), principal=ANA)

    calibrated = calibrate(gathered, shipped_model(), name="own")

    assert len(gathered.questions) == 8
    assert calibrated.comparisons == {}
    assert calibrated.model.weighings == shipped_model().weighings


def test_when_there_are_enough_cases_then_both_models_are_held_against_documents_that_fitted_neither(
    database: Path,
) -> None:
    gathered = gather(made_cases(40), HashModel(), principal=ANA)

    calibrated = calibrate(gathered, shipped_model(), name="own")

    one = calibrated.comparisons["en/both"]
    assert one.before.questions == one.after.questions > 0
    own = calibrated.model.weighings["en/both"] != shipped_model().weighings["en/both"]
    assert own is one.is_better
    assert calibrated.model.weighings["ko/both"] == shipped_model().weighings["ko/both"]


def test_when_cases_name_documents_of_others_then_they_are_left_out(database: Path) -> None:
    cases = made_cases(8)

    assert gather(cases, HashModel(), principal=BEN).questions == ()


def better() -> Calibrated:
    """As if the own weighing had won."""
    measured = shipped_model().measured["en/both"]
    told = Comparison(measured, replace(measured, brier=measured.brier / 2))
    return Calibrated(replace(shipped_model(), evaluation_set="own cases (40)"), {"en/both": told})


def test_when_it_is_better_and_published_then_it_serves_everybody(database: Path) -> None:
    champions._seen.clear()
    _, is_published = save_and_publish(better(), run_id="run-1", cases=40, publish=True, principal=RES)

    champions._seen.clear()
    assert is_published
    assert serving_model().evaluation_set == "own cases (40)"


@pytest.mark.parametrize("publish", [True, False])
def test_when_it_is_no_better_or_not_asked_for_then_the_shipped_model_serves(database: Path, publish: bool) -> None:
    champions._seen.clear()
    same = Calibrated(better().model, {} if publish else better().comparisons)

    _, is_published = save_and_publish(same, run_id="run-2", cases=40, publish=publish, principal=RES)

    assert not is_published
    assert serving_model() is shipped_model()


def test_when_the_role_may_not_publish_then_nothing_changes(database: Path) -> None:
    champions._seen.clear()
    with pytest.raises(NotAllowed):
        save_and_publish(better(), run_id="run-3", cases=40, publish=True, principal=ANA)

    assert serving_model() is shipped_model()
    assert own_calibration.SLOT == "refusal"
