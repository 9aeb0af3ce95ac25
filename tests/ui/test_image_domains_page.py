"""The image domains page: bringing pictures, building, calibrating, reviewing, and where everything comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.ui import texts
from app.ui.image_domains import build_views, domain_import, run_form, wrong_views
from core.images.domains import domain_folder, list_domains, open_domain, remove_domain
from core.images.feedback import stage, staged
from core.images.names import UNKNOWN
from core.images.pictures import add_picture, list_pictures, remove_class
from core.jobs.catalogue import describe
from core.jobs.records import list_jobs
from core.security import policy
from core.security.policy import LOCAL_ANALYST, Permission, Role
from tests.image_runs import DOMAIN, built_domain_in, finish_build
from tests.images.packing import packed
from tests.images.small_domain import drawn
from tests.ui.conftest import WORKBENCH, Opener, turn_to, visible_text

PICTURES, BUILD, CALIBRATION, REVIEW, PROVENANCE = range(5)
TABS = "domain-tabs"
TAB_NAMES = ("pictures", "build", "calibration", "review", "provenance")


@pytest.fixture(scope="session")
def domain_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that needs a built domain leaves a copy of its home for the others."""
    return tmp_path_factory.mktemp("domain") / "home"


@pytest.fixture
def built(home: Path, domain_home: Path) -> str:
    """The id of a finished, published build of the domain `shapes`."""
    return built_domain_in(home, domain_home)


@pytest.fixture
def open_tab(home: Path) -> Callable[..., AppTest]:
    """open_tab(BUILD): that tab of the domain `shapes`."""

    def open_it(tab: int, language: str = "en", **chosen: str) -> AppTest:
        app = AppTest.from_file(str(WORKBENCH), default_timeout=60)
        app.query_params["lang"], app.query_params["domain"] = language, DOMAIN
        app.session_state[TABS] = texts.all_texts()[f"domain_tab.{TAB_NAMES[tab]}"][language]
        for key, value in chosen.items():
            app.session_state[key.replace("_", "-")] = value
        app.switch_page("../pages/image_domains.py")
        app.run()
        assert not app.exception
        return app

    return open_it


@pytest.fixture
def only_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """The visitor's role may look at domains and jobs, and change nothing."""
    reading = frozenset({Permission.IMAGES_READ, Permission.JOBS_READ, Permission.DATASETS_READ})
    monkeypatch.setitem(policy.PERMISSIONS, Role.ADMIN, reading)


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click()
    app.run()
    assert not app.exception


def known(domain: str = DOMAIN) -> dict[str, int]:
    return {name: len(found) for name, found in list_pictures(domain, principal=LOCAL_ANALYST).items()}


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
    press(app, "domain-create")
    assert sum(known().values()) == 4
    assert "4 images kept in 3 classes, 1 files refused" in visible_text(app)
    assert any("torn.png" in str(frame.value.to_dict()) for frame in app.dataframe)


def test_when_the_name_is_taken_then_one_sentence_says_so_and_nothing_is_added(
    open_page: Opener, built: str, tmp_path: Path
) -> None:
    before = known()
    app = open_page("image_domains")
    app.file_uploader[0].upload("SHAPES.zip", zipped(tmp_path))
    app.run()
    press(app, "domain-create")
    assert "already" in app.error[0].value
    assert known() == before


def test_when_an_empty_domain_is_begun_then_pictures_can_be_added_to_a_new_class(open_page: Opener) -> None:
    app = open_page("image_domains", domain="colours")
    app.text_input(key="pictures-into:pictures").set_value("빨강")
    content = next(iter(drawn(1, 1).values()))[0]
    files = [("one.png", content, "image/png"), ("text.png", b"no picture", "image/png")]
    app.file_uploader[0].set_value(files)
    app.run()
    press(app, "pictures-add-pictures")
    assert known("colours") == {"빨강": 1}
    assert "1 images kept in 1 classes, 1 files refused" in visible_text(app)


def test_when_unknown_pictures_are_added_then_they_lie_apart_from_the_classes(
    open_tab: Callable[..., AppTest], built: str
) -> None:
    before = known()
    app = open_tab(PICTURES, picture_group="unknown")
    app.text_input(key="pictures-into:unknown").set_value("others")
    strange = next(iter(drawn(1, 1, group="unknown").values()))[0]
    app.file_uploader[0].set_value([("strange.png", strange, "image/png")])
    app.run()
    press(app, "pictures-add-unknown")
    assert known() == before
    assert list(list_pictures(DOMAIN, group="unknown", principal=LOCAL_ANALYST)) == ["others"]


def test_when_a_picture_is_removed_then_it_can_be_taken_back(open_tab: Callable[..., AppTest], built: str) -> None:
    before = known()
    app = open_tab(PICTURES)
    app.checkbox[0].check()
    app.run()
    press(app, "pictures-remove")
    assert sum(known().values()) == sum(before.values()) - 1
    press(app, "picture-undo-now")
    assert known() == before


def test_when_a_class_is_removed_then_it_can_be_taken_back(open_tab: Callable[..., AppTest], built: str) -> None:
    before = known()
    app = open_tab(PICTURES)
    press(app, "remove-class")
    assert len(known()) == len(before) - 1
    press(app, "picture-undo-now")
    assert known() == before


def test_when_a_picture_is_moved_then_it_changes_class_and_can_be_taken_back(
    open_tab: Callable[..., AppTest], built: str
) -> None:
    before = known()
    app = open_tab(PICTURES)
    app.checkbox[0].check()
    app.run()
    press(app, "pictures-move-now")
    first, second, *_ = before
    assert known() == before | {first: before[first] - 1, second: before[second] + 1}
    press(app, "picture-undo-now")
    assert known() == before


def test_when_a_class_has_more_pictures_than_fit_then_a_page_of_them_is_drawn(
    open_tab: Callable[..., AppTest], built: str
) -> None:
    first, other, *_ = known()
    for one in list_pictures(DOMAIN, principal=LOCAL_ANALYST)[other]:
        add_picture(DOMAIN, first, one.content(), file_name=one.file_name, principal=LOCAL_ANALYST)
    for content in next(iter(drawn(1, 22).values())):
        add_picture(DOMAIN, first, content, file_name="more.png", principal=LOCAL_ANALYST)
    app = open_tab(PICTURES)
    assert known()[first] > 24
    assert len(app.checkbox) == 24


def test_when_start_is_pressed_twice_then_one_build_of_this_domain_is_queued(
    open_tab: Callable[..., AppTest], built: str
) -> None:
    app = open_tab(BUILD)
    for _ in range(2):
        next(button for button in app.button if button.label == "Start the build").click()
        app.run()
        assert not app.exception
    queued = [job for job in list_jobs(principal=LOCAL_ANALYST) if job.state == "queued"]
    assert [job.parameters["domain"] for job in queued] == [DOMAIN]


@pytest.mark.parametrize("part", build_views.PARTS)
def test_when_a_build_has_finished_then_every_part_of_its_report_draws(
    open_tab: Callable[..., AppTest], built: str, part: str
) -> None:
    app = open_tab(BUILD, build_part=part)
    assert not app.error
    assert "Serving now" in visible_text(app)


def test_when_an_outlier_is_shown_then_it_can_be_removed_from_the_report(
    open_tab: Callable[..., AppTest], built: str
) -> None:
    first, second, *_ = known()
    misplaced = list_pictures(DOMAIN, principal=LOCAL_ANALYST)[second][0]
    add_picture(DOMAIN, first, misplaced.content(), file_name="misplaced.png", principal=LOCAL_ANALYST)
    finish_build()
    before = known()
    app = open_tab(BUILD, build_part="suspects")
    press(app, "duplicate-0-first-remove")
    assert sum(known().values()) == sum(before.values()) - 1
    press(app, "picture-undo-now")
    assert known() == before


def test_when_an_earlier_build_is_restored_then_it_serves_again(open_tab: Callable[..., AppTest], built: str) -> None:
    second = finish_build()
    app = open_tab(BUILD)
    assert open_domain(DOMAIN, principal=LOCAL_ANALYST).built_by == second
    app.selectbox(key=f"build:{DOMAIN}").set_value(built)
    app.run()
    press(app, "build-restore")
    assert open_domain(DOMAIN, principal=LOCAL_ANALYST).built_by == built


def test_when_a_finding_kept_a_build_back_then_it_says_so_and_cannot_be_put_in_place(
    open_tab: Callable[..., AppTest], built: str
) -> None:
    folder = domain_folder(DOMAIN)
    meta = json.loads((folder / "prototypes.meta.json").read_text("utf-8"))
    (folder / "prototypes.meta.json").write_text(json.dumps({**meta, "built_by": None}), "utf-8")
    remove_class(DOMAIN, next(iter(known())), principal=LOCAL_ANALYST)
    finish_build()
    app = open_tab(BUILD)
    assert "Not published" in visible_text(app)
    assert "The build before it stays in use" in visible_text(app)
    assert "build-restore" not in {button.key for button in app.button}


def test_when_a_build_took_up_remarks_then_each_picture_is_judged_before_and_after(
    open_tab: Callable[..., AppTest], built: str
) -> None:
    strange = next(iter(drawn(1, 1, group="unknown").values()))[0]
    stage(strange, file_name="s.png", domain=DOMAIN, kind="add", belongs_to=UNKNOWN, principal=LOCAL_ANALYST)
    finish_build()
    app = open_tab(BUILD, build_part="before_after")
    words = visible_text(app)
    assert "Of 1 remarks" in words
    assert "Before:" in words
    assert "After:" in words


def test_when_a_domain_is_calibrated_then_rates_thresholds_and_wrong_pictures_are_shown(
    open_tab: Callable[..., AppTest], built: str
) -> None:
    app = open_tab(CALIBRATION)
    assert not app.error
    assert "of 100 unknown pictures" in app.success[0].value
    assert "False rejects" in visible_text(app)
    assert "Documented default (not calibrated)" in str(app.dataframe[0].value.to_dict())


@pytest.mark.parametrize("kind", wrong_views.KINDS[1:])
def test_when_a_rule_judges_pictures_wrong_then_they_are_shown_by_kind(
    open_tab: Callable[..., AppTest], built: str, kind: str
) -> None:
    app = open_tab(CALIBRATION, wrong_kind=kind)
    assert not app.error


def test_when_a_domain_came_as_files_then_it_is_marked_not_calibrated(open_page: Opener, built: str) -> None:
    folder = domain_folder(DOMAIN)
    names = ("prototypes.npz", f"{DOMAIN}.names.json")
    files = [(name, (folder / name).read_bytes(), "application/octet-stream") for name in names]
    remove_domain(DOMAIN, principal=LOCAL_ANALYST)
    app = open_page("image_domains")
    app.session_state["domain-way"] = "files"
    app.run()
    app.file_uploader[0].set_value(files)
    app.run()
    press(app, "domain-import")
    [card] = list_domains(principal=LOCAL_ANALYST)
    assert (card.name, card.classes, card.is_calibrated) == (DOMAIN, 4, False)
    turn_to(app, TABS, CALIBRATION)
    assert "Not calibrated" in app.warning[0].value


def test_when_prototype_files_are_told_then_only_those_of_a_domain_are_taken() -> None:
    taken = [domain_import.part_name(name) for name in ("a\\prototypes.npz", "x/notes.txt", "x/pokemon.names.json")]
    assert taken == ["prototypes.npz", None, "pokemon.names.json"]
    assert domain_import.suggested_name(["prototypes.npz", "pokemon.names.json"]) == "pokemon"


def test_when_a_remark_waits_then_it_is_shown_and_can_be_withdrawn(
    open_tab: Callable[..., AppTest], built: str
) -> None:
    content = next(iter(drawn(1, 1, group="unknown").values()))[0]
    remark = stage(
        content, file_name="s.png", domain=DOMAIN, kind="add", belongs_to=UNKNOWN, note="odd", principal=LOCAL_ANALYST
    )
    app = open_tab(REVIEW)
    assert "odd" in visible_text(app)
    press(app, f"withdraw-{remark.id}")
    assert staged(DOMAIN, principal=LOCAL_ANALYST) == ()


def test_when_build_now_is_pressed_then_a_build_with_the_usual_settings_is_queued(
    open_tab: Callable[..., AppTest], built: str
) -> None:
    content = next(iter(drawn(1, 1, group="unknown").values()))[0]
    stage(content, file_name="s.png", domain=DOMAIN, kind="add", belongs_to=UNKNOWN, principal=LOCAL_ANALYST)
    app = open_tab(REVIEW)
    press(app, "review-build")
    [job] = [job for job in list_jobs(principal=LOCAL_ANALYST) if job.state == "queued"]
    assert job.parameters == {"domain": DOMAIN, **run_form.defaults(run_form.BUILD)}


def test_when_the_typed_name_differs_then_nothing_is_deleted_and_the_right_one_deletes(
    open_tab: Callable[..., AppTest], built: str
) -> None:
    app = open_tab(PROVENANCE)
    assert "prototypes.npz" in str(app.dataframe[0].value.to_dict())
    for typed, left in (("shape", [DOMAIN]), (DOMAIN, [])):
        app.text_input(key=f"delete-typed:{DOMAIN}").set_value(typed)
        next(button for button in app.button if button.label == "Delete for good").click()
        app.run()
        assert not app.exception
        assert [card.name for card in list_domains(principal=LOCAL_ANALYST)] == left


def test_when_a_domain_cannot_be_read_then_it_is_listed_with_its_problem_beside_the_others(
    open_page: Opener, built: str
) -> None:
    damaged = domain_folder("damaged")
    damaged.mkdir()
    (damaged / "prototypes.npz").write_bytes(b"nothing")
    app = open_page("image_domains")
    assert not app.exception
    assert "damaged" in app.error[0].value
    assert "**shapes**" in visible_text(app)
    app = open_page("image_domains", domain="damaged")
    for tab in range(5):
        turn_to(app, TABS, tab)
        assert not app.exception


@pytest.mark.parametrize("tab", [PICTURES, BUILD, PROVENANCE])
@pytest.mark.usefixtures("only_reading")
def test_when_the_role_may_only_read_then_nothing_that_changes_is_offered(
    open_tab: Callable[..., AppTest], built: str, tab: int
) -> None:
    app = open_tab(tab)
    assert not app.error
    assert not app.file_uploader
    assert not app.checkbox
    changing = {"Remove", "Start the build", "Start the calibration", "Delete for good", "Build now", "Go back"}
    assert not changing & {button.label for button in app.button}


@pytest.mark.parametrize("tab", [PICTURES, BUILD, CALIBRATION])
def test_when_the_language_is_korean_then_the_tabs_draw(open_tab: Callable[..., AppTest], built: str, tab: int) -> None:
    app = open_tab(tab, "ko")
    assert not app.error
    assert app.title[0].value == "이미지 도메인"


@pytest.mark.parametrize("notebook", [run_form.BUILD, run_form.CALIBRATE])
def test_when_a_notebook_declares_a_parameter_then_the_form_has_words_for_it(notebook: str) -> None:
    known_texts = set(texts.all_texts())
    for one in describe(notebook).parameters:
        assert known_texts & {f"parameter.images_{one.name}", f"parameter.{one.name}"}, one.name
