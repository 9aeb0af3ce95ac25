"""Which domains there are, what they know, and their pictures (contract images 6: 16)."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from core.images.pictures import add_picture, list_pictures
from core.images.prototype_files import VECTORS
from core.security.policy import LOCAL_ANALYST
from tests.api.conftest import make_client
from tests.api.image_cases import DOMAINS, ENGLISH, SHAPES, STAR, UPLOAD, as_format, assert_refused, picture, upload


@pytest.fixture
def shown(image_client: TestClient) -> str:
    """The address of a picture of the default domain."""
    stored = list_pictures("shapes", principal=LOCAL_ANALYST)[STAR][0]
    return f"{DOMAINS}/shapes/pictures/{quote(STAR)}/{stored.file_name}"


def test_when_domains_are_listed_then_each_has_its_card_and_the_default_is_told(image_client: TestClient) -> None:
    body = image_client.get(DOMAINS).json()

    assert body["default"] == "shapes"
    assert [one["name"] for one in body["domains"]] == ["shapes", "things"]
    shapes = body["domains"][0]
    assert (shapes["classes"], shapes["pictures"], shapes["is_built"], shapes["is_calibrated"]) == (4, 12, True, True)
    assert shapes["encoder"].startswith("efficientnet_lite0:") and shapes["problem"] is None


def test_when_a_domain_is_described_then_classes_rule_and_runs_are_told(image_client: TestClient) -> None:
    body = image_client.get(f"{DOMAINS}/shapes").json()

    assert body["classes"] == [{"name": name, "english": ENGLISH[name], "pictures": 3} for name in sorted(SHAPES)]
    assert (body["thresholds"]["tau1"], body["calibrated"], body["dimension"]) == (0.8, True, 1280)
    assert "5" in body["words"]
    assert (body["built_by"], body["calibrated_by"]) == ("build-shapes", None)


def test_when_the_domain_is_unknown_then_404_names_those_there_are(image_client: TestClient) -> None:
    answer = image_client.get(f"{DOMAINS}/nobody")

    assert_refused(answer, 404)
    assert "shapes, things" in answer.json()["message"]


def test_when_a_picture_is_shown_then_its_type_is_that_of_its_content_and_nothing_else(
    image_client: TestClient, shown: str
) -> None:
    answer = image_client.get(shown)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.content.startswith(b"\x89PNG")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        *("shapes/pictures/%2e%2e/prototypes.npz", "shapes/pictures/{star}/..%2fprototypes.npz"),
        *("nobody/pictures/{star}/a.png", "shapes/pictures/nobody/a.png", "shapes/pictures/{star}/.hidden"),
        *("shapes/pictures/{star}/%2e%2e%2f%2e%2e%2fprototypes.npz", "%2e%2e/pictures/{star}/a.png"),
    ],
)
def test_when_a_name_leads_elsewhere_then_nothing_is_shown(image_client: TestClient, path: str) -> None:
    answer = image_client.get(f"{DOMAINS}/{path.format(star=quote(STAR))}")

    assert answer.status_code in (400, 404)
    assert isinstance(answer.json()["message"], str)


def test_when_a_stored_file_is_no_picture_then_it_is_not_handed_out(image_client: TestClient, image_home: Path) -> None:
    (folder,) = {one.path.parent for one in list_pictures("shapes", principal=LOCAL_ANALYST)[STAR]}
    (folder / "page.png").write_text("<html><script>alert(1)</script></html>")

    assert_refused(image_client.get(f"{DOMAINS}/shapes/pictures/{quote(STAR)}/page.png"), 400)
    (folder / "page.png").unlink()


def test_when_a_domain_folder_is_added_then_it_serves_without_a_restart(
    image_client: TestClient, image_home: Path
) -> None:
    domains = image_home / "data" / "domains"
    shutil.copytree(domains / "shapes", domains / "zoo")
    try:
        assert upload(image_client, picture(), to=f"{UPLOAD}?domain=zoo").json()["verdict"] == STAR
    finally:
        shutil.rmtree(domains / "zoo")


def test_when_a_domain_has_pictures_only_then_it_is_listed_and_asking_it_says_build_it(
    image_client: TestClient, image_home: Path
) -> None:
    add_picture("young", STAR, as_format("PNG"), file_name="a.png", principal=LOCAL_ANALYST)
    try:
        listed = image_client.get(DOMAINS).json()["domains"][-1]
        answer = upload(image_client, picture(), to=f"{UPLOAD}?domain=young")
        described = image_client.get(f"{DOMAINS}/young")
    finally:
        shutil.rmtree(image_home / "data" / "domains" / "young")

    assert (listed["name"], listed["is_built"]) == ("young", False)
    for refused in (answer, described):
        assert_refused(refused, 404)
        assert refused.json()["code"] == "IMAGES_NOT_BUILT"


def test_when_a_domain_was_built_with_another_encoder_then_409_says_how_to_rebuild(
    image_client: TestClient, image_home: Path
) -> None:
    domains = image_home / "data" / "domains"
    shutil.copytree(domains / "shapes", domains / "zoo")
    try:
        meta = domains / "zoo" / "prototypes.meta.json"
        meta.write_text(meta.read_text("utf-8").replace(":fp32:onnxruntime", ":fp32:other"), "utf-8")
        answer = upload(image_client, picture(), to=f"{UPLOAD}?domain=zoo")
    finally:
        shutil.rmtree(domains / "zoo")

    assert_refused(answer, 409)
    assert "images_build_prototypes" in answer.json()["message"]


def test_when_nothing_is_built_then_asking_is_503_and_the_list_is_empty(home: Path) -> None:
    client = make_client()

    assert client.get(DOMAINS).json() == {"default": None, "domains": []}
    answer = upload(client, picture())
    assert_refused(answer, 503)
    assert answer.json()["code"] == "IMAGES_NOTHING_BUILT"
    assert_refused(upload(client, picture(), to=f"{UPLOAD}?domain={VECTORS}"), 404)
