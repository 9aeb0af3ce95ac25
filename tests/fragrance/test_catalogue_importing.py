"""Materials brought in: a plan tells each row before anything is stored, and refuses in one sentence."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from core.errors import BadInput, Conflict, NotAllowed, TooLarge, UploadRejected
from core.fragrance.catalogue import material_rows, perfume_rows
from core.fragrance.catalogue.columns import columns
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.catalogue.exporting import export_csv
from core.fragrance.catalogue.history import FieldChange, history
from core.fragrance.catalogue.import_plans import ImportPlan
from core.fragrance.catalogue.importing import carry_out, plan_import
from core.fragrance.catalogue.materials import Catalogue, Price
from core.fragrance.catalogue.stored import save_material
from core.fragrance.catalogue.undoing import remove
from core.security.policy import LOCAL_ANALYST, Principal, Role
from tests.fragrance.importing import MATERIAL, planned, refusal, workbook, written


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
