"""A small built domain for the tests of the matching page, and the clicks that they share."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.images.prototypes import Thresholds
from tests.images.small_domain import drawn

PICTURES = drawn(3, 4)
CLASSES = list(PICTURES)
BUILT_FROM = {name: found[:3] for name, found in PICTURES.items()}
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
