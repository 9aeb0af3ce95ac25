"""A small built domain for the tests of the pages of images, and the clicks that they share."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.images.pictures import list_pictures
from core.images.prototypes import Thresholds
from core.security.policy import LOCAL_ANALYST
from tests.image_runs import DOMAIN
from tests.images.small_domain import drawn

PICTURES = drawn(3, 4)
CLASSES = list(PICTURES)
BUILT_FROM = {name: found[:3] for name, found in PICTURES.items()}
PICTURES_TAB, BUILD, CALIBRATION, REVIEW, PROVENANCE = range(5)
TABS, TAB_NAMES = "domain-tabs", ("pictures", "build", "calibration", "review", "provenance")
NEVER = Thresholds(0.99999, 0.5)  # a rule that accepts nothing


def bring(app: AppTest, *files: tuple[str, bytes]) -> None:
    """Drop files on the first upload field of the page."""
    app.file_uploader[0].set_value([(name, content, "image/png") for name, content in files])
    app.run()
    assert not app.exception


def press(app: AppTest, start: str) -> None:
    """Click the first button whose key starts so."""
    next(button for button in app.button if (button.key or "").startswith(start)).click()
    app.run()
    assert not app.exception


def press_one(app: AppTest, key: str) -> None:
    """Click the button of this key."""
    app.button(key=key).click()
    app.run()
    assert not app.exception


def known(domain: str = DOMAIN) -> dict[str, int]:
    """Pictures by class as they are stored now."""
    return {name: len(found) for name, found in list_pictures(domain, principal=LOCAL_ANALYST).items()}
