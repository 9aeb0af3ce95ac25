"""Which ingredient a typed name means: a material or an accord; with the nearest known names where it means none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from core.errors import BadInput
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.formula import ACCORD, Accords
from core.fragrance.vocabulary import plain

CAS = re.compile(r"\d{2,7}-\d{2}-\d")
HANGUL = re.compile("[가-힣]")
MOST_NAMED = 5  # of names in one sentence
NEAR = 0.7  # of 1, the least likeness of a name that is offered
LONGEST_NAME = 60  # letters shown of one that is not known


def ingredients_named(
    names: Sequence[str], catalogue: Catalogue, accords: Accords, accord_names: Mapping[str, str]
) -> tuple[str, ...]:  # fmt: skip
    """Ids of materials or `accord:ID`, one for each name. accord_names: names by id.

    A material goes before an accord of the same name. Raises BadInput naming those that are not known together with
    the nearest known names, or a CAS number that several materials carry.
    """
    by_name: dict[str, str] = {}
    for accord in sorted(accord_names):
        by_name.setdefault(plain(accord_names[accord]), accord)
    found = [_found(name, catalogue, accords, by_name) for name in names]
    unknown = list(dict.fromkeys(name.strip() for name, one in zip(names, found, strict=True) if one is None))
    if unknown:
        raise _not_known(unknown, catalogue, accord_names)
    return tuple(one for one in found if one is not None)


def _found(name: str, catalogue: Catalogue, accords: Accords, by_name: Mapping[str, str]) -> str | None:
    if name.startswith(ACCORD):
        if name.removeprefix(ACCORD) not in accords:
            raise BadInput("fragrance.unknown_accord", accord=name.removeprefix(ACCORD))
        return name
    material = catalogue.named(name)
    if material is not None:
        if material.cas and CAS.fullmatch(name.strip()):
            _require_one_of(material.cas, catalogue)
        return material.id
    accord = by_name.get(plain(name))
    return f"{ACCORD}{accord}" if accord in accords else None


def _require_one_of(cas: str, catalogue: Catalogue) -> None:
    alike = [one for one in catalogue.materials.values() if one.cas == cas]
    if len(alike) > 1:
        names = ", ".join(one.name_en for one in alike[:MOST_NAMED])
        raise BadInput("fragrance_formulas.cas_of_several", cas=cas, names=names)


def _not_known(unknown: Sequence[str], catalogue: Catalogue, accord_names: Mapping[str, str]) -> BadInput:
    shown = ", ".join(f"'{name[:LONGEST_NAME]}'" for name in unknown[:MOST_NAMED])
    shown += " …" if len(unknown) > MOST_NAMED else ""
    nearest = list(
        dict.fromkeys(one for name in unknown[:MOST_NAMED] for one in nearest_names(name, catalogue, accord_names))
    )
    if nearest:
        return BadInput("fragrance_formulas.unknown_with_nearest", names=shown, nearest=", ".join(nearest))
    return BadInput("fragrance_formulas.unknown", names=shown)


def nearest_names(name: str, catalogue: Catalogue, accord_names: Mapping[str, str], most: int = 3) -> tuple[str, ...]:
    """Known names most like this one, the likest first; Korean ones for a Korean name."""
    is_korean = bool(HANGUL.search(name))
    materials = (one.name("ko" if is_korean else "en") for one in catalogue.materials.values())
    known = {plain(one): one for one in sorted({*materials, *accord_names.values()})}
    return tuple(known[one] for one in get_close_matches(plain(name[:LONGEST_NAME]), sorted(known), most, NEAR))


def shown(
    ingredient: str, catalogue: Catalogue, language: str = "en", accord_names: Mapping[str, str] | None = None
) -> str:  # fmt: skip
    """The name to be shown of a line's ingredient; its id where it has none."""
    if ingredient.startswith(ACCORD):
        return (accord_names or {}).get(ingredient.removeprefix(ACCORD), ingredient)
    material = catalogue.materials.get(ingredient)
    return material.name(language) if material else ingredient
