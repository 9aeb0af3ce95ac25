"""Whether the paragraph that answers a question is found, in Korean and English, by each leg and by both.

The weight between the legs is chosen on four fifths of the articles and judged on the others, in turn; intervals
draw articles again. Needs the question sets beside the project; vectors are kept in the folder of temporary files.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from benchmarks.knowledge_home import READER, brought_in, own_home
from benchmarks.knowledge_questions import (
    NOT_FOUND,
    QuestionSet,
    among_five,
    folds,
    interval,
    kept,
    question_set,
    question_vectors,
    ranks_in,
    reciprocal,
    window_vectors,
)
from benchmarks.report import write_section
from core.embeddings.text_models import text_model
from core.knowledge.passages.windows import TARGET_WIDTH
from core.knowledge.retrieval import lexical
from core.knowledge.retrieval.dense import DenseIndex, build_dense
from core.knowledge.retrieval.fusion import DENSE_WEIGHT, search
from core.knowledge.retrieval.lexical import LexicalIndex, build_lexical

WEIGHTS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    return WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def pairs(text: str) -> list[str]:
    return [word[at : at + 2] for word in words(text) for at in range(max(len(word) - 1, 1))]


def pairs_and_triples(text: str) -> list[str]:
    return pairs(text) + [word[at : at + 3] for word in words(text) for at in range(len(word) - 2)]


def pairs_and_words(text: str) -> list[str]:
    return pairs(text) + [f"_{word}" for word in words(text)]


VARIANTS: dict[str, Callable[[str], list[str]]] = {
    "words": words,
    "pairs of characters": pairs,
    "pairs and triples": pairs_and_triples,
    "pairs and words": pairs_and_words,
    "by script (used)": lexical.terms,
}


def untitled(asked: QuestionSet) -> QuestionSet:
    return replace(asked, titles=("",) * len(asked.texts))


def indexed(asked: QuestionSet) -> LexicalIndex:
    return build_lexical(f"{title}\n{text}" for title, text in zip(asked.titles, asked.texts, strict=True))


def ranks_by_words(asked: QuestionSet, index: LexicalIndex) -> np.ndarray:
    return ranks_in(np.array([index.scores(question) for question in asked.questions]), asked.golds)


def vectors_of(asked: QuestionSet) -> tuple[np.ndarray, np.ndarray, DenseIndex]:
    """Of the questions and of whole paragraphs, and the index over windows."""
    model = text_model()
    whole = kept(f"{model.id}-{asked.language}-paragraphs", lambda: model.embed_passages(asked.texts))
    return question_vectors(asked), whole, build_dense(*window_vectors(asked))


def ranks_by_search(
    asked: QuestionSet, vectors: np.ndarray, index: LexicalIndex | None, dense: DenseIndex, weight: float
) -> np.ndarray:
    ranks = np.full(len(asked.questions), float(NOT_FOUND))
    for number, (question, vector) in enumerate(zip(asked.questions, vectors, strict=True)):
        hits = search(question, vector, lexical=index, dense=dense, k=10, dense_weight=weight)
        found = [hit.number for hit in hits]
        if asked.golds[number] in found:
            ranks[number] = 1 + found.index(asked.golds[number])
    return ranks


def ranks_by_find(asked: QuestionSet) -> np.ndarray:
    """By the whole way of the product: files, passages, database, snapshot, rights, `find`."""
    from core.knowledge.retrieval.find import find

    collection_id, number_of = brought_in(asked)
    ranks = np.full(len(asked.questions), float(NOT_FOUND))
    for at, (question, gold) in enumerate(zip(asked.questions, asked.golds, strict=True)):
        found = find(question, k=30, collections=[collection_id], principal=READER)
        assert not found.warnings, found.warnings
        numbers = list(dict.fromkeys(number_of[one.passage.document_id] for one in found.passages))
        if gold in numbers:
            ranks[at] = 1 + numbers.index(gold)
    return ranks


def shown(name: str, way: str, ranks: np.ndarray, articles: np.ndarray) -> str:
    mrr, recall = (interval(values, articles) for values in (reciprocal(ranks), among_five(ranks)))
    cells = (f"{value:.4f} ({low:.3f} to {high:.3f})" for value, low, high in (mrr, recall))
    return f"| {name} | {way} | {' | '.join(cells)} |"


def crossed(sets: list[QuestionSet], by_weight: list[dict[float, np.ndarray]]) -> tuple[list[np.ndarray], list[float]]:
    """Ranks of every question under the one weight that is best for both languages on the other articles."""
    parts = [folds(asked.articles) for asked in sets]
    chosen = []
    ranks = [np.empty(len(asked.questions)) for asked in sets]
    for part in range(5):
        worth = {
            weight: np.mean(
                [
                    np.mean(reciprocal(of_set[weight][own != part])) + np.mean(among_five(of_set[weight][own != part]))
                    for of_set, own in zip(by_weight, parts, strict=True)
                ]
            )
            for weight in WEIGHTS
        }
        best = max(WEIGHTS, key=lambda weight: (worth[weight], -abs(weight - 0.5)))
        chosen.append(best)
        for of_set, own, found in zip(by_weight, parts, ranks, strict=True):
            found[own == part] = of_set[best][own == part]
    return ranks, chosen


def main() -> None:
    sets = [question_set(language) for language in ("korean", "english")]
    head = "| language | way | MRR at 10 | recall at 5 |\n| --- | --- | --- | --- |"
    compared, by_weight, alone, legs = [head], [], [], [head]
    for asked in sets:
        for name, cut in VARIANTS.items():
            lexical.terms = cut  # type: ignore[assignment]
            compared.append(shown(asked.language, name, ranks_by_words(asked, indexed(asked)), asked.articles))
        index = indexed(asked)
        vectors, whole, dense = vectors_of(asked)
        by_words = ranks_by_words(asked, index)
        by_paragraphs = ranks_in(vectors @ whole.T, asked.golds)
        by_windows = ranks_by_search(asked, vectors, None, dense, 1.0)
        by_weight.append({one: ranks_by_search(asked, vectors, index, dense, one) for one in WEIGHTS})
        alone.append(max((by_words, by_windows), key=lambda ranks: reciprocal(ranks).mean()))
        legs += [
            shown(asked.language, "lexical", by_words, asked.articles),
            shown(asked.language, "dense, whole paragraphs", by_paragraphs, asked.articles),
            shown(asked.language, f"dense, windows of {TARGET_WIDTH}", by_windows, asked.articles),
            shown(asked.language, f"both, weight {DENSE_WEIGHT}", by_weight[-1][DENSE_WEIGHT], asked.articles),
        ]
        bare = untitled(asked)
        bare_index, bare_dense = indexed(bare), vectors_of(bare)[2]
        legs += [
            shown(asked.language, "lexical, titles left out", ranks_by_words(bare, bare_index), asked.articles),
            shown(
                asked.language,
                "both, titles left out",
                ranks_by_search(bare, vectors, bare_index, bare_dense, DENSE_WEIGHT),
                asked.articles,
            ),
        ]
    with own_home():
        legs += [shown(one.language, "**the product's `find`**", ranks_by_find(one), one.articles) for one in sets]
    ranks, chosen = crossed(sets, by_weight)
    for asked, found, best in zip(sets, ranks, alone, strict=True):
        legs.append(shown(asked.language, "both, weight chosen on other articles", found, asked.articles))
        gain = interval(reciprocal(found) - reciprocal(best), asked.articles)
        legs.append(
            f"| {asked.language} | gain over its best leg | {gain[0]:+.4f} ({gain[1]:+.3f} to {gain[2]:+.3f}) | |"
        )
    body = "\n".join(legs) + f"\n\nWeights chosen in the five parts: {', '.join(map(str, chosen))}.\n\n"
    body += "`find` is asked of documents that were brought in, one for each paragraph, in collections of a database; "
    body += "a long paragraph is several passages there and stands where its best one does.\n\n"
    body += "Choices made before, on all articles: terms, windows, how scores are standardised, K1 and B.\n\n"
    body += "Terms of the lexical leg, alone:\n\n" + "\n".join(compared)
    write_section("knowledge_quality", "Retrieval quality", body)


if __name__ == "__main__":
    main()
