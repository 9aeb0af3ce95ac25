"""A domain calibrated, reviewed and accounted for: rates, remarks that wait, provenance, and who may change what."""

from __future__ import annotations

import pytest

from app.ui.image_domains import run_form, wrong_views
from core.images.domains import domain_folder, list_domains
from core.images.feedback import stage, staged
from core.images.names import UNKNOWN
from core.images.runs import BUILDING
from core.jobs.records import list_jobs
from core.security import policy
from core.security.policy import LOCAL_ANALYST, Permission, Role
from tests.image_runs import DOMAIN
from tests.images.small_domain import drawn
from tests.ui.conftest import Opener, turn_to, visible_text
from tests.ui.image_pages import BUILD, CALIBRATION, PICTURES_TAB, PROVENANCE, REVIEW, TABS, press_one


@pytest.fixture
def only_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """The visitor's role may look at domains and jobs, and change nothing."""
    reading = frozenset({Permission.IMAGES_READ, Permission.JOBS_READ, Permission.DATASETS_READ})
    monkeypatch.setitem(policy.PERMISSIONS, Role.ADMIN, reading)


def test_when_a_domain_is_calibrated_then_rates_thresholds_and_wrong_pictures_are_shown(
    open_tab: Opener, built_domain: str
) -> None:
    app = open_tab(CALIBRATION)
    assert not app.error
    words = app.warning[0].value  # the target is missed on what chose nothing, and the page says so
    assert "of 100 unknown images" in words and "over the 5.0 % asked for" in words
    assert "False rejects" in visible_text(app)
    assert "Documented default (not calibrated)" in str(app.dataframe[0].value.to_dict())


@pytest.mark.parametrize("kind", wrong_views.KINDS[1:])
def test_when_a_rule_judges_pictures_wrong_then_they_are_shown_by_kind(
    open_tab: Opener, built_domain: str, kind: str
) -> None:
    app = open_tab(CALIBRATION, wrong_kind=kind)
    assert not app.error


def test_when_a_remark_waits_then_it_is_shown_and_can_be_withdrawn(open_tab: Opener, built_domain: str) -> None:
    content = next(iter(drawn(1, 1, group="unknown").values()))[0]
    remark = stage(
        content, file_name="s.png", domain=DOMAIN, kind="add", belongs_to=UNKNOWN, note="odd", principal=LOCAL_ANALYST
    )
    app = open_tab(REVIEW)
    assert "odd" in visible_text(app)
    press_one(app, f"withdraw-{remark.id}")
    assert staged(DOMAIN, principal=LOCAL_ANALYST) == ()


def test_when_build_now_is_pressed_then_a_build_with_the_usual_settings_is_queued(
    open_tab: Opener, built_domain: str
) -> None:
    content = next(iter(drawn(1, 1, group="unknown").values()))[0]
    stage(content, file_name="s.png", domain=DOMAIN, kind="add", belongs_to=UNKNOWN, principal=LOCAL_ANALYST)
    app = open_tab(REVIEW)
    press_one(app, "review-build")
    [job] = [job for job in list_jobs(principal=LOCAL_ANALYST) if job.state == "queued"]
    assert job.parameters == {"domain": DOMAIN, **run_form.defaults(BUILDING)}


def test_when_the_typed_name_differs_then_nothing_is_deleted_and_the_right_one_deletes(
    open_tab: Opener, built_domain: str
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
    open_page: Opener, built_domain: str
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


@pytest.mark.parametrize("tab", [PICTURES_TAB, BUILD, PROVENANCE])
@pytest.mark.usefixtures("only_reading")
def test_when_the_role_may_only_read_then_nothing_that_changes_is_offered(
    open_tab: Opener, built_domain: str, tab: int
) -> None:
    app = open_tab(tab)
    assert not app.error
    assert not app.file_uploader
    assert not app.checkbox
    changing = {"Remove", "Start the build", "Start the calibration", "Delete for good", "Build now", "Go back"}
    assert not changing & {button.label for button in app.button}


@pytest.mark.parametrize("tab", [PICTURES_TAB, BUILD, CALIBRATION])
def test_when_the_language_is_korean_then_the_tabs_draw(open_tab: Opener, built_domain: str, tab: int) -> None:
    app = open_tab(tab, "ko")
    assert not app.error
    assert app.title[0].value == "이미지 도메인"
