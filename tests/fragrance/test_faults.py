"""What goes wrong around the studio: processes killed, two editors at once, a database away, words meant to harm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from core.errors import BadInput, Conflict, NotAllowed, Unavailable, UploadRejected, WorkbenchError
from core.fragrance import generations
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.catalogue.importing import plan_import
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.catalogue.stored import perfumes, save_material, stored_material
from core.fragrance.formulas.costs import cost_of_concentrate
from core.fragrance.formulas.formula import DEEPEST, MOST_PARTS, Formula, Line, flattened, parts_of
from core.fragrance.formulas.keeping import mark_as_accord
from core.fragrance.formulas.stored import StoredFormula, accords_for, list_formulas, save_formula, save_version
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.generating import generate
from core.fragrance.generation.reading_briefs import Given, read_brief
from core.fragrance.generation.reading_words import LONGEST
from core.fragrance.limits.checking import LimitsReport, check
from core.fragrance.limits.stored import current_limits
from core.fragrance.products import Product
from core.fragrance.samples import perfumes as samples
from core.fragrance.search import vectors
from core.fragrance.search.finding import find_perfumes
from core.fragrance.search.index import bring_up_to_date
from core.fragrance.search.reading_queries import read_query
from core.knowledge.retrieval.snapshots import FACTS
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage import generations as stored_generations
from core.storage.database import writing
from tests.fragrance import search_home

ADA = Principal("ada", Role.RESEARCHER)
CUSTOMER = Principal("customer", Role.ANALYST)


def all_at_once(calls: Sequence[Callable[[], object]]) -> list[object]:
    """What each gives or raises."""

    def outcome(call: Callable[[], object]) -> object:
        try:
            return call()
        except WorkbenchError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(outcome, calls))


# Two at once


@pytest.mark.fault(
    "two users at once", "both save one material",
    "one is told, nothing is lost",
)  # fmt: skip
def test_when_two_save_the_same_material_at_once_then_one_is_told_and_nothing_is_lost(home: Path) -> None:
    there = stored_material("linalool", ADA)
    changes = [replace(there.material, stock_g=float(number)) for number in range(4)]

    found = all_at_once(
        [lambda one=one: save_material(one, expected_revision=there.revision, principal=ADA) for one in changes]
    )

    assert sum(isinstance(one, Conflict) for one in found) == 3
    assert stored_material("linalool", ADA).revision == there.revision + 1


def test_when_two_put_accords_into_each_other_at_once_then_no_circle_is_stored(home: Path) -> None:
    first, second = (accord(name, Formula((Line("linalool", 100_000),))) for name in ("first", "second"))
    pairs = ((first, second), (second, first))

    found = all_at_once(
        [
            lambda one=one, other=other: save_version(
                one.id, Formula((Line(f"accord:{other.id}", 100_000),)), expected=one.version, principal=ADA
            )
            for one, other in pairs
        ]
    )

    assert sum(isinstance(one, BadInput) for one in found) == 1
    accords = accords_for(ADA)
    assert all(flattened(one, accords) == {"linalool": 100_000} for one in accords.values())


# Killed between two steps

KILLED = """
import os, signal, sys
from core.fragrance.samples import perfumes as samples
from core.security.policy import LOCAL_ANALYST
def die(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)
samples.save_perfumes_in = die
samples.compose_samples(principal=LOCAL_ANALYST, count=1)
"""


def test_when_a_process_is_killed_while_it_stores_a_sample_then_no_half_of_it_is_there(home: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED], env=os.environ.copy(), check=False)

    assert ended.returncode == -signal.SIGKILL
    assert list_formulas(principal=LOCAL_ANALYST) == () and perfumes(ADA) == ()
    samples.compose_samples(principal=LOCAL_ANALYST, count=1)
    assert len(list_formulas(principal=LOCAL_ANALYST)) == len(perfumes(ADA)) == 1


def test_when_another_process_stored_a_sample_meanwhile_then_it_is_there_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.compose_samples(principal=LOCAL_ANALYST, count=1)
    monkeypatch.setattr(samples, "stored_perfumes", lambda *_, **__: ())

    assert samples.compose_samples(principal=LOCAL_ANALYST, count=1) == ()
    assert len(list_formulas(principal=LOCAL_ANALYST)) == len(perfumes(ADA)) == 1


def test_when_samples_are_asked_for_by_one_who_may_not_write_then_none_is_composed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "generate", lambda *_, **__: pytest.fail("composed"))

    with pytest.raises(NotAllowed):
        samples.compose_samples(principal=CUSTOMER, count=1)
    assert list_formulas(principal=LOCAL_ANALYST) == ()


def test_when_encoding_ends_right_after_its_last_batch_then_search_sees_the_vectors_all_the_same(
    home: Path, small_shipped: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_home.use(monkeypatch, search_home.encoder())
    search_home.fill(encoded=False)

    def killed_when_done(done: int, count: int) -> None:
        if done == count:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        vectors.encode_missing(killed_when_done, principal=ADA)

    answer = find_perfumes("rose", principal=ADA)
    assert "vectors" in answer.legs


# The database away, files broken


@contextmanager
def away() -> Any:
    raise Unavailable("storage.database_down")
    yield


def test_when_the_database_goes_away_then_the_earlier_catalogue_and_limits_serve_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue, limits = current_catalogue(), current_limits()
    monkeypatch.setattr(generations, "LOOK_EVERY_S", 0.0)
    with monkeypatch.context() as broken:
        broken.setattr(stored_generations, "reading", away)
        assert current_catalogue() is catalogue
        assert current_limits() is limits

    there = stored_material("linalool", ADA)
    save_material(replace(there.material, stock_g=7.0), expected_revision=there.revision, principal=ADA)
    assert current_catalogue().get("linalool").stock_g == 7.0


def test_when_there_is_no_earlier_catalogue_then_its_absence_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_generations, "reading", away)

    with pytest.raises(Unavailable):
        current_catalogue()


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b'{"items": 3}', b"\x00\x00"])
def test_when_the_facts_of_the_search_index_are_broken_then_it_is_built_anew(
    home: Path, small_shipped: Catalogue, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    from core.fragrance.search import index

    search_home.use(monkeypatch, None)
    search_home.fill(encoded=False)
    bring_up_to_date()
    facts = next(home.rglob(FACTS))
    facts.write_bytes(content)
    index._serving.cache_clear()  # as another process would begin

    answer = find_perfumes("dark rose", principal=ADA)

    assert answer.results[0].id == "rose-oud"
    assert "fragrance_search.encoder_away" in {one.key for one in answer.notices}


# Accords


def accord(name: str, formula: Formula) -> StoredFormula:
    stored = save_formula(name, formula, principal=ADA)
    return mark_as_accord(stored.id, principal=ADA)


def exploding(width: int, depth: int) -> tuple[Formula, dict[str, Formula]]:
    """Accords of `width` accords each, `depth` of them within each other."""
    share = 100_000 // width
    accords = {f"a{depth}-{place}": Formula((Line("linalool", 100_000),)) for place in range(width)}
    for level in range(depth):
        below = tuple(Line(f"accord:a{level + 1}-{place}", share) for place in range(width))
        accords |= {f"a{level}-{place}": Formula(below) for place in range(width)}
    return accords["a0-0"], accords


@pytest.mark.parametrize(("width", "depth"), [(10, 12), (1, DEEPEST + 1)])
def test_when_accords_nest_beyond_all_bounds_then_every_way_of_taking_apart_refuses_alike(
    catalogue: Catalogue, width: int, depth: int
) -> None:
    formula, accords = exploding(width, depth)
    ways: tuple[Callable[[], object], ...] = (
        lambda: flattened(formula, accords),
        lambda: parts_of(formula, accords),
        lambda: cost_of_concentrate(formula, catalogue=catalogue, accords=accords),
        lambda: check(formula, Product(), catalogue=catalogue, table=current_limits(), accords=accords),
    )

    for way in ways:
        with pytest.raises(BadInput, match=f"{MOST_PARTS:,}"):
            way()


def test_when_accords_nest_as_a_perfumer_nests_them_then_the_whole_is_kept() -> None:
    formula, accords = exploding(2, 4)

    assert flattened(formula, accords) == pytest.approx({"linalool": 100_000})


@pytest.mark.parametrize("lines", [(("a", 150_000), ("b", -50_000)), (("a", 50_000), ("a", 50_000))])
def test_when_lines_take_away_or_stand_twice_then_they_are_no_formula(lines: tuple[tuple[str, int], ...]) -> None:
    with pytest.raises(ValueError, match="one line for each ingredient"):
        Formula(tuple(Line(*line) for line in lines))


# Words meant to harm; each took from seconds to minutes where a pattern could try again and again.

HOSTILE = {
    "blanks": "1" + " " * 1998 + "x",
    "numbers and blanks": ("1" + " " * 50) * 39,
    "digits": "9" * 2000,
    "digits and commas": "9," * 1000,
    "hangul": "가" * 2000,
    "emoji": "🌹" * 2000,
    "right to left": "عطر الورد " * 200,
}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.timeout(30)
def test_when_a_text_is_made_to_be_read_for_ever_then_it_is_read_and_nothing_is_made_of_it(case: str) -> None:
    read = read_query(HOSTILE[case])

    assert not [one for one in read.filters if "price" in one.name or "longevity" in one.name]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("words", ["9" * LONGEST, "장미와 " * (LONGEST // 4), "가" * LONGEST, "1 " * (LONGEST // 2)])
def test_when_a_brief_is_as_long_as_can_be_then_it_is_read(home: Path, words: str) -> None:
    reading = read_brief(Given(words=words), catalogue=current_catalogue())

    assert reading.brief.budget_per_kg is None and reading.brief.batch_g == Brief.batch_g


def test_when_a_brief_is_longer_than_any_then_the_bound_is_told(home: Path) -> None:
    with pytest.raises(BadInput, match="100000") as refused:
        read_brief(Given(words="장미 " * 33_333 + "!"), catalogue=current_catalogue())

    assert str(LONGEST) in refused.value.text("ko")


def test_when_korean_comes_in_separate_letters_then_it_reads_as_the_composed(home: Path) -> None:
    from unicodedata import normalize

    words = "장미 향을 머금은 우디, 바닐라 없이"
    composed, apart = (
        read_brief(Given(words=normalize(form, words)), catalogue=current_catalogue()) for form in ("NFC", "NFD")
    )

    assert replace(apart.brief, words="") == replace(composed.brief, words="")
    assert composed.brief.odour["rose"] > 0 > composed.brief.odour["vanilla"]
    asked = "5만원 이하 장미 향수"
    assert [(one.name, one.value) for one in read_query(normalize("NFD", asked)).filters] == [
        (one.name, one.value) for one in read_query(asked).filters
    ]


# Nothing assumed unseen, nothing that depends on order


def test_when_strength_or_usual_share_is_not_known_then_what_was_assumed_is_told(home: Path) -> None:
    known = current_catalogue()
    untold = {
        one.id: replace(one, strength=None, usual_share=None) if one.kind != "solvent" else one
        for one in known.materials.values()
    }
    brief = Brief(family="floral", alternatives=1)

    made = generate(brief, catalogue=Catalogue(1, untold), table=current_limits(), accords={})

    assert {"fragrance_generation.strength_assumed", "fragrance_generation.share_assumed"} <= {
        one.key for one in made.notices
    }
    assert all("{" not in one.text(language) for one in made.notices for language in ("en", "ko"))


def test_when_the_catalogue_stands_in_another_order_then_the_formula_is_the_same(home: Path) -> None:
    catalogue = current_catalogue()
    backwards = Catalogue(9, dict(reversed(catalogue.materials.items())))
    brief = Brief(family="citrus", alternatives=1)

    made, other = (generate(brief, catalogue=one, table=current_limits(), accords={}) for one in (catalogue, backwards))

    assert made.alternatives[0].formula == other.alternatives[0].formula


def test_when_a_transaction_of_a_formula_fails_then_its_generation_stays(home: Path) -> None:
    before = generations.generation("formulas")
    with pytest.raises(RuntimeError), writing() as connection:
        generations.raise_generation(connection, "formulas")
        raise RuntimeError
    assert generations.generation("formulas") == before


def test_when_an_accord_is_changed_after_use_then_the_check_follows_it_and_says_so(home: Path) -> None:
    inside = accord("inside", Formula((Line("linalool", 100_000),)))
    formula = Formula((Line(f"accord:{inside.id}", 100_000),))

    def checked() -> LimitsReport:
        catalogue, table = current_catalogue(), current_limits()
        return check(formula, Product(), catalogue=catalogue, table=table, accords=accords_for(ADA))

    before = checked()
    save_version(inside.id, Formula((Line("limonene", 100_000),)), expected=inside.version, principal=ADA)
    after = checked()

    assert "fragrance_limits.accords_as_now" in {one.key for one in after.notes}
    assert {way.through for one in before.labels for way in one.contributions} == {("linalool",)}
    assert {way.through for one in after.labels for way in one.contributions} == {("limonene",)}


def test_when_a_package_is_no_workbook_then_it_is_refused_as_damaged(home: Path) -> None:
    written = BytesIO()
    with ZipFile(written, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")

    with pytest.raises(UploadRejected):
        plan_import(written.getvalue(), "materials.xlsx", "materials", ADA)
