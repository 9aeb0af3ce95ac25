"""The catalogue: facts with sources, changes with reasons, files that show their plan, and tables of limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.ui import visitor
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.catalogue.stored import perfumes, save_material, stored_material, stored_materials
from core.fragrance.catalogue.undoing import remove
from core.fragrance.limits.importing import COLUMNS
from core.fragrance.limits.stored import current_limits
from core.fragrance.products import CATEGORIES
from core.security.policy import LOCAL_ANALYST, Principal, Role
from tests.ui.conftest import Opener, turn_to, visible_text
from tests.ui.image_pages import press_one

TABS = "catalogue-tabs"
MATERIALS, LIMITS, FILES = range(3)
EVERYWHERE = ",".join("0.3" for _ in CATEGORIES)
LIMITS_FILE = f"{','.join(COLUMNS)}\nOwn 1,2026-05-01,limit,own-citral,Citral,5392-40-5,,,{EVERYWHERE}\n"
PERFUMES_FILE = "name,brand,notes\nQuiet Cedar,House A,cedar;iris\n,House A,rose\n"


@pytest.mark.parametrize(("language", "told"), [("en", "Choose a material"), ("ko", "원료를 고르십시오")])
def test_when_the_page_opens_then_the_materials_are_listed_and_it_says_what_to_do(
    open_page: Opener, language: str, told: str
) -> None:
    app = open_page("fragrance_catalogue", language)
    assert not app.exception
    assert told in visible_text(app)
    assert len(app.dataframe[0].value) == len(current_catalogue().materials)


def test_when_words_are_typed_then_only_fitting_materials_stay_and_none_is_said(open_page: Opener) -> None:
    app = open_page("fragrance_catalogue", "ko")
    app.text_input(key="material-find").set_value("베르가못 오일").run()
    assert all("베르가못" in name for name in app.dataframe[0].value["name"])
    app.text_input(key="material-find").set_value("no such thing").run()
    assert "조건에 맞는 원료가 없습니다" in app.info[0].value


def test_when_constituents_are_not_known_then_the_material_says_so_and_is_found_by_it(open_page: Opener) -> None:
    app = open_page("fragrance_catalogue")
    app.checkbox(key="material-unknown").set_value(True).run()
    shown = app.dataframe[0].value
    unknown = [one for one in current_catalogue().materials.values() if one.constituents is None]
    assert len(shown) == len(unknown) > 0
    app = open_page("fragrance_catalogue", material=unknown[0].id)
    assert "Its constituents are not known" in app.warning[0].value


def test_when_a_material_is_open_then_every_fact_has_its_source(open_page: Opener) -> None:
    app = open_page("fragrance_catalogue", material="linalool")
    facts = next(one.value for one in app.dataframe if "Fact" in one.value.columns)
    rows = {row["Fact"]: row for _, row in facts.iterrows()}
    assert rows["CAS"]["Value"] == "78-70-6"
    assert rows["CAS"]["Source"]
    assert "KRW / kg" in rows["Price"]["Value"]


def test_when_a_fact_is_changed_with_a_reason_then_history_tells_it_and_takes_it_back(open_page: Opener) -> None:
    app = open_page("fragrance_catalogue", material="linalool")
    next(one for one in app.text_input if (one.key or "").endswith("-stock_g")).set_value("77")
    next(one for one in app.text_input if (one.key or "").endswith("-reason")).set_value("counted")
    next(one for one in app.button if one.label == "Save the change").click().run()
    assert not app.exception
    stored = stored_material("linalool", LOCAL_ANALYST)
    assert (stored.material.stock_g, stored.revision) == (77, 2)
    history = next(one.value for one in app.dataframe if "What changed" in one.value.columns)
    assert history["Reason"][0] == "counted"
    assert "→ 77" in history["What changed"][0]
    press_one(app, "material-revert")
    assert stored_material("linalool", LOCAL_ANALYST).material.stock_g != 77


def test_when_a_value_cannot_be_then_one_sentence_names_the_field_and_nothing_is_stored(open_page: Opener) -> None:
    app = open_page("fragrance_catalogue", material="linalool")
    next(one for one in app.text_input if (one.key or "").endswith("-usual_share")).set_value("140")
    next(one for one in app.button if one.label == "Save the change").click().run()
    assert not app.exception
    assert "usual_share" in app.error[0].value
    assert stored_material("linalool", LOCAL_ANALYST).revision == 1


def test_when_a_material_is_added_then_it_is_in_the_catalogue(open_page: Opener) -> None:
    app = open_page("fragrance_catalogue")
    next(one for one in app.text_input if (one.key or "").endswith("-name_en")).set_value("test accord oil")
    next(one for one in app.button if one.label == "Save the material").click().run()
    assert not app.exception
    assert not app.error
    added = stored_material("test-accord-oil", LOCAL_ANALYST).material
    assert added.vapour_pressure_pa is None
    assert added.cas is None


def test_when_a_material_is_taken_out_then_its_history_brings_it_back(open_page: Opener) -> None:
    stored_materials(LOCAL_ANALYST)
    remove("linalool", expected_revision=1, reason="no more", principal=LOCAL_ANALYST)
    app = open_page("fragrance_catalogue", material="linalool")
    assert "taken out" in app.warning[0].value
    press_one(app, "material-restore")
    assert stored_material("linalool", LOCAL_ANALYST).removed_at is None


def test_when_somebody_changed_it_meanwhile_then_one_sentence_says_so(open_page: Opener) -> None:
    app = open_page("fragrance_catalogue", material="linalool")
    now = stored_material("linalool", LOCAL_ANALYST)
    save_material(replace(now.material, stock_g=5.0), expected_revision=1, principal=LOCAL_ANALYST)
    next(one for one in app.text_input if (one.key or "").endswith("-stock_g")).set_value("77")
    next(one for one in app.button if one.label == "Save the change").click().run()
    assert not app.exception
    assert "changed by somebody else" in app.error[0].value
    assert stored_material("linalool", LOCAL_ANALYST).material.stock_g == 5.0


def test_when_the_sample_limits_count_then_the_page_says_that_they_are_made_up(open_page: Opener) -> None:
    app = open_page("fragrance_catalogue")
    turn_to(app, TABS, LIMITS)
    assert not app.exception
    assert "made up to try with" in app.warning[0].value
    assert "not a certification" in visible_text(app)


def test_when_a_table_of_limits_is_brought_then_it_counts_only_after_the_button_and_the_sample_can_return(
    open_page: Opener,
) -> None:
    app = open_page("fragrance_catalogue")
    turn_to(app, TABS, LIMITS)
    app.file_uploader[0].set_value([("own.csv", LIMITS_FILE.encode(), "text/csv")]).run()
    assert "Read 1 rules" in app.info[0].value
    assert current_limits().is_sample
    press_one(app, "limits-carry-out")
    assert len(app.error) == 1  # a reason is asked for
    app.text_input(key="limits-reason").set_value("our own table").run()
    press_one(app, "limits-carry-out")
    assert not current_limits().is_sample
    app.text_input(key="limits-why").set_value("only a test").run()
    press_one(app, "limits-let-count")
    assert current_limits().is_sample


def test_when_a_file_of_limits_holds_two_amendments_then_one_sentence_says_so(open_page: Opener) -> None:
    app = open_page("fragrance_catalogue")
    turn_to(app, TABS, LIMITS)
    two = LIMITS_FILE + f"Own 2,2026-06-01,limit,own-geraniol,Geraniol,106-24-1,,,{EVERYWHERE}\n"
    app.file_uploader[0].set_value([("own.csv", two.encode(), "text/csv")]).run()
    assert not app.exception
    assert len(app.error) == 1
    assert "Own 2" in app.error[0].value


def test_when_perfumes_are_brought_then_the_plan_comes_first_and_refused_rows_are_told(open_page: Opener) -> None:
    app = open_page("fragrance_catalogue")
    turn_to(app, TABS, FILES)
    assert "the plan comes first" in visible_text(app)
    app.segmented_control(key="catalogue-kind").set_value("perfumes").run()
    app.file_uploader[0].set_value([("perfumes.csv", PERFUMES_FILE.encode(), "text/csv")]).run()
    assert not app.exception
    assert {one.label: one.value for one in app.metric} == {
        "New": "1",
        "Changed": "0",
        "Unchanged": "0",
        "Refused": "1",
    }
    assert len(app.error) == 1
    assert perfumes(LOCAL_ANALYST) == ()
    app.checkbox(key="catalogue-leave-out").set_value(True).run()
    press_one(app, "catalogue-carry-out")
    assert [one.name for one in perfumes(LOCAL_ANALYST)] == ["Quiet Cedar"]


def test_when_a_role_may_only_read_then_prices_forms_and_imports_are_not_there(
    open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor, "LOCAL_ANALYST", Principal("ann", Role.ANALYST))
    app = open_page("fragrance_catalogue", material="linalool")
    assert not app.exception
    facts = next(one.value for one in app.dataframe if "Fact" in one.value.columns)
    assert "Price" not in list(facts["Fact"])
    assert "price" not in app.dataframe[0].value.columns
    assert not [one for one in app.button if one.label in ("Save the change", "Save the material", "Take it out")]
    turn_to(app, TABS, FILES)
    assert not app.exception
    assert not app.file_uploader
    turn_to(app, TABS, LIMITS)
    assert not app.exception
    assert not app.file_uploader
