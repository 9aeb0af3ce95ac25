"""Which material the bare name of a note stands for: perfumes tell "bergamot", the catalogue holds bergamot oil."""

from __future__ import annotations

import re
import unicodedata

from core.fragrance.catalogue.materials import Catalogue, Material

# In the order to be taken where there are several: rose oil before rose absolute.
FORMS = ("oil", "absolute", "resinoid", "butter", "extract", "base", "오일", "앱솔루트", "레지노이드", "버터", "추출물",
         "베이스")  # fmt: skip


def material_for(name: str, catalogue: Catalogue) -> Material | None:
    """The material of this name, else the plain one whose name is this and a form, as in "bergamot" and "bergamot oil";
    None where there is none, for no other is near enough."""
    exact = catalogue.named(name)
    if exact is not None:
        return exact
    wanted = {f"{_stem(name)} {form}": place for place, form in enumerate(FORMS)}
    found = [
        (wanted[stem], len(written), material.id)
        for material in catalogue.materials.values()
        for written in (material.name_en, material.name_ko)
        if (stem := _stem(written)) in wanted
    ]
    return catalogue.materials[min(found)[2]] if found else None


def _stem(name: str) -> str:
    """Without what stands after a comma or in brackets: "lemon oil, cold pressed" is lemon oil."""
    bare = re.split(r"[,(]", unicodedata.normalize("NFC", name).casefold().replace("-", " "))[0]
    return " ".join(bare.split())
