"""True and false sentences about passages, made from questions and their answers, for `knowledge_refusal`."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from core.knowledge.answers.sentence_support import Source, check_text
from core.knowledge.answers.sentences import split_sentences

STATES = ("supported", "partly", "unsupported")
_ASKS_KO = re.compile(r"(?P<kept>.*[은는])\s*(?:무엇인가|누구인가|언제인가|어디인가|무엇인가요|누구)?$")
_ASKS_EN = re.compile(r"(?:Who|What) (?P<kept>(?:is|was|are|were|has|had|[a-z]+ed)\b.*)")
_DENIALS = {"ko": (("했다.", "하지 않았다."), ("이다.", "이 아니다."), ("되었다.", "되지 않았다.")),
            "en": ((" was ", " was not "), (" is ", " is not "), (" are ", " are not "))}  # fmt: skip


def claims(
    language: str, passages: list[dict[str, Any]], questions: list[dict[str, Any]], *, part: int = 1, most: int = 120
) -> Iterator[tuple[str, str, Source]]:
    """(kind, sentence, passage) of every other article, from `part`; kinds begin with "true" or "false"."""
    chosen = set(sorted({one["title"] for one in passages})[part::2])
    mine = [one for one in passages if one["title"] in chosen]
    by_id = {one["pid"]: one for one in mine}
    random_ = random.Random(1)
    for passage in random_.sample(mine, min(most, len(mine))):
        own = [one.text for one in split_sentences(passage["text"]) if len(one.text) > 25]
        if own:
            sentence = random_.choice(own)
            yield "true: word for word", sentence, _source(passage)
            other = random_.choice([one for one in mine if one["title"] != passage["title"]])
            yield "false: from another article", sentence, _source(other)
            yield from _spoilt(language, sentence, passage, random_)
    asked = [one for one in questions if one["pid"] in by_id]
    for question in random_.sample(asked, min(3 * most, len(asked))):
        make, answer = _statement(language, question["question"]), question["answers"][0].strip()
        if make and len(answer) <= 60:
            passage = by_id[question["pid"]]
            yield "true: question made a statement", make(answer), _source(passage)
            others = [one["answers"][0].strip() for one in questions if _could_be(one, answer, passage)]
            yield "false: another answer put in", make(random_.choice(others)), _source(passage)


def shares(made: Iterator[tuple[str, str, Source]]) -> dict[str, list[int]]:
    """Kind -> how many are supported, partly, unsupported; the worst of a sentence's parts counts."""
    found: dict[str, list[int]] = {}
    for kind, sentence, source in made:
        worst = max(STATES.index(one.state) for one in check_text(sentence, [source]))
        found.setdefault(kind, [0, 0, 0])[worst] += 1
    return found


def _spoilt(
    language: str, sentence: str, passage: dict[str, Any], random_: random.Random
) -> Iterator[tuple[str, str, Source]]:
    figures = list(re.finditer(r"\d+", sentence))
    if figures:
        one = random_.choice(figures)
        changed = str(int(one.group()) + random_.choice([1, 2, 3, 7, 10]))
        yield "false: number changed", sentence[: one.start()] + changed + sentence[one.end() :], _source(passage)
    for said, denied in _DENIALS[language]:
        if sentence.count(said) == 1:
            yield "false: denied", sentence.replace(said, denied), _source(passage)
            return


def _statement(language: str, question: str) -> Callable[[str], str] | None:
    plain = question.strip().rstrip("?").strip()
    match = (_ASKS_KO if language == "ko" else _ASKS_EN).match(plain)
    if not match:
        return None
    kept = match["kept"]
    return (lambda answer: f"{kept} {answer}이다.") if language == "ko" else (lambda answer: f"{answer} {kept}.")


def _could_be(question: dict[str, Any], answer: str, passage: dict[str, Any]) -> bool:
    other = question["answers"][0].strip()
    has_figure = any(sign.isdigit() for sign in other) == any(sign.isdigit() for sign in answer)
    return has_figure and len(other) <= 20 and other not in passage["text"]


def _source(passage: dict[str, Any]) -> Source:
    return Source(0, passage["text"], passage["title"])
