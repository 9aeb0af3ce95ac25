"""Perfumes drawn from the vocabulary, told in words and without a formula: to try a training where none are at hand.

They follow the families' own words, so there is something to learn; they are nobody's perfumes, and what is trained on
them is never published.
"""

from __future__ import annotations

import random

from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.samples.briefs import MOODS, TELLING
from core.fragrance.vocabulary import ids, label

SOURCE = "drawn"
TOP = ("bergamot", "lemon", "grapefruit", "pepper", "green", "pear", "minty", "yuzu", "cardamom", "tea")
BASE = ("musk", "cedar", "sandalwood", "vetiver", "amber", "vanilla", "patchouli", "mossy", "tonka", "incense")
PROSE = (
    "A {mood} {family} for {season}: it opens with {top}, {heart} follows, and {base} stays on the skin.",
    "{top} first, then {heart} over {base}. Made for {season} days and a {mood} hour.",
    "{season}에 어울리는 {mood} {family} 계열로, {top} 다음에 {heart} 향이 이어지고 {base} 향이 오래 남습니다.",
    "{top}, {heart}, {base} 순으로 번지는 {mood} 향입니다. 잘 어울리는 계절: {season}.",
)


def drawn_perfumes(count: int, seed: int = 0) -> tuple[Perfume, ...]:
    """The same for the same seed; every family in turn, English and Korean prose in turn."""
    draw = random.Random(seed)  # noqa: S311 - examples, no secrets
    return tuple(_drawn(draw, number) for number in range(count))


def _drawn(draw: random.Random, number: int) -> Perfume:
    families = ids("family")
    family = families[number % len(families)]
    heart = draw.sample(TELLING[family], 2)
    top, base = (draw.sample([one for one in words if one not in heart], 2) for words in (TOP, BASE))
    mood, season = draw.choice(MOODS[family]), draw.choice(ids("season"))
    prose = PROSE[number % len(PROSE)]
    language = "ko" if prose in PROSE[2:] else "en"
    told = {name: ", ".join(label("odour", one, language) for one in words)
            for name, words in (("top", top), ("heart", heart), ("base", base))}  # fmt: skip
    words = {"mood": label("mood", mood, language), "season": label("season", season, language)}
    description = prose.format(family=label("family", family, language), **words, **told)
    return Perfume(
        id=f"drawn-{number:04}", name=f"No. {number + 1}", brand="",
        description=description[0].upper() + description[1:],
        family=family, gender=draw.choice(ids("gender")), seasons=(season,), moods=(mood,),
        top=tuple(label("odour", one) for one in top), heart=tuple(label("odour", one) for one in heart),
        base=tuple(label("odour", one) for one in base), source=SOURCE, is_sample=True,
    )  # fmt: skip
