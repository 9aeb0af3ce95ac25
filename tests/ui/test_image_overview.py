"""The overview shows the newest built domain of images, and nothing where there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.images.domains import add_domain
from core.images.pictures import add_picture
from core.security.policy import LOCAL_ANALYST
from tests.images.small_domain import add_small_domain
from tests.ui.conftest import Opener, visible_text
from tests.ui.image_pages import BUILT_FROM, CLASSES, PICTURES


def test_when_domains_are_built_then_the_newest_stands_on_the_overview_with_the_way_to_it(
    open_page: Opener, home: Path
) -> None:
    made = add_small_domain("older", pictures=BUILT_FROM)
    add_domain(replace(made, domain="newer", created_at="2999-01-01T00:00:00+00:00"), principal=LOCAL_ANALYST)
    app = open_page("overview")
    assert not app.exception
    words = visible_text(app)
    assert "### newer" in words
    assert "### older" not in words
    assert {one.label: one.value for one in app.metric}.items() >= {"Classes": "3", "Images": "9"}.items()
    assert "5 of 100 unknown images" in words
    assert any("domain=newer" in one.proto.query_string for one in app.get("page_link"))


def test_when_a_domain_is_not_calibrated_then_the_overview_says_so(open_page: Opener, home: Path) -> None:
    add_small_domain(pictures=BUILT_FROM, rule=None)
    assert "Not calibrated: nobody measured" in visible_text(open_page("overview", "en"))


def test_when_a_domain_is_not_built_then_the_overview_does_not_show_it(open_page: Opener, home: Path) -> None:
    add_picture("later", "new", PICTURES[CLASSES[0]][0], file_name="a.png", principal=LOCAL_ANALYST)
    assert "later" not in visible_text(open_page("overview"))
