"""Importing materials, constituents and perfumes: plan first, then all or nothing; and exporting what comes back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from core.errors import BadInput, Conflict, NotAllowed, TooLarge, UploadRejected
from core.fragrance.catalogue import material_rows, perfume_rows
from core.fragrance.catalogue.columns import columns
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.catalogue.exporting import export_csv
from core.fragrance.catalogue.history import FieldChange, history
from core.fragrance.catalogue.import_plans import ImportPlan
from core.fragrance.catalogue.importing import carry_out, plan_import
from core.fragrance.catalogue.materials import Catalogue, Price
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.catalogue.stored import perfumes, save_material, save_perfumes
from core.fragrance.catalogue.undoing import remove
from core.security.policy import LOCAL_ANALYST, Principal, Role

MATERIAL = {
    "id": "own_musk", "name_en": "Own musk", "name_ko": "자체 머스크", "kind": "molecule", "cas": "1222-05-5",
    "family": "musky", "position": "base", "odour": "musk;clean", "usual_share": "5", "highest_share": "20",
}  # fmt: skip


def written(rows: Sequence[dict[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def planned(content: bytes, kind: str = "materials", name: str = "own.csv") -> ImportPlan:
    return plan_import(content, name, kind, LOCAL_ANALYST)  # type: ignore[arg-type]


def refusal(plan: ImportPlan) -> str:
    (only,) = plan.refused
    return only.text("en")


def test_when_a_plan_is_made_then_it_tells_each_row_and_stores_nothing(home: Path, small_shipped: Catalogue) -> None:
    rows = [
        MATERIAL,
        {**MATERIAL, "id": "galaxolide", "name_en": "Galaxolide", "name_ko": "갈락솔라이드", "usual_share": "7"},
        {**MATERIAL, "id": "bad", "usual_share": "-1"},
    ]

    plan = planned(written(rows))

    assert [one.value.id for one in plan.new] == ["own_musk"]
    assert [(one.value.id, one.changes) for one in plan.changed] == [
        ("galaxolide", (FieldChange("usual_share", "10", "7"), FieldChange("highest_share", "30", "20")))
    ]
    assert refusal(plan) == "Row 4: usual_share must be from 0 to 100; -1 is not."
    assert "own_musk" not in current_catalogue().materials


def test_when_a_plan_is_carried_out_then_it_is_stored_with_its_reason(home: Path, small_shipped: Catalogue) -> None:
    stored = carry_out(planned(written([MATERIAL])), "supplier list", LOCAL_ANALYST)

    musk = current_catalogue().get("own_musk")
    assert stored == {"own_musk": 1}
    assert (musk.usual_share, musk.odour, musk.constituents, musk.is_sample) == (5.0, ("musk", "clean"), None, False)
    assert history("own_musk", LOCAL_ANALYST)[0].reason == "supplier list"
    assert planned(written([MATERIAL])).unchanged == ("own_musk",)


def test_when_rows_are_refused_then_going_on_without_them_has_to_be_chosen(
    home: Path, small_shipped: Catalogue
) -> None:
    plan = planned(written([MATERIAL, {**MATERIAL, "id": "bad", "cas": "1222-05-6"}]))

    with pytest.raises(BadInput) as refused:
        carry_out(plan, "", LOCAL_ANALYST)
    before = set(current_catalogue().materials)
    carry_out(plan, "", LOCAL_ANALYST, leave_out_refused=True)

    assert refused.value.key == "fragrance_catalogue.rows_refused"
    assert set(current_catalogue().materials) - before == {"own_musk"}


def test_when_something_was_changed_after_the_plan_then_nothing_is_stored(home: Path, small_shipped: Catalogue) -> None:
    plan = planned(written([MATERIAL, {**MATERIAL, "id": "galaxolide", "name_en": "Galaxolide"}]))
    save_material(replace(small_shipped.get("galaxolide"), stock_g=3.0), expected_revision=1, principal=LOCAL_ANALYST)

    with pytest.raises(Conflict):
        carry_out(plan, "", LOCAL_ANALYST)

    assert "own_musk" not in current_catalogue().materials


def test_when_headers_are_korean_then_they_are_recognised(home: Path, small_shipped: Catalogue) -> None:
    rows = [
        [
            "원료명",
            "구분",
            "CAS 번호",
            "향 계열",
            "노트",
            "향취",
            "통상 사용량(%)",
            "증기압(Pa)",
            "kg당 가격(원)",
            "견적일",
        ],
        ["자체 장미", "합성", "60-12-8", "플로럴", "미들", "장미, 꽃", 5, 9.5, 21000, "2025-03-01"],
    ]

    plan = planned(workbook(rows), name="목록.xlsx")
    carry_out(plan, "", LOCAL_ANALYST)

    # The one molecule of this CAS number is the one that is meant.
    rose = current_catalogue().get("phenethyl_alcohol")
    assert (rose.name_ko, rose.odour, rose.vapour_pressure_pa) == ("자체 장미", ("rose", "floral"), 9.5)
    assert rose.price == Price(21_000.0, "KRW", date(2025, 3, 1), "sample", is_sample=False)
    assert plan.ignored == ()


def test_when_a_file_only_has_prices_then_all_else_stays(home: Path, small_shipped: Catalogue) -> None:
    rows = [{"CAS 번호": "78-70-6", "가격 (KRW/kg)": '"27,500"'.strip('"'), "가격 기준일": "2025.04.01"}]

    plan = planned(written(rows))
    carry_out(plan, "", LOCAL_ANALYST)

    linalool = current_catalogue().get("linalool")
    assert linalool.price is not None
    assert linalool.price.per_kg == 27_500.0
    assert replace(linalool, price=None, is_sample=True) == replace(small_shipped.get("linalool"), price=None)


def test_when_words_come_apart_then_they_are_read_in_nfc(home: Path, small_shipped: Catalogue) -> None:
    apart = "\u1105\u1175\u1102\u1161\u11af\u1105\u116e\u11af"

    plan = planned(written([{"원료명": apart, "재고(g)": "5"}]))

    assert [one.value.id for one in plan.changed] == ["linalool"]
    assert [change.column for change in plan.changed[0].changes] == ["stock_g"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"usual_share": "30"}, "usual_share is 30 percent, over the highest share of 20 percent"),
        ({"usual_share": "1,5"}, "usual_share must be a plain number"),
        ({"vapour_pressure_pa": "0.5 mmHg"}, "vapour_pressure_pa must be a plain number in its own unit"),
        ({"cas": "78-70-7"}, "cas '78-70-7' is not a CAS number"),
        ({"family": "smelly"}, "family 'smelly' is not a word that is known here"),
        ({"odour": "rosse"}, "such as rose"),
        ({"kind": "oil"}, "one such as natural, molecule, base, solvent"),
        ({"kind": ""}, "kind is empty"),
        ({"strength": "2.5"}, "strength must be a whole number"),
        ({"constituents_known": "perhaps"}, "constituents_known must be yes or no"),
        ({"price_per_kg": "100"}, "price_date is empty"),
        ({"price_per_kg": "100", "price_date": "01.02.2025"}, "price_date must be a date written year first"),
        ({"price_per_kg": "100", "price_date": "2025-02-30"}, "price_date must be a date written year first"),
        ({"price_per_kg": "100", "price_date": "2025-02-01", "currency": "USD"}, "this workbench counts in KRW"),
    ],
)
def test_when_a_row_cannot_be_then_one_sentence_names_row_and_column(
    home: Path, small_shipped: Catalogue, values: dict[str, str], said: str
) -> None:
    plan = planned(written([{**MATERIAL, **values}]))

    assert refusal(plan).startswith("Row 2: ")
    assert said in refusal(plan)
    assert plan.refused[0].text("ko").startswith("2행: ")


def test_when_a_refused_column_has_another_header_then_the_sentence_uses_it(
    home: Path, small_shipped: Catalogue
) -> None:
    plan = planned(written([{"원료명": "리날룰", "최대 사용량": "120"}]))

    assert plan.refused[0].text("ko") == "2행: 최대 사용량 값은 0 이상 100 이하여야 합니다. 입력값: 120."


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Vapour pressure (mmHg)", "other_unit"),
        ("증기압", "unit_not_told"),
        ("vapor pressure torr", "unit_not_told"),
        ("재고 (kg)", "other_unit"),
        ("Price (USD/kg)", "other_unit"),
        ("Usual share (ppm)", "other_unit"),
    ],
)
def test_when_a_header_is_in_another_unit_then_nothing_is_guessed(
    home: Path, small_shipped: Catalogue, header: str, key: str
) -> None:
    with pytest.raises(BadInput) as refused:
        planned(written([{"id": "linalool", header: "1"}]))

    assert refused.value.key == f"fragrance_catalogue.{key}"
    assert header in refused.value.text("ko")


def test_when_no_column_says_which_material_then_the_file_is_refused(home: Path, small_shipped: Catalogue) -> None:
    with pytest.raises(BadInput) as refused:
        planned(written([{"stock (g)": "1"}]))

    assert refused.value.key == "fragrance_catalogue.columns_missing"


def test_when_a_material_stands_twice_then_the_second_row_is_refused(home: Path, small_shipped: Catalogue) -> None:
    assert refusal(planned(written([MATERIAL, MATERIAL]))) == (
        "Row 3: It names the same entry as row 2; keep one of them."
    )


def test_when_a_removed_material_is_imported_then_it_comes_back(home: Path, small_shipped: Catalogue) -> None:
    carry_out(planned(written([MATERIAL])), "", LOCAL_ANALYST)
    remove("own_musk", expected_revision=1, principal=LOCAL_ANALYST)

    assert carry_out(planned(written([MATERIAL])), "", LOCAL_ANALYST) == {"own_musk": 3}
    assert "own_musk" in current_catalogue().materials


def test_when_constituents_are_imported_then_they_replace_those_of_their_materials(
    home: Path, small_shipped: Catalogue
) -> None:
    rows = [
        {"원료명": "베르가못 오일", "CAS 번호": "78-70-6", "성분명": "Linalool", "함량(%)": "20"},
        {"원료명": "bergamot oil", "CAS 번호": "5989-27-5", "성분명": "Limonene", "함량(%)": "50%"},
        {"원료명": "rose_base", "CAS 번호": "106-24-1", "성분명": "Geraniol", "함량(%)": "130"},
        {"원료명": "rose_base", "CAS 번호": "60-12-8", "성분명": "Phenethyl alcohol", "함량(%)": "30"},
        {"원료명": "no such oil", "CAS 번호": "60-12-8", "성분명": "Phenethyl alcohol", "함량(%)": "30"},
    ]

    plan = planned(written(rows), "constituents")
    carry_out(plan, "analysis", LOCAL_ANALYST, leave_out_refused=True)

    held = current_catalogue().get("bergamot_oil").constituents
    assert held is not None
    assert [(one.cas, one.share) for one in held] == [("5989-27-5", 50.0), ("78-70-6", 20.0)]
    assert [refused.row for refused in plan.refused] == [4, 5, 6]
    assert current_catalogue().get("rose_base").constituents is None


def test_when_the_catalogue_is_exported_then_it_comes_back_the_same(
    home: Path, small_shipped: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = replace(small_shipped.get("rose_base"), id="odd", name_en="=cmd|'x'!A0", description_en="- dry\n'=1")
    save_material(odd, expected_revision=0, principal=LOCAL_ANALYST)
    before = dict(current_catalogue().materials)
    exported = export_csv("materials", LOCAL_ANALYST), export_csv("constituents", LOCAL_ANALYST)

    assert not any(
        cell[:1] in {"=", "+", "-", "@"} for row in csv.reader(io.StringIO(exported[0].decode())) for cell in row
    )
    assert len(planned(exported[0]).unchanged) == len(before)
    assert not planned(exported[1], "constituents").changed
    for material_id in before:
        remove(material_id, expected_revision=1, principal=LOCAL_ANALYST)
    carry_out(planned(exported[0]), "", LOCAL_ANALYST)
    carry_out(planned(exported[1], "constituents"), "", LOCAL_ANALYST)
    after = current_catalogue().materials
    assert {item_id: replace(one, is_sample=True) for item_id, one in after.items()} == {
        item_id: replace(one, is_sample=True) for item_id, one in before.items()
    }


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


def test_when_the_dictionary_is_shown_then_it_describes_every_column_in_both_languages() -> None:
    for kind, expected in (
        ("materials", material_rows.COLUMNS),
        ("constituents", material_rows.CONSTITUENT_COLUMNS),
        ("perfumes", perfume_rows.COLUMNS),
    ):
        described = columns(kind, "EUR")

        assert tuple(column.name for column in described) == expected
        assert all(column.label("ko") and column.description("ko") and column.description("en") for column in described)
    assert next(one.unit for one in columns("materials", "EUR") if one.name == "price_per_kg") == "EUR/kg"


def test_when_a_person_chose_the_columns_then_those_count(home: Path, small_shipped: Catalogue) -> None:
    content = written([{"what": "linalool", "amount": "5"}])

    plan = plan_import(content, "own.csv", "materials", LOCAL_ANALYST, mapping={"id": "what", "stock_g": "amount"})

    assert [change.after for one in plan.changed for change in one.changes] == ["5"]
    with pytest.raises(BadInput):
        plan_import(content, "own.csv", "materials", LOCAL_ANALYST, mapping={"id": "absent"})


@pytest.mark.parametrize(
    ("content", "name"), [(b"", "a.csv"), (b"PK\x03\x04", "a.csv"), (b"a,b\n", "a.csv"), (b"a\n1", "a.pdf")]
)
def test_when_a_file_cannot_be_read_then_it_is_refused(home: Path, content: bytes, name: str) -> None:
    with pytest.raises(UploadRejected):
        planned(content, "perfumes", name)


def test_when_a_file_is_too_large_then_it_is_refused(home: Path, settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_UPLOAD_LIMIT_MB="1")

    with pytest.raises(TooLarge):
        planned(b"Name\n" + b"a" * (1 << 20), "perfumes")


def test_when_somebody_may_not_write_then_nothing_is_planned_or_told(home: Path) -> None:
    reader = Principal("reader", Role.ANALYST)

    with pytest.raises(NotAllowed):
        plan_import(written([MATERIAL]), "own.csv", "materials", reader)
    with pytest.raises(NotAllowed):
        carry_out(ImportPlan("materials", "own.csv", {}, ()), "", reader)
    with pytest.raises(NotAllowed):
        export_csv("materials", reader)
