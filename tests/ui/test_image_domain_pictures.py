"""The pictures of a domain on its page: brought as a ZIP, as files or one by one; removed, moved and taken back."""

from __future__ import annotations

from pathlib import Path

from app.ui.image_domains import domain_import
from core.images.domains import domain_folder, list_domains, remove_domain
from core.images.pictures import add_picture, list_pictures
from core.security.policy import LOCAL_ANALYST
from tests.image_runs import DOMAIN
from tests.images.packing import packed
from tests.images.small_domain import drawn
from tests.ui.conftest import Opener, turn_to, visible_text
from tests.ui.image_pages import CALIBRATION, PICTURES_TAB, TABS, known, press_one


def zipped(tmp_path: Path, **more: bytes) -> bytes:
    files = {f"{name}/{number}.png": one for name, found in drawn(2, 2).items() for number, one in enumerate(found)}
    return packed(tmp_path / "shapes.zip", files | more).read_bytes()


def test_when_there_is_no_domain_then_the_page_says_what_to_do_first(open_page: Opener) -> None:
    app = open_page("image_domains")
    assert not app.exception
    assert "No domains yet" in visible_text(app)
    assert app.file_uploader


def test_when_a_zip_is_dropped_then_the_domain_opens_and_says_what_was_taken_and_refused(
    open_page: Opener, tmp_path: Path
) -> None:
    app = open_page("image_domains")
    broken = {"torn/torn.png": b"\x89PNG\r\n\x1a\n torn"}
    app.file_uploader[0].upload("shapes.zip", zipped(tmp_path, **broken))
    app.run()
    press_one(app, "domain-create")
    assert sum(known().values()) == 4
    assert "Images kept: 4, in classes: 3; files refused: 1" in visible_text(app)
    assert any("torn.png" in str(frame.value.to_dict()) for frame in app.dataframe)


def test_when_the_name_is_taken_then_one_sentence_says_so_and_nothing_is_added(
    open_page: Opener, built_domain: str, tmp_path: Path
) -> None:
    before = known()
    app = open_page("image_domains")
    app.file_uploader[0].upload("SHAPES.zip", zipped(tmp_path))
    app.run()
    press_one(app, "domain-create")
    assert "already" in app.error[0].value
    assert known() == before


def test_when_an_empty_domain_is_begun_then_pictures_can_be_added_to_a_new_class(open_page: Opener) -> None:
    app = open_page("image_domains", domain="colours")
    app.text_input(key="pictures-into:pictures").set_value("빨강")
    content = next(iter(drawn(1, 1).values()))[0]
    files = [("one.png", content, "image/png"), ("text.png", b"no picture", "image/png")]
    app.file_uploader[0].set_value(files)
    app.run()
    press_one(app, "pictures-add-pictures")
    assert known("colours") == {"빨강": 1}
    assert "Images kept: 1, in classes: 1; files refused: 1" in visible_text(app)


def test_when_unknown_pictures_are_added_then_they_lie_apart_from_the_classes(
    open_tab: Opener, built_domain: str
) -> None:
    before = known()
    app = open_tab(PICTURES_TAB, picture_group="unknown")
    app.text_input(key="pictures-into:unknown").set_value("others")
    strange = next(iter(drawn(1, 1, group="unknown").values()))[0]
    app.file_uploader[0].set_value([("strange.png", strange, "image/png")])
    app.run()
    press_one(app, "pictures-add-unknown")
    assert known() == before
    assert list(list_pictures(DOMAIN, group="unknown", principal=LOCAL_ANALYST)) == ["others"]


def test_when_a_picture_is_removed_then_it_can_be_taken_back(open_tab: Opener, built_domain: str) -> None:
    before = known()
    app = open_tab(PICTURES_TAB)
    app.checkbox[0].check()
    app.run()
    press_one(app, "pictures-remove")
    assert sum(known().values()) == sum(before.values()) - 1
    press_one(app, "picture-undo-now")
    assert known() == before


def test_when_a_class_is_removed_then_it_can_be_taken_back(open_tab: Opener, built_domain: str) -> None:
    before = known()
    app = open_tab(PICTURES_TAB)
    press_one(app, "remove-class")
    assert len(known()) == len(before) - 1
    press_one(app, "picture-undo-now")
    assert known() == before


def test_when_a_picture_is_moved_then_it_changes_class_and_can_be_taken_back(
    open_tab: Opener, built_domain: str
) -> None:
    before = known()
    app = open_tab(PICTURES_TAB)
    app.checkbox[0].check()
    app.run()
    press_one(app, "pictures-move-now")
    first, second, *_ = before
    assert known() == before | {first: before[first] - 1, second: before[second] + 1}
    press_one(app, "picture-undo-now")
    assert known() == before


def test_when_a_class_has_more_pictures_than_fit_then_a_page_of_them_is_drawn(
    open_tab: Opener, built_domain: str
) -> None:
    first, other, *_ = known()
    for one in list_pictures(DOMAIN, principal=LOCAL_ANALYST)[other]:
        add_picture(DOMAIN, first, one.content(), file_name=one.file_name, principal=LOCAL_ANALYST)
    for content in next(iter(drawn(1, 22).values())):
        add_picture(DOMAIN, first, content, file_name="more.png", principal=LOCAL_ANALYST)
    app = open_tab(PICTURES_TAB)
    assert known()[first] > 24
    assert len(app.checkbox) == 24


def test_when_a_domain_came_as_files_then_it_is_marked_not_calibrated(open_page: Opener, built_domain: str) -> None:
    folder = domain_folder(DOMAIN)
    names = ("prototypes.npz", f"{DOMAIN}.names.json")
    files = [(name, (folder / name).read_bytes(), "application/octet-stream") for name in names]
    remove_domain(DOMAIN, principal=LOCAL_ANALYST)
    app = open_page("image_domains")
    app.session_state["domain-way"] = "files"
    app.run()
    app.file_uploader[0].set_value(files)
    app.run()
    press_one(app, "domain-import")
    [card] = list_domains(principal=LOCAL_ANALYST)
    assert (card.name, card.classes, card.is_calibrated) == (DOMAIN, 4, False)
    turn_to(app, TABS, CALIBRATION)
    assert "Not calibrated" in app.warning[0].value


def test_when_prototype_files_are_told_then_only_those_of_a_domain_are_taken() -> None:
    taken = [domain_import.part_name(name) for name in ("a\\prototypes.npz", "x/notes.txt", "x/pokemon.names.json")]
    assert taken == ["prototypes.npz", None, "pokemon.names.json"]
    assert domain_import.suggested_name(["prototypes.npz", "pokemon.names.json"]) == "pokemon"
