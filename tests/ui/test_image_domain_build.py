"""The build tab of a domain: what is queued, what a report shows, and which build serves."""

from __future__ import annotations

import json

import pytest

from app.ui import texts
from app.ui.image_domains import build_views
from core.images.domains import domain_folder, open_domain
from core.images.feedback import stage
from core.images.names import UNKNOWN
from core.images.pictures import add_picture, list_pictures, remove_class
from core.images.runs import BUILDING, CALIBRATING
from core.jobs.notebooks.catalogue import describe
from core.jobs.records import list_jobs
from core.security.policy import LOCAL_ANALYST
from tests.image_runs import DOMAIN, finish_build
from tests.images.small_domain import drawn
from tests.ui.conftest import Opener, visible_text
from tests.ui.image_pages import BUILD, known, press_one


def test_when_start_is_pressed_twice_then_one_build_of_this_domain_is_queued(
    open_tab: Opener, built_domain: str
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
    open_tab: Opener, built_domain: str, part: str
) -> None:
    app = open_tab(BUILD, build_part=part)
    assert not app.error
    assert "Serving now" in visible_text(app)


def test_when_an_outlier_is_shown_then_it_can_be_removed_from_the_report(open_tab: Opener, built_domain: str) -> None:
    first, second, *_ = known()
    misplaced = list_pictures(DOMAIN, principal=LOCAL_ANALYST)[second][0]
    add_picture(DOMAIN, first, misplaced.content(), file_name="misplaced.png", principal=LOCAL_ANALYST)
    finish_build()
    before = known()
    app = open_tab(BUILD, build_part="suspects")
    press_one(app, "duplicate-0-first-remove")
    assert sum(known().values()) == sum(before.values()) - 1
    press_one(app, "picture-undo-now")
    assert known() == before


def test_when_an_earlier_build_is_restored_then_it_serves_again(open_tab: Opener, built_domain: str) -> None:
    second = finish_build()
    app = open_tab(BUILD)
    assert open_domain(DOMAIN, principal=LOCAL_ANALYST).built_by == second
    app.selectbox(key=f"build:{DOMAIN}").set_value(built_domain)
    app.run()
    press_one(app, "build-restore")
    assert open_domain(DOMAIN, principal=LOCAL_ANALYST).built_by == built_domain


def test_when_a_finding_kept_a_build_back_then_it_says_so_and_cannot_be_put_in_place(
    open_tab: Opener, built_domain: str
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
    open_tab: Opener, built_domain: str
) -> None:
    strange = next(iter(drawn(1, 1, group="unknown").values()))[0]
    stage(strange, file_name="s.png", domain=DOMAIN, kind="add", belongs_to=UNKNOWN, principal=LOCAL_ANALYST)
    finish_build()
    app = open_tab(BUILD, build_part="before_after")
    words = visible_text(app)
    assert "Of 1 remarks" in words
    assert "Before:" in words
    assert "After:" in words


@pytest.mark.parametrize("notebook", [BUILDING, CALIBRATING])
def test_when_a_notebook_declares_a_parameter_then_the_form_has_words_for_it(notebook: str) -> None:
    known_texts = set(texts.all_texts())
    for one in describe(notebook).parameters:
        assert known_texts & {f"parameter.images_{one.name}", f"parameter.{one.name}"}, one.name
