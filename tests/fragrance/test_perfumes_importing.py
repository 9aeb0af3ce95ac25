"""Perfumes brought in and out: each has a lasting id, none is lost or doubled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.fragrance.catalogue.exporting import export_csv
from core.fragrance.catalogue.importing import carry_out
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.catalogue.stored import perfumes, save_perfumes
from core.security.policy import LOCAL_ANALYST
from tests.fragrance.importing import planned, refusal, written


def test_when_perfumes_are_exported_then_they_come_back_the_same(home: Path) -> None:
    full = Perfume(
        "house-night", "Night", "House", description="밤의 숲", family="woody", gender="unisex", moods=("calm", "cosy"),
        seasons=("winter",), top=("pink pepper (CO2, Peru)", "lemon"), notes=("amber and moss",), price=90_000.5,
        price_ml=50.0, currency="KRW", longevity_h=6.0,
    )  # fmt: skip
    save_perfumes([full, replace(full, id="other", name="@Night")], principal=LOCAL_ANALYST)

    plan = planned(export_csv("perfumes", LOCAL_ANALYST), "perfumes")

    assert plan.unchanged == ("house-night", "other")
    assert plan.refused == ()


def test_when_perfumes_have_no_id_then_brand_and_name_make_a_lasting_one(home: Path) -> None:
    rows = [
        {"향수명": "Été à Paris", "브랜드": "L'Atelier", "노트": "레몬, 장미"},
        {"향수명": "b-c", "브랜드": "a", "노트": ""},
        {"향수명": "c", "브랜드": "a-b", "노트": ""},
        {"향수명": "밤", "브랜드": "집", "노트": ""},
    ]

    first = planned(written(rows), "perfumes")
    carry_out(first, "", LOCAL_ANALYST)
    again = planned(written(list(reversed(rows))), "perfumes", name="later.csv")

    ids = [one.value.id for one in first.new]
    assert ids[:2] == ["l-atelier-ete-a-paris", "a-b-c"]
    assert ids[2].startswith("a-b-c-")
    assert ids[3] == "집-밤"
    assert set(again.unchanged) == set(ids)


def test_when_two_rows_name_one_perfume_then_the_second_is_refused(home: Path) -> None:
    rows = [{"Name": "Night", "Brand": "House"}, {"Name": "NIGHT ", "Brand": "house"}, {"Name": "", "Brand": "House"}]

    plan = planned(written(rows), "perfumes")

    assert [refused.text("en") for refused in plan.refused] == [
        "Row 3: It names the same entry as row 2; keep one of them.",
        "Row 4: Name is empty and has to be filled in.",
    ]


def test_when_words_restrict_nothing_then_the_perfume_is_for_every_season(home: Path) -> None:
    rows = [{"Name": "Night", "Brand": "House", "Season": "all", "Gender": "female", "Family": "oriental"}]

    (new,) = planned(written(rows), "perfumes").new

    assert isinstance(new.value, Perfume)
    assert (new.value.seasons, new.value.gender, new.value.family) == ((), "feminine", "oriental")


def test_when_a_row_is_cut_by_a_bare_line_break_then_it_is_read_as_one(home: Path) -> None:
    content = b"Name,Brand,Description,Notes\nA,B,one\ntwo,musk\nC,D,three\nE,F,four,rose\n"

    plan = planned(content, "perfumes")

    descriptions = [one.value.description for one in plan.new if isinstance(one.value, Perfume)]
    assert descriptions == ["one\ntwo", "four"]
    assert [notice.text("en") for notice in plan.notices] == [
        "Rows 2 and 3 were read as one: a cell held a line break without quotes."
    ]
    assert refusal(plan) == "Row 4: It has 3 cells where the header has 4; mend the row."


def test_when_the_perfumes_of_the_dataset_are_imported_then_none_is_lost(home: Path, shared_datasets: Path) -> None:
    import gzip

    packed = shared_datasets / "fragrance" / "perfumes_70pct.csv.gz"
    if not packed.exists():
        pytest.skip("the perfumes are not among the shared datasets")

    plan = planned(gzip.decompress(packed.read_bytes()), "perfumes", name="perfumes.csv")
    carry_out(plan, "dataset", LOCAL_ANALYST)

    stored = perfumes(LOCAL_ANALYST)
    assert (len(plan.new), len(plan.refused), len(plan.notices)) == (1_533, 0, 1)
    assert len(stored) == 1_533
    assert plan.mapping == {"name": "Name", "brand": "Brand", "description": "Description", "notes": "Notes"}
    assert plan.ignored == ("perfume_id", "Image URL")
    assert sum(bool(one.all_notes) for one in stored) >= 1_470
    assert not [note for one in stored for note in one.all_notes if "click here" in note.lower()]
    again = planned(export_csv("perfumes", LOCAL_ANALYST), "perfumes")
    assert len(again.unchanged) == 1_533
