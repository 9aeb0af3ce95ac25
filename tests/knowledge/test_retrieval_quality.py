"""How well the lexical leg alone ranks the paragraphs of the question sets; both legs are measured by a benchmark."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.knowledge.lexical import build_lexical


def ranks(folder: Path) -> np.ndarray:
    """The place of each question's paragraph among all, from 1; the last one among equals."""
    paragraphs = [json.loads(line) for line in (folder / "paragraphs.jsonl").read_text("utf-8").splitlines()]
    asked = [json.loads(line) for line in (folder / "questions.jsonl").read_text("utf-8").splitlines()]
    index = build_lexical(f"{one['title'].replace('_', ' ')}\n{one['text']}" for one in paragraphs)
    numbers = {one["pid"]: number for number, one in enumerate(paragraphs)}
    found = []
    for one in asked:
        scores = index.scores(one["question"])
        found.append(int((scores >= scores[numbers[one["pid"]]]).sum()))
    return np.array(found)


@pytest.mark.parametrize(("language", "mrr", "recall"), [("korean", 0.96, 0.993), ("english", 0.955, 0.985)])
def test_when_questions_are_asked_then_their_paragraphs_are_found_by_words_alone(
    language: str, mrr: float, recall: float, shared_datasets: Path
) -> None:
    found = ranks(shared_datasets / f"qa_{language}")
    assert np.where(found <= 10, 1 / found, 0).mean() >= mrr
    assert (found <= 5).mean() >= recall
