"""A perfumery material and the catalogue of them; every group of facts names its source, and None means not known."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal, get_args

from core.errors import BadInput

Kind = Literal["natural", "molecule", "base", "solvent"]
Position = Literal["top", "heart", "base"]
KINDS: tuple[Kind, ...] = get_args(Kind)
POSITIONS: tuple[Position, ...] = get_args(Position)


@dataclass(frozen=True, slots=True)
class Constituent:
    """A substance that a material holds. share: the highest usual one, percent of the material."""

    cas: str
    name: str
    share: float
    source: str


@dataclass(frozen=True, slots=True)
class Price:
    """per_kg: in `currency` for one kilogram. on: when it was quoted or entered. is_sample: nobody quoted it."""

    per_kg: float
    currency: str
    on: date
    source: str
    is_sample: bool = True


@dataclass(frozen=True)
class Material:
    """One material. None: not known, which is never taken for harmless.

    family: odour family of materials (`vocabulary`). odour: ids of odour words, most telling first.
    strength: 0 odourless to 4 very high. vapour_pressure_pa: at 25 °C. boiling_point_c: at 101.3 kPa.
    molar_mass: g/mol.
    volatility_is_estimated: the pressure is worked out or guessed, not measured. usual_share, highest_share: percent of
    the concentrate. stock_g: grams at hand. constituents: substances that limits or labelling ask for; None where they
    are not known, () where it is known that there are none besides itself. sources: by group of facts (identity,
    odour, volatility, use, constituents), keys of `sources.csv` or free words.
    """

    id: str
    name_en: str
    name_ko: str
    kind: Kind
    cas: str | None
    family: str
    position: Position
    odour: tuple[str, ...] = ()
    strength: int | None = None
    vapour_pressure_pa: float | None = None
    boiling_point_c: float | None = None
    molar_mass: float | None = None
    volatility_is_estimated: bool = True
    usual_share: float | None = None
    highest_share: float | None = None
    price: Price | None = None
    stock_g: float | None = None
    solubility: str = ""
    constituents: tuple[Constituent, ...] | None = None
    description_en: str = ""
    description_ko: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    is_sample: bool = False

    def name(self, language: str) -> str:
        return self.name_ko if language == "ko" and self.name_ko else self.name_en


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The materials of one generation, by id."""

    generation: int
    materials: Mapping[str, Material]

    def get(self, material_id: str) -> Material:
        """Raises BadInput for an id that is not in the catalogue."""
        try:
            return self.materials[material_id]
        except KeyError:
            raise BadInput("fragrance.unknown_material", name=material_id) from None

    def named(self, text: str) -> Material | None:
        """The material with this id, CAS number, English or Korean name; None where there is none."""
        return self._by_name.get(_plain(text))

    @cached_property
    def _by_name(self) -> dict[str, Material]:
        found: dict[str, Material] = {}
        for material in self.materials.values():
            for name in (material.id, material.cas or "", material.name_en, material.name_ko):
                if name:
                    found.setdefault(_plain(name), material)
        parts: dict[str, list[Material]] = {}
        for material in self.materials.values():
            for name in (*_parts(material.name_en), *_parts(material.name_ko)):
                parts.setdefault(_plain(name), []).append(material)
        one_meaning = {name: meant[0] for name, meant in parts.items() if len(meant) == 1}
        return {**one_meaning, **found}  # names of their own come first


def _parts(name: str) -> tuple[str, ...]:
    """A chemist's and a trade name, of `methyl dihydrojasmonate (Hedione)`; nothing where no second name stands."""
    before, bracket, within = name.partition("(")
    return (before.strip(), within.rstrip(") ")) if bracket and before.strip() and within.rstrip(") ") else ()


def _plain(text: str) -> str:
    """Names alike but for case, blanks and hyphens are one."""
    return "".join(unicodedata.normalize("NFC", text).casefold().replace("-", " ").split())
