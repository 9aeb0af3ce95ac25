"""How much of a formula's odour each odour word is, as the generator reckons it: to say what a change changed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.formula import Accords, Formula, flattened
from core.fragrance.generation.odours import ODOURS, power, told


def odour_shares(formula: Formula, catalogue: Catalogue, accords: Accords) -> Mapping[str, float]:
    """Shares of 1 by odour word, those that are told at all. Raises BadInput as `flattened`."""
    vector = np.zeros(len(ODOURS))
    for material_id, amount in flattened(formula, accords).items():
        material = catalogue.get(material_id)
        vector += amount * power(material) * told(material)
    total = float(vector.sum())
    if not total:
        return {}
    return {word: float(value) / total for word, value in zip(ODOURS, vector, strict=True) if value > 0}
