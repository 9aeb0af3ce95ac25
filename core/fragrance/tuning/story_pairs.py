"""Pairs of a brief and the story it should get: looked through item by item, kept as files, divided for a training."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BadInput, NotFound
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.tuning.pairs import briefs_for, facets
from core.knowledge.notices import Notice
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings

FEWEST = 10
MOST = 20_000
LONGEST = 8_000  # letters of an input or an output
HELD_OUT, FEWEST_HELD_OUT = 0.2, 2
FIELDS = ("input", "output")


@dataclass(frozen=True)
class StoryPair:
    """input: what is asked. output: what should be answered."""

    input: str
    output: str


@dataclass(frozen=True)
class ItemProblem:
    """item: its place, from 0. notice: what is wrong with it, in one sentence."""

    item: int
    notice: Notice


@dataclass(frozen=True)
class Divided:
    """sha256: of the pairs in their order. synthetic: made of our own samples."""

    train: tuple[StoryPair, ...]
    held_out: tuple[StoryPair, ...]
    source: str
    sha256: str
    synthetic: bool


def problems(items: Sequence[object]) -> tuple[ItemProblem, ...]:
    """Everything that keeps items from being trained on, in their order; () where all of them can be used."""
    found, seen = list[ItemProblem](), dict[tuple[str, str], int]()
    for number, item in enumerate(items):
        notice = _problem(item)
        if notice is None:
            assert isinstance(item, Mapping)
            pair = (item["input"].strip(), item["output"].strip())
            if pair in seen:
                notice = Notice("fragrance_tuning.item_repeated", {"item": number + 1, "first": seen[pair] + 1})
            seen.setdefault(pair, number)
        if notice is not None:
            found.append(ItemProblem(number, Notice(notice.key, {**notice.details, "item": number + 1})))
    return tuple(found)


def story_pairs(items: Sequence[object]) -> tuple[StoryPair, ...]:
    """The items as pairs. Raises BadInput for too few or too many, and for the first that cannot be used."""
    if len(items) < FEWEST:
        raise BadInput("fragrance_tuning.too_few_items", count=len(items), fewest=FEWEST)
    if len(items) > MOST:
        raise BadInput("fragrance_tuning.too_many_items", count=len(items), most=MOST)
    for one in problems(items):
        raise BadInput(one.notice.key, **one.notice.details)
    return tuple(StoryPair(item["input"].strip(), item["output"].strip()) for item in items)  # type: ignore[index]


def read_jsonl(content: bytes) -> list[object]:
    """One item a line. Raises BadInput naming the first line that is no JSON."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadInput("fragrance_tuning.not_utf8") from error
    items = list[object]()
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                items.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                raise BadInput("fragrance_tuning.not_json", line=number) from error
    return items


def keep(pairs: Sequence[StoryPair], *, principal: Principal) -> str:
    """Write the pairs under the home folder; the SHA-256 that a training asks for them by. Needs the right to train."""
    require(principal, Permission.FRAGRANCE_WRITE)
    content = "".join(_line(pair) for pair in pairs).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    place = _place(sha256)
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".writing-", delete=False) as file:
            file.write(content)
        Path(file.name).replace(place)
    return sha256


def kept(sha256: str, *, principal: Principal) -> tuple[StoryPair, ...]:
    """The pairs kept under this SHA-256; whoever can name it had the pairs. Raises NotFound."""
    require(principal, Permission.FRAGRANCE_WRITE)
    if not re.fullmatch(r"[0-9a-f]{64}", sha256) or not _place(sha256).exists():
        raise NotFound("fragrance_tuning.no_such_pairs", sha256=sha256[:64])
    return story_pairs(read_jsonl(_place(sha256).read_bytes()))


def sample_pairs(perfumes: Iterable[Perfume], *, briefs_each: int = 2, seed: int = 0) -> tuple[StoryPair, ...]:
    """Briefs of perfumes that something is told of, each with the perfume's own prose. Raises BadInput for too few."""
    pairs = [
        {"input": brief, "output": one.description}
        for one in sorted(perfumes, key=lambda perfume: perfume.id)
        if one.description.strip() and facets(one)
        for brief in briefs_for(one, count=briefs_each, seed=seed)
    ]
    return story_pairs(pairs[:MOST])


def divided(pairs: Sequence[StoryPair], *, source: str, synthetic: bool, seed: int = 0) -> Divided:
    """A fifth is held out, and never an output that is also trained on. Raises BadInput for a single output."""
    outputs = sorted(
        {pair.output for pair in pairs}, key=lambda text: hashlib.sha256(f"{seed}:{text}".encode()).digest()
    )
    if len(outputs) <= FEWEST_HELD_OUT:
        raise BadInput("fragrance_tuning.outputs_alike", count=len(outputs))
    held_out = set(outputs[: max(FEWEST_HELD_OUT, round(HELD_OUT * len(outputs)))])
    return Divided(
        tuple(pair for pair in pairs if pair.output not in held_out),
        tuple(pair for pair in pairs if pair.output in held_out),
        source,
        hashlib.sha256("".join(_line(pair) for pair in pairs).encode()).hexdigest(),
        synthetic,
    )


def _problem(item: object) -> Notice | None:
    if not isinstance(item, Mapping):
        return Notice("fragrance_tuning.item_no_object")
    for field in FIELDS:
        value: Any = item.get(field)
        if not isinstance(value, str) or not value.strip():
            return Notice("fragrance_tuning.item_empty", {"field": field})
        if len(value) > LONGEST:
            return Notice("fragrance_tuning.item_too_long", {"field": field, "letters": len(value), "most": LONGEST})
    return None


def _line(pair: StoryPair) -> str:
    return json.dumps({"input": pair.input, "output": pair.output}, ensure_ascii=False) + "\n"


def _place(sha256: str) -> Path:
    return get_settings().data_dir / "fragrance" / "training_pairs" / f"{sha256}.jsonl"
