"""Whether the documents hold the answer is judged by a fitted model, never by a raw score."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.knowledge.answers import left_out
from core.knowledge.answers.calibrating import Case, fit_weighing, measure
from core.knowledge.answers.evidence import FEW, NAMES, Scored, evidence
from core.knowledge.answers.left_out import AskedPassage, AskedQuestion, left_out_cases, rarity_among
from core.knowledge.answers.questions import read_question
from core.knowledge.answers.refusal import judge, load_model, save_model, shipped_model

QUESTION = read_question("When did the office open in Boston?")
TEXTS = ("The office in Boston did open in 1998.", "Bananas grow in the sun.", "Ships sail to far harbours.")
RARITY = rarity_among(TEXTS)


def found(*lexical: float, dense: tuple[float, ...] = ()) -> list[Scored]:
    return [
        Scored(at, text, score, score, dense[at] if dense else None)
        for at, (text, score) in enumerate(zip(TEXTS, lexical, strict=True))
    ]


def test_when_nothing_was_found_then_it_is_refused_with_no_confidence() -> None:
    verdict = judge(QUESTION, [], RARITY, shipped_model())

    assert (verdict.state, verdict.confidence) == ("not_in_documents", 0.0)


def test_when_the_passage_is_there_then_it_is_answered_and_without_it_refused() -> None:
    hits = found(9.0, 1.0, 0.5)

    assert judge(QUESTION, hits, RARITY, shipped_model()).state == "answered"
    assert judge(QUESTION, hits[1:], RARITY, shipped_model()).state == "not_in_documents"


def test_when_all_cosines_are_higher_alike_then_the_verdict_stays() -> None:
    low, high = (found(9.0, 1.0, 0.5, dense=one) for one in ((0.80, 0.76, 0.75), (0.90, 0.86, 0.85)))
    first, second = (judge(QUESTION, one, RARITY, shipped_model()) for one in (low, high))

    assert first.confidence == pytest.approx(second.confidence)
    assert first.state == second.state


@pytest.mark.parametrize("legs", NAMES)
def test_when_a_leg_of_retrieval_is_dead_then_the_figures_of_the_other_are_there(legs: str) -> None:
    hits = found(9.0, 1.0, 0.5, dense=(0.9, 0.8, 0.8))
    if legs == "words":
        hits = [replace(one, dense=None) for one in hits]
    if legs == "vectors":
        hits = [replace(one, lexical=None) for one in hits]

    assert set(evidence(QUESTION, hits, RARITY)) == set(NAMES[legs])  # type: ignore[index]
    assert 0 <= judge(QUESTION, hits, RARITY, shipped_model()).confidence <= 1


def test_when_one_passage_is_all_there_is_then_it_is_still_weighed() -> None:
    verdict = judge(QUESTION, found(9.0, 1.0, 0.5, dense=(0.9, 0.8, 0.8))[:1], RARITY, shipped_model())

    assert 0 < verdict.confidence < 1


def test_when_a_few_passages_are_all_there_are_then_they_are_weighed_apart() -> None:
    hits = found(9.0, 1.0, 0.5)
    many = hits + [replace(hits[2], passage_id=100 + number, lexical=0.1) for number in range(FEW)]

    few_bar, many_bar = (judge(QUESTION, one, RARITY, shipped_model()).bar for one in (hits, many))

    assert few_bar == shipped_model().weighings["en/words/few"].bar
    assert many_bar == shipped_model().weighings["en/words"].bar
    assert few_bar != many_bar


def test_when_nothing_is_weighed_then_it_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing was found"):
        evidence(QUESTION, [], RARITY)


def test_when_the_model_is_saved_and_loaded_then_it_is_the_same(tmp_path: Path) -> None:
    save_model(shipped_model(), tmp_path / "model.json")

    assert load_model(tmp_path / "model.json") == shipped_model()


def test_when_all_cases_have_an_answer_then_nothing_can_be_fitted() -> None:
    case = Case("article", "en", dict.fromkeys(NAMES["words"], 0.5), is_answerable=True)

    with pytest.raises(ValueError, match="with and without"):
        fit_weighing([case] * 4, "words")


@pytest.mark.parametrize(("name", "least"), [("qa_english", 0.80), ("qa_korean", 0.80)])
def test_when_fitted_on_some_articles_then_others_are_answered_and_refused(
    shared_datasets: Path, name: str, least: float
) -> None:
    cases = list(left_out_cases(*asked(shared_datasets / name), "words"))
    first = sorted({case.article for case in cases})[::2]

    weighing = fit_weighing([case for case in cases if case.article in first], "words")
    held_out = measure([case for case in cases if case.article not in first], weighing)

    assert held_out.answered.value > least
    assert held_out.refused.value > least
    assert held_out.brier < 0.12  # 0.25 is what a coin gets
    assert held_out.refused.low < held_out.refused.value < held_out.refused.high


def asked(folder: Path) -> tuple[list[AskedPassage], list[AskedQuestion]]:
    """Twenty articles, every other question."""
    passages, questions = (
        [json.loads(line) for line in (folder / f"{kind}.jsonl").read_text("utf-8").splitlines()]
        for kind in ("paragraphs", "questions")
    )
    titles = sorted({one["title"] for one in passages})[:20]
    kept = [one for one in passages if one["title"] in titles]
    number = {one["pid"]: at for at, one in enumerate(kept)}
    known = [one for one in questions if one["pid"] in number][::2]
    return [AskedPassage(one["title"], one["text"], one["text"]) for one in kept], [
        AskedQuestion(one["question"], number[one["pid"]], tuple(one["answers"])) for one in known
    ]


def test_when_a_passage_is_left_out_then_each_question_is_a_case_with_and_one_without_answer(
    shared_datasets: Path,
) -> None:
    passages, questions = asked(shared_datasets / "qa_english")

    cases = list(left_out_cases(passages[:10], [one for one in questions if one.passage < 10], "words"))

    assert [case.is_answerable for case in cases].count(True) * 2 == len(cases)


def test_when_a_collection_is_small_then_its_size_does_not_tell_whether_it_holds_the_answer(
    shared_datasets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    passages, questions = asked(shared_datasets / "qa_english")
    own = [one for one in questions if passages[one.passage].article == passages[0].article]
    build = left_out.build_lexical
    monkeypatch.setattr(left_out, "build_lexical", lambda texts: sizes.append(len(kept := list(texts))) or build(kept))

    cases = list(left_out.small_cases(passages, own, "words"))

    assert {case.is_answerable for case in cases} == {True, False}
    assert len(set(sizes)) == 1
