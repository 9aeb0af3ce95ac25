"""A written sentence stands only where a passage bears it out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.knowledge_claims import claims, shares
from core.knowledge.answers.sentence_support import Source, check_text

KOREAN = Source(
    1, "사옥은 1998년 서울 강남구에 세워졌다. 직원은 1,200명이며 매출은 3억 원이다. 그는 제안을 받아들이지 않았다."
)
ENGLISH = Source(
    2,
    "The office opened in Boston in 1998. It has 1,200 employees. Smith did not accept the offer.",
    above="Acme Corp",
)


@pytest.mark.parametrize(
    ("text", "source", "state"),
    [
        ("사옥은 1998년 서울에 세워졌습니다.", KOREAN, "supported"),
        ("직원은 1200명입니다.", KOREAN, "supported"),
        ("그는 제안을 받아들이지 않았습니다.", KOREAN, "supported"),
        ("사옥은 1999년 서울에 세워졌습니다.", KOREAN, "unsupported"),
        ("매출은 3만 원이다.", KOREAN, "unsupported"),
        ("사옥은 부산 해운대구에 세워졌고 직원은 대전으로 옮겼다.", KOREAN, "unsupported"),
        ("그는 제안을 받아들였다. ", KOREAN, "unsupported"),
        ("The office of Acme opened in 1998.", ENGLISH, "supported"),
        ("Smith did not accept the offer.", ENGLISH, "supported"),
        ("The office opened in Chicago in 1998.", ENGLISH, "unsupported"),
        ("The office opened in Boston in 1989.", ENGLISH, "unsupported"),
        ("Smith did accept the offer.", ENGLISH, "unsupported"),
        ("The office has not opened in Boston.", ENGLISH, "unsupported"),
        ("Bananas grow in tropical countries.", ENGLISH, "unsupported"),
    ],
)
def test_when_a_sentence_is_held_to_its_passage_then_changed_facts_are_found(
    text: str, source: Source, state: str
) -> None:
    (found,) = check_text(text, [source])

    assert found.state == state, found.reasons


def test_when_several_passages_are_cited_then_the_one_that_bears_the_sentence_is_named_with_its_stretch() -> None:
    (found,) = check_text("It has 1,200 employees.", [KOREAN, ENGLISH])

    assert found.passage_id == 2
    assert found.start is not None
    assert ENGLISH.text[found.start : found.end] == "It has 1,200 employees."


def test_when_a_sentence_claims_nothing_then_it_stands_without_a_passage() -> None:
    (found,) = check_text("This is it.", [ENGLISH])

    assert (found.state, found.passage_id) == ("supported", None)


def test_when_no_passage_is_cited_then_nothing_is_supported() -> None:
    assert [one.state for one in check_text("The office opened. It closed.", [])] == ["unsupported", "unsupported"]


@pytest.mark.parametrize(("language", "name", "least"), [("ko", "qa_korean", 0.95), ("en", "qa_english", 0.85)])
def test_when_real_sentences_are_spoilt_then_most_are_dropped_or_marked_and_true_ones_stay(
    shared_datasets: Path, language: str, name: str, least: float
) -> None:
    read = [
        [json.loads(line) for line in (shared_datasets / name / f"{kind}.jsonl").read_text("utf-8").splitlines()]
        for kind in ("paragraphs", "questions")
    ]

    found = shares(claims(language, *read, most=30))

    assert found["true: word for word"][2] <= 1
    assert found["false: from another article"][2] == sum(found["false: from another article"])
    true, swapped = found["true: question made a statement"], found["false: another answer put in"]
    assert true[2] <= 0.2 * sum(true)
    assert swapped[1] + swapped[2] >= least * sum(swapped)


@pytest.mark.parametrize(
    ("text", "source", "state", "reasons"),
    [
        ("직원은 1200명입니다.", KOREAN, "supported", ()),
        ("사옥은 1999년 서울에 세워졌습니다.", KOREAN, "unsupported", ("number",)),
        ("그는 제안을 받아들였다.", KOREAN, "unsupported", ("denial",)),
        ("The office opened in Chicago in 1998.", ENGLISH, "unsupported", ("name", "words")),
        ("Smith opened the office.", ENGLISH, "partly", ("words",)),
        ("The office opened in Boston with 1,200 desks.", ENGLISH, "partly", ("number", "words")),
        ("Bananas grow in tropical countries.", ENGLISH, "unsupported", ("words",)),
    ],
)
def test_when_a_sentence_is_not_wholly_borne_out_then_every_reason_is_told(
    text: str, source: Source, state: str, reasons: tuple[str, ...]
) -> None:
    (found,) = check_text(text, [source])

    assert (found.state, found.reasons) == (state, reasons)
