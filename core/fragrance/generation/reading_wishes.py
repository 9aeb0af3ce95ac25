"""What of a text, and of named notes, is wished and not wished: odour words with weights, and materials."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import BadInput
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.generation import styles
from core.fragrance.generation.reading_words import Found
from core.fragrance.generation.wording import both
from core.fragrance.vocabulary import canonical, label, plain

PLACE_WEIGHT = 0.5  # of the odour words that a region or a tradition stands for


@dataclass(frozen=True)
class Wishes:
    """odour: weights over -1 to 1 by odour word. wanted, excluded: ids of materials. unread: what no list knows."""

    odour: dict[str, float]
    wanted: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def of_text(found: tuple[Found, ...]) -> Wishes:
    """The last word counts of two on one odour. Raises BadInput for one that is both wanted and without."""
    odour: dict[str, float] = {}
    for one in found:
        word, tradition = one.of("odour"), one.of("tradition")
        if word is not None:
            before = odour.get(word, one.weight)
            if min(before, one.weight) <= -1 and max(before, one.weight) > 0:
                raise contradiction(word)
            odour[word] = one.weight
        elif tradition is not None and not one.cue:
            stands_for(odour, styles.traditions()[tradition][1])
    named = [(material, one) for one in found if (material := one.of("material")) is not None]
    return Wishes(
        odour,
        tuple(material for material, one in named if one.weight > 0),
        tuple(material for material, one in named if one.cue in {"without", "not"}),
        tuple(one.word for _, one in named if one.cue == "less"),  # less of a material is not something to solve for
    )


def of_notes(notes: Iterable[str], without: Iterable[str], catalogue: Catalogue) -> Wishes:
    """Notes by name: an odour word where it is one, else a material, else not read."""
    odour: dict[str, float] = {}
    materials: dict[float, list[str]] = {1.0: [], -1.0: []}
    unread: list[str] = []
    for weight, names_given in ((1.0, notes), (-1.0, without)):
        for name in names_given:
            word, material = _odour_or_none(name), catalogue.named(name)
            if word is not None:
                if odour.get(word, weight) != weight:
                    raise contradiction(word)
                odour[word] = weight
            elif material is not None:
                materials[weight].append(material.id)
            else:
                unread.append(plain(name))
    return Wishes(odour, tuple(materials[1.0]), tuple(materials[-1.0]), tuple(unread))


def stands_for(odour: dict[str, float], weights: styles.Weights) -> None:
    """Add what a place or a tradition stands for, where the words say nothing of it."""
    largest = max(weights.values(), default=1.0)
    for word, weight in weights.items():
        odour.setdefault(word, PLACE_WEIGHT * weight / largest)


def contradiction(word: str) -> BadInput:
    names = both("name", label("odour", word, "en"), label("odour", word, "ko"))
    return BadInput("fragrance_generation.wanted_and_excluded", **names)


def _odour_or_none(word: str) -> str | None:
    try:
        return canonical("odour", word)
    except BadInput:
        return None
