"""How well paragraphs are ranked: of the whole question sets by words, and of a few by all that `find` does.

A benchmark brings all of them in: benchmarks/knowledge_quality.py.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.embeddings.text_models import text_model
from core.knowledge.collections import create_collection
from core.knowledge.documents import list_documents
from core.knowledge.ingestion.carrying_out import run_ingestion
from core.knowledge.ingestion.plans import plan
from core.knowledge.ingestion.sources import files
from core.knowledge.retrieval import index
from core.knowledge.retrieval.find import find
from core.knowledge.retrieval.lexical import build_lexical
from tests.knowledge.collections_home import ANA

EVERY = {"korean": 60, "english": 15}  # one paragraph of so many, about eight of each language
PAGE = "<html><head><title>{title}</title></head><body><p>{text}</p></body></html>"


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


def test_when_paragraphs_are_brought_in_then_find_ranks_them_first_for_their_questions_in_both_languages(
    database: Path, shared_datasets: Path
) -> None:
    index._serving.cache_clear()
    shutil.rmtree(index.index_folder(), ignore_errors=True)
    collection = create_collection("questions", principal=ANA)
    contents, questions = {}, []
    for language, every in EVERY.items():
        folder = shared_datasets / f"qa_{language}"
        lines = (folder / "paragraphs.jsonl").read_text("utf-8").splitlines()[::every]
        paragraphs = {one["pid"]: one for one in map(json.loads, lines)}
        contents |= {f"{pid}.html": PAGE.format(**one).encode() for pid, one in paragraphs.items()}
        asked = map(json.loads, (folder / "questions.jsonl").read_text("utf-8").splitlines())
        questions += [(one["question"], one["pid"]) for one in asked if one["pid"] in paragraphs][:40]
    planned = plan(collection.id, files(contents), principal=ANA)
    run_ingestion(planned.id, load_encoder=text_model, principal=ANA)
    index.bring_up_to_date(encoder_id=text_model().id)
    keys = {one.id: one.source_key for one in list_documents(principal=ANA, limit=100).documents}

    places = []
    for question, pid in questions:
        found = find(question, k=10, principal=ANA)
        assert found.warnings == () and found.legs == ("words", "vectors")
        ranked = list(dict.fromkeys(keys[one.passage.document_id] for one in found.passages))
        places.append(1 + ranked.index(f"{pid}.html") if f"{pid}.html" in ranked else 1000)

    assert len(places) >= 20 and np.mean(1 / np.array(places)) >= 0.97 and np.mean(np.array(places) <= 5) >= 0.99
