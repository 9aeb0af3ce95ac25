"""Verdicts on uploads (contract images 6: 1, 2, 4, 5, 7, 8, 10, 16, 20)."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.api import image_requests
from core.images.domains import open_domain
from core.security.policy import LOCAL_ANALYST
from tests.api.conftest import SECRET, bearer, make_client
from tests.api.image_cases import (
    ENGLISH,
    HEART,
    ORIGINAL,
    SHAPES,
    SIMILARITY,
    STAR,
    THINGS,
    UPLOAD,
    as_format,
    assert_refused,
    picture,
    seen_as,
    upload,
)
from tests.images.pictures import animated, corner, exif, saved


def told(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = json.loads(answer.text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    return body


@pytest.fixture(scope="module")
def star(image_client: TestClient) -> dict[str, Any]:
    """What is told of a JPEG of a star."""
    return told(upload(image_client, as_format("JPEG"), "별.jpg"))


def test_when_a_picture_is_uploaded_then_the_original_keys_come_first_and_both_lists_are_there(
    star: dict[str, Any],
) -> None:
    assert tuple(star)[:7] == ORIGINAL
    assert len(star["top_k"]) == len(star["top_k_english"]) == 3
    assert all(isinstance(name, str) and isinstance(score, float) for name, score in star["top_k"])
    assert [[ENGLISH[name], score] for name, score in star["top_k"]] == star["top_k_english"]


def test_when_a_verdict_is_told_then_score_and_margin_are_those_of_the_list(star: dict[str, Any]) -> None:
    scores = [score for _, score in star["top_k"]]

    assert scores == sorted(scores, reverse=True)
    assert star["s1"] == scores[0]
    assert star["margin"] == pytest.approx(scores[0] - scores[1], abs=1e-6)
    assert (star["verdict"], star["verdict_english"], star["is_unknown"]) == (STAR, ENGLISH[STAR], False)


def test_when_a_verdict_is_told_then_everything_behind_it_is_there(
    star: dict[str, Any], image_client: TestClient
) -> None:
    assert (star["domain"], star["built_by"], star["calibrated"]) == ("shapes", "build-shapes", True)
    assert (star["thresholds"]["tau1"], star["thresholds"]["false_accept"]) == (0.8, 0.05)
    assert "5" in star["words"]
    shown = star["picture"]
    assert (shown["name"], shown["width"], shown["format"], len(shown["sha256"])) == ("별.jpg", 224, "jpeg", 64)
    assert star["references"][0]["class_name"] == STAR
    for one in star["references"]:
        assert image_client.get(one["address"]).headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(("asked", "length"), [("", 3), ("?top_k=1", 1), ("?top_k=10", 4)])
def test_when_top_k_is_asked_for_then_that_many_classes_are_listed_and_the_verdict_is_the_same(
    image_client: TestClient, star: dict[str, Any], asked: str, length: int
) -> None:
    found = told(upload(image_client, as_format("JPEG"), to=UPLOAD + asked))

    assert len(found["top_k"]) == length
    assert [found[name] for name in ORIGINAL[2:]] == [star[name] for name in ORIGINAL[2:]]


@pytest.mark.parametrize("top_k", ["0", "11", "many"])
@pytest.mark.parametrize("place", ["query", "form"])
def test_when_top_k_is_outside_its_limits_then_422_wherever_it_stands(
    image_client: TestClient, top_k: str, place: str
) -> None:
    if place == "query":
        answer = upload(image_client, picture(), to=f"{UPLOAD}?top_k={top_k}")
    else:
        answer = upload(image_client, picture(), top_k=top_k)

    assert_refused(answer, 422)
    assert "top_k" in answer.json()["message"]


def test_when_query_and_form_differ_then_the_query_counts(image_client: TestClient) -> None:
    in_form = told(upload(image_client, picture(), top_k="2", domain="things"))
    in_both = told(upload(image_client, picture(), to=f"{UPLOAD}?top_k=1&domain=shapes", top_k="2", domain="things"))

    assert (len(in_form["top_k"]), in_form["domain"]) == (2, "things")
    assert (len(in_both["top_k"]), in_both["domain"]) == (1, "shapes")


def test_when_names_are_told_then_all_are_composed(image_client: TestClient) -> None:
    name = unicodedata.normalize("NFD", "초승달.png")
    body = upload(image_client, picture(), name).text

    assert unicodedata.is_normalized("NFC", body)
    assert "초승달.png" in body


def test_when_no_class_fits_then_the_verdict_is_the_word_unknown_in_both_languages(image_client: TestClient) -> None:
    found = told(upload(image_client, saved(Image.new("RGB", (64, 64), (9, 9, 9)))))

    assert (found["is_unknown"], found["verdict"], found["verdict_english"]) == (True, "unknown", "unknown")
    assert len(found["top_k"]) == len(found["top_k_english"]) == 3


@pytest.mark.parametrize(
    "content",
    [
        *(saved(corner().convert("RGBA")), animated("GIF"), animated("WEBP"), as_format("WEBP"), as_format("BMP")),
        *(saved(corner(), "JPEG", exif=exif(6)), saved(corner().convert("CMYK"), "JPEG")),
    ],
    ids=["png with alpha", "animated gif", "animated webp", "webp", "bmp", "rotated jpeg", "cmyk jpeg"],
)
def test_when_a_picture_is_unusual_then_it_is_recognised_all_the_same(image_client: TestClient, content: bytes) -> None:
    assert told(upload(image_client, content))["picture"]["width"] in (64, 96, 224)


def test_when_a_picture_is_animated_then_the_note_says_so_in_the_callers_language(image_client: TestClient) -> None:
    files = {"file": ("a.gif", animated("GIF"))}
    english = image_client.post(UPLOAD, files=files, headers={"Accept-Language": "en"}).json()
    korean = image_client.post(UPLOAD, files=files).json()

    assert "first frame" in english["picture"]["notes"][0]
    assert "첫 프레임" in korean["picture"]["notes"][0]


@pytest.mark.parametrize(
    "content",
    [b"hello", b"", as_format("JPEG")[:600], b"<svg xmlns='x'/>", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n" + b"\0" * 40],
    ids=["text", "nothing", "cut off", "svg", "pdf", "damaged"],
)
def test_when_the_content_is_no_picture_then_400_says_so_without_our_insides(
    image_client: TestClient, content: bytes
) -> None:
    assert_refused(upload(image_client, content, "/srv/secret/star.jpg"), 400)


def test_when_nobody_expected_the_error_then_500_tells_nothing_of_it(
    image_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("password=hunter2 at /secret/path")

    monkeypatch.setattr("core.images.matching.look_at", break_down)
    answer = upload(image_client, picture())

    assert_refused(answer, 500)
    assert answer.json()["error_code"] == "IMAGE_MATCH_FAILED"
    assert "hunter2" not in answer.text


def test_when_a_picture_is_too_large_then_413_tells_the_limit(
    image_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_requests, "PICTURE_BYTES", 2 * 1024**2)
    answer = upload(image_client, picture() + b"\0" * 2 * 1024**2)

    assert_refused(answer, 413)
    assert "2 MB" in answer.json()["message"]


def test_when_the_form_holds_no_file_or_two_then_422(image_client: TestClient) -> None:
    none = image_client.post(UPLOAD, files={"other": (None, "x")})
    two = image_client.post(UPLOAD, files=[("file", ("a.png", picture())), ("file", ("b.png", picture()))])

    for answer in (none, two, image_client.post(UPLOAD, json={})):
        assert_refused(answer, 422)


def test_when_a_domain_is_named_then_its_prototypes_answer(image_client: TestClient) -> None:
    things = told(upload(image_client, picture(THINGS[0]), to=f"{UPLOAD}?domain=things&top_k=10"))

    assert things["verdict"] == THINGS[0]
    assert {name for name, _ in things["top_k"]} == set(THINGS)


@pytest.mark.parametrize("domain", ["nobody", "../shapes", "%2e%2e"])
def test_when_the_domain_is_unknown_then_404(image_client: TestClient, domain: str) -> None:
    assert_refused(upload(image_client, picture(), to=f"{UPLOAD}?domain={domain}"), 404)


def test_when_every_domain_is_asked_then_the_one_that_knows_the_picture_claims_it(image_client: TestClient) -> None:
    heart = told(upload(image_client, picture(HEART), to=f"{SIMILARITY}/find-everywhere"))
    nobodys = told(
        upload(image_client, saved(Image.new("RGB", (64, 64))), to=f"{SIMILARITY}/find-everywhere", top_k="1")
    )

    assert (heart["claimed_by"], heart["words"]) == ("shapes", None)
    assert (heart["matches"]["shapes"]["verdict"], set(heart["matches"])) == (HEART, {"shapes", "things"})
    assert nobodys["claimed_by"] is None and "도메인" in nobodys["words"]
    assert all(len(one["top_k"]) == 1 for one in nobodys["matches"].values())


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_when_the_vector_says_nothing_then_unknown_in_finite_numbers(
    image_client: TestClient, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    seen_as(monkeypatch, np.full(1280, value, dtype=np.float32))
    found = told(upload(image_client, picture()))

    assert (found["is_unknown"], found["verdict"], found["s1"], found["margin"]) == (True, "unknown", 0, 0)


def test_when_a_prototype_itself_is_asked_then_it_is_its_own_class(
    image_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = open_domain("shapes", principal=LOCAL_ANALYST)
    seen_as(monkeypatch, domain.vectors[1])
    found = told(upload(image_client, picture()))

    assert found["top_k"][0][0] == domain.classes[1]
    assert found["s1"] == pytest.approx(1, abs=1e-5)


def test_when_callers_have_no_token_then_only_an_open_route_answers_them(
    image_home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(DISABLE_AUTH="0", SUPABASE_JWT_SECRET=SECRET)
    closed = make_client()
    assert upload(closed, picture()).status_code == 401
    with_token = closed.post(UPLOAD, files={"file": ("a.png", picture())}, headers=bearer())
    assert with_token.status_code == 200

    settings_from(WORKBENCH_OPEN_ROUTES="images.read")
    opened = make_client()
    assert upload(opened, picture()).status_code == 200
    assert upload(opened, picture(), to=f"{SIMILARITY}/feedback").status_code == 401


def test_when_the_browser_asks_from_the_frontends_origin_then_it_may_read_answer_and_error(
    image_client: TestClient,
) -> None:
    origin = {"Origin": "http://localhost:3000"}
    for content in (picture(), b"text"):
        answer = image_client.post(UPLOAD, files={"file": ("a.png", content)}, headers=origin)
        assert answer.headers["Access-Control-Allow-Origin"] == origin["Origin"]


def test_when_the_root_is_asked_then_name_version_and_state_are_told(image_client: TestClient) -> None:
    body = image_client.get("/").json()

    assert (set(body), body["status"]) == ({"name", "version", "status"}, "running")


def test_when_shapes_are_listed_then_the_default_domain_knows_them_all(image_client: TestClient) -> None:
    found = told(upload(image_client, picture(), to=f"{UPLOAD}?top_k=10"))

    assert {name for name, _ in found["top_k"]} == set(SHAPES)
