"""Finding perfumes: one field, filters that say what they removed, and a reason beside every result."""

from __future__ import annotations

import io

import pytest
from streamlit.testing.v1 import AppTest

from app.ui import visitor
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.catalogue.stored import save_perfumes
from core.security.policy import LOCAL_ANALYST, Principal, Role
from tests.fragrance import search_home
from tests.ui.conftest import Opener, turn_to, visible_text
from tests.ui.fragrance_pages import store_formula, store_perfumes


@pytest.fixture(autouse=True)
def small_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages are the subject here; the encoder of the product is loaded for its own tests."""
    search_home.use(monkeypatch, search_home.encoder())


def ask(open_page: Opener, words: str, language: str = "en") -> AppTest:
    store_perfumes()
    app = open_page("fragrance_search", language)
    app.text_input(key="perfume-query").set_value(words).run()
    assert not app.exception
    return app


def names(app: AppTest) -> list[str]:
    """Headings of the results in their order."""
    return [one.value.strip("*") for one in app.main.markdown if one.value.startswith("**") and one.value[2].isdigit()]


@pytest.mark.parametrize(("language", "told"), [("en", "There are no perfumes yet"), ("ko", "아직 향수가 없습니다")])
def test_when_there_are_no_perfumes_then_the_page_leads_to_the_import(
    open_page: Opener, language: str, told: str
) -> None:
    app = open_page("fragrance_search", language)
    assert not app.exception
    assert told in visible_text(app)
    assert len(app.main.get("page_link")) == 1


def test_when_nothing_was_asked_then_the_page_says_among_how_many_it_searches(open_page: Opener) -> None:
    store_perfumes()
    app = open_page("fragrance_search")
    assert "3 entries are searched" in visible_text(app)


def test_when_words_are_asked_in_korean_then_results_say_score_notes_and_that_one_is_a_sample(
    open_page: Opener,
) -> None:
    app = ask(open_page, "시더 베르가못", "ko")
    assert names(app)[0].startswith("1. ")
    text = visible_text(app)
    assert "찾던 노트:" in text
    assert ":green-badge[cedar]" in text
    assert "예시" in text


def test_when_words_exclude_a_note_then_the_reading_is_shown_and_can_be_switched_off(open_page: Opener) -> None:
    app = ask(open_page, "warm perfume without vanilla")
    assert not any("Vanilla Night" in name for name in names(app))
    read = next(one for one in app.pills if (one.key or "").startswith("perfume-read"))
    assert "vanilla" in read.options[0]
    read.set_value([]).run()
    assert any("Vanilla Night" in name for name in names(app))


def test_when_the_filters_leave_nothing_then_the_page_says_which_removed_how_many(open_page: Opener) -> None:
    app = ask(open_page, "woods")
    app.number_input(key="perfume-max-price").set_value(1000.0).run()
    text = visible_text(app)
    assert "Nothing passes all filters" in text
    assert "Highest price" in text
    table = app.dataframe[0].value
    assert list(table["Removed"]) == [3]
    assert list(table["Not known"]) == [1]


def test_when_a_note_is_both_in_and_out_then_one_sentence_says_so(open_page: Opener) -> None:
    app = ask(open_page, "woods")
    app.text_input(key="perfume-include").set_value("cedar").run()
    app.text_input(key="perfume-exclude").set_value("cedar").run()
    assert not app.exception
    assert "cedar" in app.error[0].value


def test_when_materials_are_asked_for_then_they_are_found_beside_perfumes(open_page: Opener) -> None:
    store_formula()
    app = ask(open_page, "bergamot")
    app.pills(key="perfume-among").set_value(["fragrance_notes", "recipes"]).run()
    assert any("bergamot oil" in name for name in names(app))


def test_when_one_perfume_is_opened_then_facts_formula_and_similar_ones_are_there(open_page: Opener) -> None:
    stored = store_formula("Its formula")
    store_perfumes()
    ours = Perfume("ours", "Ours", "House C", top=("bergamot",), base=("cedar",), formula_id=stored.id)
    save_perfumes([ours], principal=LOCAL_ANALYST)
    app = open_page("fragrance_search", perfume="ours")
    assert not app.exception
    assert app.subheader[0].value == "Ours"
    links = [one.proto.label for one in app.main.get("page_link")]
    assert "Open the formula" in links
    assert any("Cedar Rain" in name for name in names(app))
    assert "Price: –" in visible_text(app)


def test_when_an_unknown_perfume_is_named_then_one_sentence_says_so(open_page: Opener) -> None:
    app = open_page("fragrance_search", perfume="nobody")
    assert not app.exception
    assert len(app.error) == 1


def test_when_a_photo_is_brought_then_what_was_read_from_it_stands_beside_the_results(open_page: Opener) -> None:
    from PIL import Image

    store_perfumes()
    app = open_page("fragrance_search")
    turn_to(app, "perfume-tabs", 1)
    assert "Bring a photo" in visible_text(app)
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), (40, 120, 50)).save(picture, "PNG")
    app.file_uploader[0].set_value([("green.png", picture.getvalue(), "image/png")]).run()
    assert not app.exception
    assert "Read from the photo" in visible_text(app)
    assert names(app)


def test_when_the_photo_is_none_then_one_sentence_says_so(open_page: Opener) -> None:
    store_perfumes()
    app = open_page("fragrance_search")
    turn_to(app, "perfume-tabs", 1)
    app.file_uploader[0].set_value([("green.png", b"no picture", "image/png")]).run()
    assert not app.exception
    assert len(app.error) == 1


def test_when_a_role_may_not_read_formulas_then_a_perfume_tells_nothing_of_its_formula(
    open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = store_formula("Its formula")
    ours = Perfume("ours", "Ours", "House C", top=("bergamot",), formula_id=stored.id)
    save_perfumes([ours], principal=LOCAL_ANALYST)
    monkeypatch.setattr(visitor, "LOCAL_ANALYST", Principal("ann", Role.ANALYST))
    app = open_page("fragrance_search", perfume="ours")
    assert not app.exception
    assert "Open the formula" not in [one.proto.label for one in app.main.get("page_link")]
