"""Many pictures at once: each has a verdict or an error of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED

import pytest
from fastapi.testclient import TestClient

from app.api import image_requests
from app.api.middleware import BODY_LIMIT_BYTES
from app.api.routes import images_batch
from tests.api.image_cases import BATCH, HEART, ORIGINAL, STAR, assert_refused, picture, upload
from tests.images.packing import packed
from tests.zips import zipped


def sent(client: TestClient, *files: tuple[str, bytes], query: str = "") -> Any:
    return client.post(f"{BATCH}{query}", files=[("file", file) for file in files])


def test_when_several_files_are_sent_then_one_bad_picture_spoils_no_other(image_client: TestClient) -> None:
    answer = sent(image_client, ("star.png", picture(STAR)), ("text.jpg", b"text"), ("heart.png", picture(HEART)))

    body = answer.json()
    assert (answer.status_code, body["count"], body["recognised"], body["refused"]) == (200, 3, 2, 1)
    assert [one["number"] for one in body["results"]] == [1, 2, 3]
    star, text, heart = body["results"]
    assert (star["result"]["verdict"], heart["result"]["verdict"]) == (STAR, HEART)
    assert tuple(star["result"])[:7] == ORIGINAL
    assert text["result"] is None and star["error"] is None
    assert (text["error"]["status"], text["error"]["message"]) == (400, text["error"]["detail"])


def test_when_a_zip_is_sent_then_its_files_are_answered_with_their_folders(image_client: TestClient) -> None:
    content = zipped({f"{STAR}/a.png": picture(STAR), "loose.png": picture(HEART), "bad/b.png": b"text"})
    body = upload(image_client, content, "all.zip", to=f"{BATCH}?top_k=1").json()

    found = {one["file_name"]: one for one in body["results"]}
    assert (body["count"], body["recognised"], set(found)) == (3, 2, {"a.png", "loose.png", "b.png"})
    assert (found["a.png"]["class_name"], found["loose.png"]["class_name"]) == (STAR, "")
    assert found["loose.png"]["result"]["verdict"] == HEART
    assert len(found["a.png"]["result"]["top_k"]) == 1


def test_when_one_picture_is_too_large_then_only_it_is_refused(image_client: TestClient) -> None:
    from core.images import decoding

    assert decoding.DEFAULT_LIMITS.max_bytes == image_requests.PICTURE_BYTES
    large = picture() + b"\0" * decoding.DEFAULT_LIMITS.max_bytes
    body = sent(image_client, ("large.png", large), ("star.png", picture())).json()

    assert [one["error"] and one["error"]["status"] for one in body["results"]] == [413, None]


def test_when_a_zip_is_larger_than_other_bodies_may_be_then_it_is_taken(
    image_client: TestClient, tmp_path: Path
) -> None:
    filler = {f"{number}.png": bytes(8 * 2**20) for number in range(5)}
    content = packed(tmp_path / "all.zip", {"star.png": picture(), **filler}, ZIP_STORED).read_bytes()

    assert len(content) > BODY_LIMIT_BYTES
    body = upload(image_client, content, "all.zip", to=BATCH).json()
    assert (body["count"], body["recognised"]) == (6, 1)


def test_when_there_are_more_pictures_than_one_call_takes_then_413(
    image_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images_batch, "MOST_PICTURES", 2)
    three = {f"{number}.png": picture() for number in range(3)}

    for answer in (sent(image_client, *three.items()), upload(image_client, zipped(three), "all.zip", to=BATCH)):
        assert_refused(answer, 413)
        assert "2" in answer.json()["message"]


def test_when_the_whole_cannot_be_answered_then_the_call_is_refused(image_client: TestClient) -> None:
    assert_refused(sent(image_client, ("star.png", picture()), query="?domain=nobody"), 404)
    assert_refused(sent(image_client, ("star.png", picture()), query="?top_k=11"), 422)
    assert_refused(upload(image_client, b"PK\x03\x04 and no more", "all.zip", to=BATCH), 400)
    assert_refused(upload(image_client, zipped({}), "all.zip", to=BATCH), 400)
    assert_refused(image_client.post(BATCH, files={"other": (None, "x")}), 422)
