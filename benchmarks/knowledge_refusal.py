"""Refusal, quotes and the check of written text, on questions in Korean and English: fitted on every other article.

`--save` writes the fitted model to where it is shipped from. Vectors of all windows, made once, take some minutes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from benchmarks.knowledge_claims import claims, shares
from benchmarks.knowledge_questions import question_set, question_vectors, window_vectors
from benchmarks.report import write_section
from core.intervals import Interval
from core.knowledge.answers.calibrating import Case, fit_weighing, measure
from core.knowledge.answers.evidence import Legs, Scored
from core.knowledge.answers.left_out import AskedPassage, AskedQuestion, left_out_cases, rarity_among, small_cases
from core.knowledge.answers.questions import read_question
from core.knowledge.answers.quoting import quotes
from core.knowledge.answers.refusal import (
    SHIPPED,
    Among,
    Measured,
    RefusalModel,
    Weighing,
    save_model,
    weighing_key,
)

SETS = Path(__file__).resolve().parents[2] / "shared" / "datasets"
LANGUAGES = {"ko": "qa_korean", "en": "qa_english"}
EVALUATION_SET = "qa_korean, qa_english"
GOAL = 0.9
BINS = 5  # of probabilities, to compare each with what came true


def read(name: str, kind: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (SETS / name / f"{kind}.jsonl").read_text("utf-8").splitlines()]


def asked(name: str, *, has_vectors: bool = False) -> tuple[list[AskedPassage], list[AskedQuestion]]:
    paragraphs = read(name, "paragraphs")
    passages = [_passage(one) for one in paragraphs]
    number = {str(one["pid"]): at for at, one in enumerate(paragraphs)}
    questions = [
        AskedQuestion(str(one["question"]), number[str(one["pid"])], tuple(one["answers"]))  # type: ignore[arg-type]
        for one in read(name, "questions")
    ]
    if not has_vectors:
        return passages, questions
    of_set = question_set(name.removeprefix("qa_"))
    rows, counts = window_vectors(of_set)
    of_passages = np.split(rows, np.cumsum(counts)[:-1])
    return (
        [replace(one, vectors=own) for one, own in zip(passages, of_passages, strict=True)],
        [replace(one, vector=row) for one, row in zip(questions, question_vectors(of_set), strict=True)],
    )


def _passage(one: dict[str, object]) -> AskedPassage:
    title = str(one["title"]).replace("_", " ")
    return AskedPassage(title, str(one["text"]), f"{title}\n{one['text']}")


def halves(cases: list[Case]) -> tuple[list[Case], list[Case]]:
    """Every other article, by name, to fit on; the rest to report on."""
    first = set(sorted({case.article for case in cases})[::2])
    return [case for case in cases if case.article in first], [case for case in cases if case.article not in first]


def reliability(cases: list[Case], weighing: Weighing) -> tuple[tuple[float, float, int], ...]:
    """(mean probability, share that had an answer, questions) for each fifth of the range that has questions."""
    found = np.array([weighing.probability(case.figures) for case in cases])
    labels = np.array([case.is_answerable for case in cases])
    number = np.minimum((found * BINS).astype(int), BINS - 1)
    return tuple(
        (float(found[number == one].mean()), float(labels[number == one].mean()), int((number == one).sum()))
        for one in range(BINS)
        if (number == one).any()
    )


def quoted_rightly(name: str, most: int) -> tuple[float, int]:
    """Share of questions whose answer begins in one of `most` quotes from the right passage, of the second half."""
    passages, questions = asked(name)
    second = set(sorted({one.article for one in passages})[1::2])
    rarity = rarity_among([one.words for one in passages])
    right = []
    for question, one in zip(questions, read(name, "questions"), strict=True):
        passage = passages[question.passage]
        if passage.article in second:
            found = quotes(read_question(question.text), [Scored(0, passage.text, 1.0)], rarity, most=most)
            place = one["answer_start"][0]  # type: ignore[index]
            right.append(any(quote.start <= place < quote.end for quote in found))
    return float(np.mean(right)), len(right)


def told(share: Interval) -> str:
    return f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%})"


def row(key: str, one: Measured, clear: Measured) -> str:
    is_met = one.answered.value >= GOAL and one.refused.value >= GOAL
    return (
        f"| {key} | {told(one.answered)} | {told(one.refused)} | {told(clear.refused)} | {one.auc:.3f} "
        f"| {one.brier:.3f} | {one.questions}, {one.articles} | {'yes' if is_met else 'no'} |"
    )


def refusals(model: dict[str, Weighing], measured: dict[str, Measured]) -> Iterator[str]:
    yield (
        "| language, legs | answered | refused | refused, answer said nowhere | AUC | Brier | cases, articles "
        "| both 90 % |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    told_apart = []
    for language, name in LANGUAGES.items():
        passages, questions = asked(name, has_vectors=True)
        legs: Legs
        among: Among
        for legs, among in product(("both", "words", "vectors"), ("many", "few", "tiny")):
            is_many = among == "many"
            made = (
                left_out_cases(passages, questions, legs)
                if is_many
                else small_cases(passages, questions, legs, among=among)
            )
            fitted, held_out = halves(list(made))
            key = weighing_key(language, legs, among=among)
            model[key] = fit_weighing(fitted, legs)
            measured[key] = measure(held_out, model[key])
            clear = measure([case for case in held_out if not case.is_said_elsewhere], model[key])
            yield row(key, measured[key], clear)
            if legs == "both" and is_many:
                other = measure(fitted, fit_weighing(held_out, legs))
                told_apart.append(
                    f"{language}, the other way round (fitted on these, reported on the first half): answered "
                    f"{told(other.answered)}, refused {told(other.refused)}, {other.articles} articles."
                )
                bins = ", ".join(f"{said:.2f} -> {was:.2f} ({n})" for said, was, n in reliability(held_out, model[key]))
                told_apart.append(f"{language}: probability said -> share that had an answer (questions): {bins}.")
    yield from ("", "\n\n".join(told_apart))


def main() -> None:
    model: dict[str, Weighing] = {}
    measured: dict[str, Measured] = {}
    body = [*refusals(model, measured), ""]
    for name in LANGUAGES.values():
        (one, number), (three, _) = quoted_rightly(name, 1), quoted_rightly(name, 3)
        body.append(
            f"`{name}`: the first quote holds the answer for {one:.1%}, one of three for {three:.1%} ({number})."
        )
    body += [
        "",
        "| written sentences | supported | partly | unsupported | sentences |",
        "| --- | --- | --- | --- | --- |",
    ]
    for language, name in LANGUAGES.items():
        for kind, counts in sorted(shares(claims(language, read(name, "paragraphs"), read(name, "questions"))).items()):
            total = sum(counts)
            body.append(f"| {language}, {kind} | {' | '.join(f'{one / total:.1%}' for one in counts)} | {total} |")
    body += [
        "",
        "Every question is asked twice: of an index without the passage that answers it, and of one without another "
        "passage of the article; the rest of the article stays. Fitted on every other article, reported on the rest, "
        "intervals of 95 % over articles drawn anew. In the third column those questions are left out whose answer "
        "stands word for word in another passage that was found. In the rows \"few\" every article is a collection of "
        "its own. Quotes are chosen from the right passage. Written sentences are the passages' own, questions made "
        "statements with their answer, and the same made false; tuned on the first half, told of the second. "
        "Supported sentences are shown, partly supported ones shown and marked, others dropped. Only words are "
        "compared.",
    ]  # fmt: skip
    write_section("knowledge_refusal", "Refusing, quoting and checking answers", "\n".join(body))
    if "--save" in sys.argv:
        save_model(RefusalModel(EVALUATION_SET, model, measured), SHIPPED)


if __name__ == "__main__":
    main()
