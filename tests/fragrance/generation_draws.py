"""Catalogues, limits and briefs drawn by a seed, so that the generator meets what nobody would write by hand."""

from __future__ import annotations

import random
from datetime import date

from core.fragrance.catalogue.materials import POSITIONS, Catalogue, Constituent, Material, Price
from core.fragrance.generation.brief import Brief
from core.fragrance.limits.rules import LimitTable, Rule
from core.fragrance.products import Product
from core.fragrance.vocabulary import ids

ON = date(2025, 1, 1)
SUBSTANCES = tuple(f"{100 + number}-{number % 90 + 10}-{number % 10}" for number in range(12))
NO_LIMITS = LimitTable("none", "No limits", "0", ON, (), True, "test")


def table_of(*rules: Rule) -> LimitTable:
    return LimitTable("test", "Test table", "1", ON, rules, True, "test")


def drawn_catalogue(seed: int, count: int = 36) -> Catalogue:
    """Materials of every kind of gap: without strength, price, stock, highest share or known constituents."""
    draw = random.Random(seed)
    materials = [_material(draw, number) for number in range(count)]
    return Catalogue(seed, {one.id: one for one in materials})


def _material(draw: random.Random, number: int) -> Material:
    usual = round(draw.choice((0.05, 0.5, 2.0, 5.0, 8.0, 12.0)) * draw.uniform(0.5, 1.5), 3)
    is_solvent = number == 0
    held = tuple(
        Constituent(cas, cas, round(draw.uniform(0.1, 60.0), 2), "test")
        for cas in draw.sample(SUBSTANCES, draw.choice((0, 0, 0, 1, 2)))
    )
    return Material(
        id=f"m{number:03d}",
        name_en=f"Material {number}",
        name_ko=f"원료 {number}",
        kind="solvent" if is_solvent else draw.choice(("natural", "molecule", "molecule", "base")),
        cas=f"{2000 + number}-11-{number % 10}",
        family="floral",
        position=POSITIONS[number % 3],
        odour=() if is_solvent else tuple(draw.sample(ids("odour"), draw.randint(1, 4))),
        strength=0 if is_solvent else draw.choice((None, 1, 2, 2, 3, 4)),
        vapour_pressure_pa=draw.choice((None, 0.01, 1.0, 100.0)),
        usual_share=draw.choice((usual, usual, None)),
        highest_share=draw.choice((min(100.0, 3 * usual), 40.0, 40.0, None)),
        price=None if draw.random() < 0.1 else Price(float(draw.randint(5_000, 900_000)), "KRW", ON, "test"),
        stock_g=draw.choice((None, 5.0, 500.0)),
        constituents=None if draw.random() < 0.08 else held,
    )


def drawn_limits(seed: int) -> LimitTable:
    draw = random.Random(seed)
    rules = []
    for number in range(draw.randint(0, 8)):
        kind = draw.choice(("limit", "limit", "group", "prohibited", "specification"))
        several = draw.sample(SUBSTANCES, 3) if kind == "group" else [draw.choice(SUBSTANCES)]
        limits = {"4": round(draw.choice((0.01, 0.1, 0.5, 2.0)) * draw.uniform(0.5, 1.5), 4)}
        rules.append(
            Rule(f"r{number}", kind, f"Rule {number}", tuple(several), limits if kind in {"limit", "group"} else {})
        )
    return table_of(*rules)


def drawn_brief(seed: int, catalogue: Catalogue) -> Brief:
    draw = random.Random(seed)
    named = sorted(catalogue.materials)
    chosen = draw.sample(named, 4)
    return Brief(
        family=draw.choice((None, *ids("family"))),
        moods=tuple(draw.sample(ids("mood"), draw.randint(0, 2))),
        seasons=tuple(draw.sample(ids("season"), draw.randint(0, 2))),
        intensity=draw.choice(("light", "moderate", "strong")),
        gender=draw.choice((None, *ids("gender"))),
        odour={word: draw.choice((1.0, 0.5, -0.5, -1.0)) for word in draw.sample(ids("odour"), draw.randint(0, 3))},
        wanted=tuple(chosen[: draw.choice((0, 0, 1, 2))]),
        excluded=tuple(chosen[2 : draw.choice((2, 2, 3, 4))]),
        budget_per_kg=draw.choice((None, None, 100_000.0, 400_000.0)),
        complexity=draw.choice(("simple", "medium")),
        product=Product(dosage=draw.choice((5.0, 15.0, 25.0))),
        batch_g=draw.choice((5.0, 20.0, 100.0)),
        stock_is_limit=draw.random() < 0.2,
        seed=draw.randint(0, 10**6),
        alternatives=draw.choice((1, 2)),
    )
