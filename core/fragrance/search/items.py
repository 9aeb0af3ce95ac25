"""What can be found: perfumes, materials, formulas, each as words to look up, texts to encode and facts to filter."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import select

from core.fragrance import vocabulary
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.catalogue.documents import perfume_of
from core.fragrance.catalogue.materials import Catalogue, Material
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.formulas.formula import ACCORD
from core.fragrance.search.concepts import concepts_in
from core.fragrance.vocabulary import Field
from core.storage.database import reading
from core.storage.perfumery_tables import fragrance_formula_versions as versions
from core.storage.perfumery_tables import fragrance_formulas as formulas
from core.storage.perfumery_tables import fragrance_items

Collection = Literal["fragrance_perfumes", "fragrance_notes", "recipes"]
COLLECTIONS: tuple[Collection, ...] = get_args(Collection)
PERFUMES, MATERIALS, RECIPES = COLLECTIONS
AT_ONCE = 1000  # perfumes that are read from the database together


@dataclass(frozen=True)
class Item:
    """words: to be looked up. windows: texts that get a vector each. What is not known is None or ().

    price: of a bottle, in `currency`. owner: of a formula; "" for what everybody may read.
    """

    id: str
    collection: Collection
    name: str
    words: str
    windows: tuple[str, ...]
    notes: tuple[str, ...] = ()
    brand: str | None = None
    family: str | None = None
    gender: str | None = None
    seasons: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    price: float | None = None
    currency: str | None = None
    longevity_h: float | None = None
    is_sample: bool = False
    owner: str = ""
    is_public: bool = True

    @property
    def sha256(self) -> str:
        """Of the texts that are encoded."""
        return hashlib.sha256("\0".join(self.windows).encode("utf-8", "replace")).hexdigest()


def stored_items() -> Iterator[Item]:
    """Everything that is in the database and not removed, by collection and id."""
    items = fragrance_items
    perfumes = select(items.c.document).where(items.c.kind == "perfume", items.c.removed_at.is_(None))
    with reading() as connection:
        # A few at a time: a hundred thousand documents at once would take half a gigabyte.
        for row in connection.execute(perfumes.order_by(items.c.id).execution_options(yield_per=AT_ONCE)):
            yield perfume_item(perfume_of(row.document))
    catalogue = current_catalogue()
    for material in catalogue.materials.values():
        yield material_item(material)
    yield from formula_items(catalogue)


def perfume_item(perfume: Perfume) -> Item:
    """Notes and description are encoded apart: a small encoder hears one thing at a time."""
    notes = ", ".join(perfume.all_notes)
    told = _labels(family=perfume.family, gender=perfume.gender, season=perfume.seasons, mood=perfume.moods)
    head = f"{perfume.name}, {perfume.brand}" if perfume.brand else perfume.name
    return Item(
        perfume.id, PERFUMES, perfume.name,
        _words(perfume.name, perfume.brand, notes, perfume.description, told, _equivalents(perfume.all_notes)),
        _windows(head, notes, perfume.description), perfume.all_notes, perfume.brand or None, perfume.family,
        perfume.gender, perfume.seasons, perfume.moods, perfume.price, perfume.currency, perfume.longevity_h,
        perfume.is_sample,
    )  # fmt: skip


def material_item(material: Material) -> Item:
    """Its notes are its odour words; a price per kilogram is no bottle's price, so it has none here."""
    odour = tuple(vocabulary.label("odour", one) for one in material.odour)
    told = _labels(material_family=material.family, odour=material.odour)
    names = f"{material.name_en} {material.name_ko}".strip()
    description = "\n".join(filter(None, (material.description_en, material.description_ko)))
    return Item(
        material.id, MATERIALS, material.name_en or material.name_ko,
        _words(names, material.cas or "", told, description, _equivalents((names,))),
        _windows(names, ", ".join(odour), description), (names, *odour), family=material.family,
        is_sample=material.is_sample,
    )  # fmt: skip


def formula_items(catalogue: Catalogue) -> Iterator[Item]:
    """Formulas in their present version; what they are made of are their notes, without amounts."""
    found = (
        select(formulas, versions.c.lines, versions.c.brief, versions.c.story)
        .join(versions, (versions.c.formula_id == formulas.c.id) & (versions.c.number == formulas.c.version))
        .where(formulas.c.removed_at.is_(None))
        .order_by(formulas.c.id)
    )
    with reading() as connection:
        rows = connection.execute(found).mappings().all()
    for row in rows:
        ids = [str(ingredient) for ingredient, _ in row["lines"]]
        held = [catalogue.materials[one] for one in ids if not one.startswith(ACCORD) and one in catalogue.materials]
        notes = tuple(one.name_en for one in held if one.kind != "solvent")
        told = "\n".join((*_texts(row["brief"]), *_texts(row["story"])))
        yield Item(
            row["id"], RECIPES, row["name"],
            _words(row["name"], ", ".join(notes), told, _equivalents(notes)),
            _windows(row["name"], ", ".join(notes), told), notes, is_sample=row["is_sample"], owner=row["owner"],
            is_public=row["is_public"],
        )  # fmt: skip


def _labels(**fields: str | tuple[str, ...] | None) -> str:
    """The words of ids in both languages, so that either finds them."""
    found: list[str] = []
    for field, value in fields.items():
        for one in (value,) if isinstance(value, str) else value or ():
            named: Field = field  # type: ignore[assignment]
            found += [vocabulary.label(named, one, "en"), vocabulary.label(named, one, "ko")]
    return " ".join(dict.fromkeys(found))


def _equivalents(notes: tuple[str, ...]) -> str:
    """What the notes name, in Korean, and in English where it is spelt another way there."""
    written = " ".join(notes).casefold()
    found: list[str] = []
    for concept in concepts_in(notes):
        found += [concept.ko] if concept.en in written else [concept.ko, concept.en]
    return " ".join(dict.fromkeys(found))


def _windows(head: str, notes: str, description: str) -> tuple[str, ...]:
    parts = [part.strip() for part in (notes, description) if part.strip()]
    return tuple(f"{head}\n{part}" for part in parts) or (head,)


def _words(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _texts(value: Any) -> Iterator[str]:
    """Every sentence of a stored brief or story; ids and numbers are none."""
    if isinstance(value, str) and " " in value:
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
