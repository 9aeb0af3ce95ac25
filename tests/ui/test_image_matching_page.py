"""The matching page: every way in, a verdict with its numbers, and a reviewer's word with a way back."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.ui.image_matching import verdict_words
from app.ui.image_matching.reviewing import class_from
from core.images import matching, seen_pictures
from core.images.domains import domain_folder, remove_domain
from core.images.feedback import staged
from core.images.names import UNKNOWN
from core.images.pictures import add_picture
from core.images.prototypes import Prototypes
from core.security.policy import LOCAL_ANALYST
from tests.images.pictures import animated
from tests.images.small_domain import RULE, add_small_domain
from tests.ui.conftest import Opener, turn_to, visible_text
from tests.ui.image_pages import BUILT_FROM, CLASSES, NEVER, PICTURES, bring, press


@pytest.fixture
def shapes(home: Path) -> Prototypes:
    seen_pictures.forget_all()
    return add_small_domain(pictures=BUILT_FROM)


def html(app: AppTest) -> str:
    return "".join(one.proto.body for one in app.get("html"))


def test_when_no_domain_is_built_then_the_page_says_what_to_do_first(open_page: Opener) -> None:
    add_picture("later", "new", PICTURES[CLASSES[0]][0], file_name="a.png", principal=LOCAL_ANALYST)
    app = open_page("image_matching")
    assert not app.exception
    assert "No domain has been built yet" in visible_text(app)
    assert [one.proto.label for one in app.main.get("page_link")] == ["Manage domains"]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_when_a_picture_is_brought_then_its_class_stands_in_both_languages(
    open_page: Opener, shapes: Prototypes, language: str
) -> None:
    app = open_page("image_matching", language)
    bring(app, ("query.png", PICTURES[CLASSES[0]][3]))
    own, other = CLASSES[0], shapes.names[CLASSES[0]]
    text = visible_text(app)
    assert f"## {own if language == 'ko' else other}" in text
    assert f":gray[{other if language == 'ko' else own}]" in text
    assert "0.800 (τ₁)" in html(app)


def test_when_the_page_reruns_then_the_results_are_still_there_and_the_model_is_not_asked_again(
    open_page: Opener, shapes: Prototypes, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("image_matching")
    bring(app, ("query.png", PICTURES[CLASSES[0]][3]))
    monkeypatch.setattr(matching, "look_at", lambda *_, **__: pytest.fail("asked again"))
    app.run()
    turn_to(app, "image-tabs", 1)
    turn_to(app, "image-tabs", 0)
    assert not app.exception
    assert f"## {shapes.names[CLASSES[0]]}" in visible_text(app)


def test_when_one_of_several_files_is_broken_then_one_sentence_stands_beside_the_others(
    open_page: Opener, shapes: Prototypes
) -> None:
    app = open_page("image_matching")
    bring(app, ("good.png", PICTURES[CLASSES[0]][3]), ("bad.jpg", b"no picture"), ("fine.png", PICTURES[CLASSES[1]][3]))
    assert [error.value.split()[0] for error in app.error] == ["bad.jpg"]
    text = visible_text(app)
    assert all(f"## {shapes.names[name]}" in text for name in CLASSES[:2])


def test_when_nothing_is_alike_enough_then_the_page_says_unknown_and_both_numbers(
    open_page: Opener, shapes: Prototypes
) -> None:
    add_small_domain(pictures=BUILT_FROM, rule=NEVER)
    app = open_page("image_matching")
    bring(app, ("query.png", PICTURES[CLASSES[0]][3]))
    text = visible_text(app)
    assert "Unknown image" in text
    assert "Too little similarity" in text
    assert "Too close between two classes" in text


def test_when_a_picture_is_animated_then_the_card_says_that_one_frame_was_looked_at(
    open_page: Opener, shapes: Prototypes
) -> None:
    app = open_page("image_matching")
    bring(app, ("moving.gif", animated("GIF")))
    assert "only the first frame" in visible_text(app)


def test_when_the_rule_is_not_calibrated_then_the_badge_says_so(open_page: Opener, shapes: Prototypes) -> None:
    assert "5 of 100 unknown images" in visible_text(open_page("image_matching"))
    add_small_domain(pictures=BUILT_FROM, rule=None)
    assert "nobody measured" in visible_text(open_page("image_matching"))


def test_when_a_picture_is_pasted_then_it_is_matched(open_page: Opener, shapes: Prototypes) -> None:
    app = open_page("image_matching")
    app.chat_input[0].upload("image.png", PICTURES[CLASSES[1]][3]).set_value("").run()
    assert not app.exception
    assert f"## {shapes.names[CLASSES[1]]}" in visible_text(app)


def test_when_an_address_leads_inside_then_one_sentence_says_so_and_the_others_stay(
    open_page: Opener, shapes: Prototypes
) -> None:
    app = open_page("image_matching")
    bring(app, ("query.png", PICTURES[CLASSES[0]][3]))
    app.chat_input[0].set_value("http://127.0.0.1/inside.png").run()
    assert not app.exception
    assert len(app.error) == 1
    assert f"## {shapes.names[CLASSES[0]]}" in visible_text(app)


def test_when_the_verdict_is_called_right_then_it_waits_for_the_build_and_can_be_undone(
    open_page: Opener, shapes: Prototypes
) -> None:
    app = open_page("image_matching")
    bring(app, ("query.png", PICTURES[CLASSES[0]][3]))
    press(app, "right-")
    remarks = staged("shapes", principal=LOCAL_ANALYST)
    assert [(one.kind, one.class_name) for one in remarks] == [("accept", CLASSES[0])]
    assert any("next build: 1" in one.proto.label for one in app.get("page_link"))
    press(app, "undo-")
    assert staged("shapes", principal=LOCAL_ANALYST) == ()


@pytest.mark.parametrize("name", [CLASSES[1], UNKNOWN])
def test_when_another_class_is_chosen_then_the_correction_waits_for_the_build(
    open_page: Opener, shapes: Prototypes, name: str
) -> None:
    app = open_page("image_matching")
    bring(app, ("query.png", PICTURES[CLASSES[0]][3]))
    next(box for box in app.selectbox if (box.key or "").startswith("other-class-")).set_value(name)
    app.run()
    press(app, "other-")
    remarks = staged("shapes", principal=LOCAL_ANALYST)
    assert [(one.kind, one.class_name) for one in remarks] == [("correct", name)]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Spaceship", "Spaceship"),
        ("heart", "하트"),
        (unicodedata.normalize("NFD", "하트"), "하트"),
        ("Unknown", UNKNOWN),
    ],
)
def test_when_a_class_is_typed_then_one_that_exists_is_found_under_either_name(typed: str, kept: str) -> None:
    assert class_from(typed, ["하트", "별"], {"하트": "Heart"}) == kept


def test_when_a_picture_is_added_to_a_class_then_it_is_staged_whatever_the_verdict(
    open_page: Opener, shapes: Prototypes
) -> None:
    app = open_page("image_matching")
    bring(app, ("query.png", PICTURES[CLASSES[0]][3]))
    press(app, "add-")
    assert [one.kind for one in staged("shapes", principal=LOCAL_ANALYST)] == ["add"]


def test_when_no_domain_claims_a_picture_then_the_page_says_so(open_page: Opener, shapes: Prototypes) -> None:
    for name in ("shapes", "others"):
        add_small_domain(name, pictures=BUILT_FROM, rule=NEVER)
    app = open_page("image_matching")
    app.selectbox(key="image-domain-en").set_value("*").run()
    bring(app, ("query.png", PICTURES[CLASSES[0]][3]))
    assert "No domain claims this image" in visible_text(app)


def test_when_a_domain_claims_a_picture_then_its_name_stands_above_the_verdict(
    open_page: Opener, shapes: Prototypes
) -> None:
    add_small_domain("strict", pictures=BUILT_FROM, rule=NEVER)
    app = open_page("image_matching")
    app.selectbox(key="image-domain-en").set_value("*").run()
    bring(app, ("query.png", PICTURES[CLASSES[0]][3]))
    assert "Claimed by shapes" in visible_text(app)


def test_when_another_domain_is_chosen_then_the_same_pictures_are_asked_of_it(
    open_page: Opener, shapes: Prototypes
) -> None:
    add_small_domain("strict", pictures=BUILT_FROM, rule=NEVER)
    app = open_page("image_matching")
    bring(app, ("query.png", PICTURES[CLASSES[0]][3]))
    assert f"## {shapes.names[CLASSES[0]]}" in visible_text(app)
    app.selectbox(key="image-domain-en").set_value("strict").run()
    assert "Unknown image" in visible_text(app)


@pytest.mark.parametrize("chosen", ["shapes", "strict"])
def test_when_the_address_names_a_domain_then_that_one_is_asked(
    open_page: Opener, shapes: Prototypes, chosen: str
) -> None:
    add_small_domain("strict", pictures=BUILT_FROM, rule=NEVER)
    assert open_page("image_matching", domain=chosen).selectbox(key="image-domain-en").value == chosen


def test_when_the_language_is_switched_then_all_domains_stay_chosen(open_page: Opener, shapes: Prototypes) -> None:
    add_small_domain("strict", pictures=BUILT_FROM, rule=NEVER)
    app = open_page("image_matching")
    app.selectbox(key="image-domain-en").set_value("*").run()
    app.segmented_control[0].set_value("ko").run()
    assert not app.exception
    assert app.selectbox(key="image-domain-ko").value == "*"
    assert app.query_params["domain"] in ("*", ["*"])


def test_when_the_chosen_domain_is_gone_then_another_is_asked(open_page: Opener, shapes: Prototypes) -> None:
    add_small_domain("strict", pictures=BUILT_FROM, rule=NEVER)
    app = open_page("image_matching", domain="strict")
    remove_domain("strict", principal=LOCAL_ANALYST)
    app.run()
    assert not app.exception
    assert app.selectbox(key="image-domain-en").value == "shapes"


def test_when_a_reference_was_removed_since_the_build_then_the_card_still_stands(
    open_page: Opener, shapes: Prototypes
) -> None:
    for file in (domain_folder("shapes") / "pictures").rglob("*.png"):
        file.unlink()
    app = open_page("image_matching")
    bring(app, ("query.png", PICTURES[CLASSES[0]][3]))
    assert f"## {shapes.names[CLASSES[0]]}" in visible_text(app)


def test_when_two_numbers_look_alike_then_enough_digits_are_shown_to_tell_them_apart() -> None:
    assert verdict_words.told_apart(0.89996, 0.9) == ("0.89996", "0.90000")
    assert verdict_words.told_apart(0.5, 0.9) == ("0.500", "0.900")


def test_when_no_threshold_was_missed_then_the_reason_is_the_picture_itself(shapes: Prototypes) -> None:
    found = matching.recognise(PICTURES[CLASSES[0]][0], name="a.png", principal=LOCAL_ANALYST)
    blank = replace(found, match=replace(found.match, is_unknown=True, verdict=UNKNOWN, thresholds=RULE))
    assert len(verdict_words.reasons_for_unknown(blank)) == 1
