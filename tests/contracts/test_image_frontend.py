"""The image frontend: a picture by upload and by address, and what it shows of an error (contract images 1)."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.contracts.frontends import Frontend
from tests.contracts.reading import NUMBER, SHARE, TEXT, Reads
from tests.contracts.sidecar import Sidecar
from tests.contracts.sidecar_process import SITE
from tests.images.small_domain import drawn
from tests.security.internet import sends

UPLOAD, BY_URL = "/api/v1/similarity/find-by-upload?top_k=3", "/api/v1/similarity/find-by-url?top_k=3"
CARD: Reads = {"top_k[].0": TEXT, "top_k[].1": SHARE, "top_k_english[].0": TEXT, "margin": NUMBER}
REFUSED: Reads = {"message": TEXT, "detail": TEXT}  # the first is shown, the second kept


def picture(kind: str = "PNG") -> bytes:
    content = io.BytesIO()
    Image.open(io.BytesIO(drawn(1, 1).popitem()[1][0])).convert("RGB").save(content, kind)
    return content.getvalue()


def part(content: bytes, name: str = "별.jpg") -> dict[str, tuple[str, bytes, str]]:
    """The one part of the client's form; the type is the browser's guess."""
    return {"file": (name, content, "image/jpeg")}


def test_when_a_picture_is_uploaded_then_the_card_shows_three_names_with_scores(images: Frontend) -> None:
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        found = images.asks("POST", UPLOAD, files=part(picture(kind)), reads=CARD)
        assert len(found["top_k"]) == len(found["top_k_english"]) == 3, kind


def test_when_nothing_resembles_the_picture_then_the_card_is_drawn_all_the_same(images: Frontend) -> None:
    content = io.BytesIO()
    Image.new("RGB", (64, 64), (9, 9, 9)).save(content, "PNG")

    assert images.asks("POST", UPLOAD, files=part(content.getvalue()), reads=CARD)["is_unknown"]


def test_when_an_address_is_sent_then_the_answer_is_that_of_the_upload(images: Frontend, sidecar: Sidecar) -> None:
    sidecar.site.answers["/star.png"] = sends(picture())

    by_url = images.asks("POST", BY_URL, json={"url": f"http://{SITE}/star.png"}, reads=CARD)
    by_upload = images.asks("POST", UPLOAD, files=part(picture(), "star.png"), reads=CARD)

    assert by_url == by_upload


def test_when_the_upload_is_no_picture_then_the_message_is_shown(images: Frontend) -> None:
    images.asks("POST", UPLOAD, files=part(b"hello"), status=400, reads=REFUSED)


@pytest.mark.parametrize(
    ("url", "status"),
    [("http://127.0.0.1/star.png", 400), ("ftp://pictures.example/star.png", 400), (f"http://{SITE}/gone.png", 502)],
)
def test_when_an_address_cannot_be_used_then_the_message_is_shown(
    images: Frontend, sidecar: Sidecar, url: str, status: int
) -> None:
    sidecar.site.answers["/gone.png"] = sends(b"", 404)

    images.asks("POST", BY_URL, json={"url": url}, status=status, reads=REFUSED)


def test_when_the_form_or_the_body_cannot_be_used_then_the_message_is_shown(images: Frontend) -> None:
    images.asks("POST", UPLOAD, files={"other": (None, "x")}, status=422, reads=REFUSED)
    images.asks("POST", BY_URL, json={"url": "x" * 3000}, status=422, reads=REFUSED)
