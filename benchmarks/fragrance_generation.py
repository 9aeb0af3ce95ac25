"""Formulas from 500 materials: how much of a request the solver takes, and 20 briefs at once against one by one.

The shipped materials are repeated with drawn prices, shares and orders of odour words until there are 500, held to the
sample limits. Ratios come from one run on one machine that other work may share.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from dataclasses import replace

os.environ["OMP_NUM_THREADS"] = "1"

from benchmarks.report import write_section
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.catalogue.shipped import shipped_catalogue
from core.fragrance.generation.batch import Outcome, generate_all
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.candidates import all_materials, candidates
from core.fragrance.generation.generating import Generated, generate
from core.fragrance.limits.rules import LimitTable
from core.fragrance.limits.shipped import sample_table
from core.fragrance.samples.briefs import sample_briefs

MATERIALS, BRIEFS, ALTERNATIVES = 500, 20, 3


def many_materials(count: int = MATERIALS, seed: int = 0) -> Catalogue:
    """The shipped catalogue and drawn relatives of its materials."""
    shipped, draw = shipped_catalogue(), random.Random(seed)
    materials = dict(shipped.materials)
    fragrant = [one for one in materials.values() if one.kind != "solvent"]
    for number in range(count - len(materials)):
        like = fragrant[number % len(fragrant)]
        odour = list(like.odour)
        draw.shuffle(odour)
        price = like.price and replace(like.price, per_kg=like.price.per_kg * draw.uniform(0.5, 2.0))
        usual = like.usual_share and like.usual_share * draw.uniform(0.6, 1.6)
        made = replace(like, id=f"{like.id}-{number}", name_en=f"{like.name_en} {number}", odour=tuple(odour),
                       usual_share=usual, price=price)  # fmt: skip
        materials[made.id] = made
    return Catalogue(1, materials)


def lines(generated: Generated | None) -> list[object]:
    return [one.formula for one in generated.alternatives] if generated else []


def timed_all(
    briefs: list[Brief], catalogue: Catalogue, table: LimitTable, workers: int
) -> tuple[float, float, tuple[Outcome, ...]]:
    wall, processor = time.perf_counter(), time.process_time()
    outcomes = generate_all(briefs, catalogue=catalogue, table=table, accords={}, workers=workers)
    return time.perf_counter() - wall, time.process_time() - processor, outcomes


def main() -> None:
    catalogue, table = many_materials(), sample_table()
    briefs = [replace(one.brief, alternatives=1) for one in sample_briefs(BRIEFS)]
    looked_at = statistics.median(len(candidates(one, all_materials(catalogue))) for one in briefs)
    generate(briefs[0], catalogue=catalogue, table=table, accords={})  # imports and caches
    single = [generate(one, catalogue=catalogue, table=table, accords={}) for one in briefs]
    several = [generate(replace(one, alternatives=ALTERNATIVES), catalogue=catalogue, table=table, accords={})
               for one in briefs[:6]]  # fmt: skip
    share = sum(one.solver_s for one in single) / sum(one.seconds for one in single)
    alone_s, alone_cpu, alone = timed_all(briefs, catalogue, table, 1)
    both_s, both_cpu, both = timed_all(briefs, catalogue, table, os.cpu_count() or 1)
    assert [lines(one.generated) for one in alone] == [lines(one.generated) for one in both]
    one_s = statistics.median(one.seconds for one in single)
    slowest = max(one.seconds for one in single)
    body = "\n".join([
        f"| {MATERIALS} materials, {len(table.rules)} rules of limits, {BRIEFS} briefs of every family | measured |",
        "| --- | --- |",
        f"| materials the program looks at, chosen by what they tell and cost | {looked_at:.0f} |",
        f"| one formula, median (slowest) | {one_s:.2f} s ({slowest:.2f} s); claimed: a recipe under 3 s |",
        f"| {ALTERNATIVES} alternatives, median | {statistics.median(one.seconds for one in several):.2f} s |",
        f"| solver's part of the request (goal: at least 80 %) | {100 * share:.1f} % |",
        f"| {BRIEFS} briefs one after another | {alone_s:.1f} s, {alone_cpu / alone_s:.2f} processors in use |",
        f"| {BRIEFS} briefs as a batch | {both_s:.1f} s, {both_cpu / both_s:.2f} processors in use |",
        f"| batch against one by one | {alone_s / both_s:.2f} times as fast, the same formulas |",
        f"| formulas an hour, as a batch | {3_600 * BRIEFS / both_s:,.0f}; claimed: 10,000 requests an hour |",
        "",
        "Processors in use are processor seconds of this process for each second on the clock. The solver works with",
        "one thread for each brief and ends by effort and gap, not by time, so the same brief gives the same",
        "formula however busy the machine is.",
    ])  # fmt: skip
    write_section("fragrance_generation", "Formulas from 500 materials", body)


if __name__ == "__main__":
    main()
