"""Question sets with known paragraphs, what a ranking of them is worth, and vectors kept between benchmarks."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.embeddings.text_models import text_model
from core.knowledge.passages.windows import TARGET_WIDTH, windows
from core.settings.paths import PROJECT

DATASETS = PROJECT.parent / "shared" / "datasets"
VECTORS = Path(tempfile.gettempdir()) / "workbench-question-vectors"
NOT_FOUND = 10_000
DRAWS = 2000


@dataclass(frozen=True)
class QuestionSet:
    """titles, texts: of paragraphs. golds: the paragraph that answers each question. articles: of each question."""

    language: str
    titles: tuple[str, ...]
    texts: tuple[str, ...]
    questions: tuple[str, ...]
    golds: np.ndarray
    articles: np.ndarray


def question_set(language: str) -> QuestionSet:
    folder = DATASETS / f"qa_{language}"
    paragraphs = [json.loads(line) for line in (folder / "paragraphs.jsonl").read_text("utf-8").splitlines()]
    asked = [json.loads(line) for line in (folder / "questions.jsonl").read_text("utf-8").splitlines()]
    numbers = {paragraph["pid"]: number for number, paragraph in enumerate(paragraphs)}
    titles = tuple(paragraph["title"].replace("_", " ") for paragraph in paragraphs)
    golds = np.array([numbers[one["pid"]] for one in asked])
    return QuestionSet(
        language,
        titles,
        tuple(paragraph["text"] for paragraph in paragraphs),
        tuple(one["question"] for one in asked),
        golds,
        np.array([titles[gold] for gold in golds]),
    )


def kept(name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
    """The array made once on this machine and kept in the folder of temporary files."""
    path = VECTORS / f"{name.replace(':', '-').replace('/', '-')}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = make()
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npy", delete=False) as file:
            np.save(file, made)
        Path(file.name).replace(path)
    return np.load(path)


def question_vectors(asked: QuestionSet) -> np.ndarray:
    """Unit rows of the questions, under the text model of the settings."""
    model = text_model()
    return kept(f"{model.id}-{asked.language}-questions",
                lambda: np.array([model.embed_query(one) for one in asked.questions]))  # fmt: skip


def window_vectors(asked: QuestionSet) -> tuple[np.ndarray, np.ndarray]:
    """Unit rows of the windows of every paragraph under its title, and how many windows each has."""
    model = text_model()
    cut = [
        windows(text, above=title, target_width=TARGET_WIDTH)
        for title, text in zip(asked.titles, asked.texts, strict=True)
    ]
    rows = kept(
        f"{model.id}-{asked.language}-windows-{TARGET_WIDTH}{'' if any(asked.titles) else '-untitled'}",
        lambda: model.embed_passages([window.words for of_one in cut for window in of_one]),
    )
    return rows, np.array([len(of_one) for of_one in cut])


def ranks_in(scores: np.ndarray, golds: np.ndarray) -> np.ndarray:
    """The place of each gold paragraph, from 1; among equals the middle one."""
    own = scores[np.arange(len(golds)), golds][:, None]
    return 1 + (scores > own).sum(axis=1) + ((scores == own).sum(axis=1) - 1) / 2


def reciprocal(ranks: np.ndarray) -> np.ndarray:
    return np.where(ranks <= 10, 1 / ranks, 0)


def among_five(ranks: np.ndarray) -> np.ndarray:
    return (ranks <= 5).astype(float)


def interval(values: np.ndarray, articles: np.ndarray) -> tuple[float, float, float]:
    """The mean, and the 95 % of means over articles drawn again: questions of one article are alike."""
    random = np.random.default_rng(0)
    names, of = np.unique(articles, return_inverse=True)
    sums, counts = np.bincount(of, weights=values), np.bincount(of)
    drawn = random.integers(0, len(names), (DRAWS, len(names)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def folds(articles: np.ndarray, count: int = 5) -> np.ndarray:
    """The part of each question; all questions of an article are in one."""
    names = np.unique(articles)
    part = np.random.default_rng(7).permutation(len(names)) % count
    return part[np.searchsorted(names, articles)]
