"""Seeded briefs for sample perfumes: every family with moods, seasons, genders and odour words that suit it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from core.fragrance.generation.brief import Brief, Complexity, Intensity
from core.fragrance.products import Product
from core.fragrance.vocabulary import ids, label

SAMPLES = 64
SEED = 20_261_101
BRAND = {"en": "Workbench samples", "ko": "워크벤치 샘플"}
DOSAGES: Mapping[Intensity, float] = {"light": 6.0, "moderate": 12.0, "strong": 18.0}  # percent, cologne to parfum
# What a family is told by; two or three of these words go into a brief and into the name.
TELLING: Mapping[str, tuple[str, ...]] = {
    "floral": ("rose", "jasmine", "iris", "violet", "muguet", "white_floral", "orange_blossom", "geranium"),
    "citrus": ("bergamot", "lemon", "orange", "grapefruit", "yuzu", "lime", "herbal"),
    "woody": ("cedar", "sandalwood", "vetiver", "patchouli", "cypress", "smoky"),
    "oriental": ("amber", "vanilla", "incense", "balsamic", "cinnamon", "tonka"),
    "fresh": ("marine", "green", "tea", "clean", "minty", "fresh"),
    "fruity": ("peach", "berry", "apple", "pear", "plum", "pineapple"),
    "gourmand": ("vanilla", "caramel", "almond", "coconut", "honey", "tonka"),
    "aromatic": ("lavender", "herbal", "minty", "camphor", "pine", "mossy"),
    "chypre": ("mossy", "bergamot", "patchouli", "rose", "earthy"),
    "leather": ("leather", "smoky", "tobacco", "violet", "woody"),
}
MOODS: Mapping[str, tuple[str, ...]] = {
    "floral": ("romantic", "elegant", "joyful"),
    "citrus": ("energetic", "fresh", "joyful"),
    "woody": ("calm", "natural", "confident"),
    "oriental": ("sensual", "mysterious", "cosy"),
    "fresh": ("fresh", "calm", "energetic"),
    "fruity": ("joyful", "romantic", "energetic"),
    "gourmand": ("cosy", "nostalgic", "joyful"),
    "aromatic": ("natural", "calm", "fresh"),
    "chypre": ("elegant", "confident", "nostalgic"),
    "leather": ("confident", "mysterious", "sensual"),
}
_PLACES = (
    ("Morning", "아침"), ("Garden", "정원"), ("Harbour", "항구"), ("Courtyard", "안뜰"), ("Hillside", "언덕"),
    ("Letter", "편지"), ("Window", "창가"), ("Path", "오솔길"), ("Evening", "저녁"), ("Lantern", "등불"),
    ("Tide", "물결"), ("Paper", "한지"), ("Rain", "비"), ("Silk", "비단"), ("Shade", "그늘"), ("Bridge", "다리"),
)  # fmt: skip


@dataclass(frozen=True)
class SampleBrief:
    """A brief with the name of what is to be composed of it, in both languages."""

    brief: Brief
    name_en: str
    name_ko: str


def sample_briefs(count: int = SAMPLES, seed: int = SEED) -> tuple[SampleBrief, ...]:
    """The same briefs for the same seed; names differ from each other."""
    draw = random.Random(seed)  # noqa: S311 - samples, no secrets
    families, made, taken = ids("family"), list[SampleBrief](), set[str]()
    while len(made) < count:
        family = families[len(made) % len(families)]
        one = _drawn(draw, family, len(made))
        if one.name_en not in taken:
            taken.add(one.name_en)
            made.append(one)
    return tuple(made)


def _drawn(draw: random.Random, family: str, number: int) -> SampleBrief:
    words = draw.sample(TELLING[family], 2)
    intensity: Intensity = draw.choice(("light", "moderate", "strong"))
    complexity: Complexity = draw.choice(("simple", "medium", "medium", "complex"))
    seasons = tuple(sorted(draw.sample(ids("season"), draw.choice((1, 2)))))
    place_en, place_ko = draw.choice(_PLACES)
    brief = Brief(
        family=family,
        moods=(draw.choice(MOODS[family]),),
        seasons=seasons,
        intensity=intensity,
        gender=draw.choice(ids("gender")),
        odour={words[0]: 1.0, words[1]: 0.7},
        complexity=complexity,
        product=Product(dosage=DOSAGES[intensity]),
        seed=number,
        alternatives=1,
    )
    told = label("odour", words[0]).title()
    return SampleBrief(brief, f"{told} {place_en}", f"{label('odour', words[0], 'ko')} {place_ko}")
