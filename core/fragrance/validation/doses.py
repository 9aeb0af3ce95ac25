"""What is validated: doses of materials in layers, from a formula or from names alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import BadInput
from core.fragrance.amounts import percent
from core.fragrance.catalogue.materials import POSITIONS, Catalogue, Material, Position
from core.fragrance.formulas.formula import Accords, Formula, flattened
from core.fragrance.validation.note_names import material_for


@dataclass(frozen=True, slots=True)
class Dose:
    """One material. ingredient: as it was given. material, position: None where not known. share: percent of the
    concentrate, over 0. is_read_as: the name given is that of a note, and the material is taken to be meant."""

    ingredient: str
    material: Material | None
    position: Position | None
    share: float
    is_read_as: bool = False

    @property
    def name(self) -> str:
        return self.material.name_en if self.material else self.ingredient

    @property
    def is_solvent(self) -> bool:
        return self.material is not None and self.material.kind == "solvent"


def doses_of(formula: Formula, catalogue: Catalogue, accords: Accords) -> tuple[Dose, ...]:
    """Accords taken apart; a material that the catalogue does not hold keeps its share. Raises as `flattened`."""
    found = []
    for ingredient, amount_mg in flattened(formula, accords).items():
        material = catalogue.materials.get(ingredient)
        if amount_mg > 0:
            found.append(Dose(ingredient, material, material.position if material else None, percent(amount_mg)))
    return tuple(found)


def doses_of_names(
    top: Sequence[str], heart: Sequence[str], base: Sequence[str], catalogue: Catalogue
) -> tuple[Dose, ...]:  # fmt: skip
    """Every name counts alike, in the layer it was given for. Raises BadInput where no name is given."""
    told: list[tuple[Position, str]] = [
        (position, name.strip())
        for position, names in zip(POSITIONS, (top, heart, base), strict=True)
        for name in names
        if name.strip()
    ]
    if not told:
        raise BadInput("fragrance_validation.no_names")
    share = 100.0 / len(told)
    return tuple(_read(name, position, share, catalogue) for position, name in told)


def _read(name: str, position: Position, share: float, catalogue: Catalogue) -> Dose:
    material = material_for(name, catalogue)
    return Dose(name, material, position, share, material is not None and catalogue.named(name) is None)
