"""A calibration from the domain's files to its thresholds: nothing read twice, nothing written that was not asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.images.calibration import calibration_run
from core.images.calibration.calibrating import calibrate_domain
from core.images.calibration.calibration_run import CalibrationData, gather, publish_thresholds
from core.images.domains import add_domain, domain_folder, open_domain
from core.images.embedded_pictures import files_by_class, rows_by_class
from core.images.pictures import add_picture, list_pictures, remove_class
from core.images.prototype_files import VECTORS
from core.images.prototypes import Prototypes
from core.images.references import FILE
from core.security.policy import GUEST, LOCAL_ANALYST, Principal, Role
from core.storage.artifacts import open_artifact
from tests.images.small_domain import add_small_domain, drawn
from tests.images.vectors import Card

ANALYST = Principal("ana", Role.ANALYST)
PICTURES = drawn(4, 5)
STRANGERS = drawn(5, 4, group="unknown")


@pytest.fixture
def shapes(home: Path) -> Iterator[Prototypes]:
    """Four classes of five pictures as they serve, not calibrated, with twenty unknown pictures collected."""
    built = add_small_domain(pictures=PICTURES, rule=None)
    for name, contents in STRANGERS.items():
        for content in contents:
            add_picture("shapes", name, content, file_name="x.png", group="unknown", principal=LOCAL_ANALYST)
    yield built


def calibrated(data: CalibrationData) -> tuple[Prototypes, dict]:
    found, report = calibrate_domain(
        data.prototypes, rows_by_class(data.known), rows_by_class(data.unknown), data.encoder,
        known_files=files_by_class(data.known), unknown_files=files_by_class(data.unknown),
    )  # fmt: skip
    return found, calibration_run.finished(report, data, run_id="run-1")


def test_when_a_domain_is_gathered_then_only_pictures_that_the_build_does_not_know_are_encoded(
    shapes: Prototypes,
) -> None:
    data = gather("shapes", principal=ANALYST)

    assert (sum(map(len, data.known.values())), sum(map(len, data.unknown.values()))) == (20, 20)
    assert data.encoded == 20
    assert {len(rows) for rows in rows_by_class(data.known).values()} == {5}
    stored = list_pictures("shapes", principal=ANALYST)
    assert files_by_class(data.known) == {name: [one.file_name for one in found] for name, found in stored.items()}


def test_when_the_domain_has_no_references_then_its_pictures_are_read(shapes: Prototypes) -> None:
    known = rows_by_class(gather("shapes", principal=ANALYST).known)
    (domain_folder("shapes") / FILE).unlink()

    data = gather("shapes", principal=ANALYST)

    assert data.encoded == 40
    for name, rows in rows_by_class(data.known).items():
        np.testing.assert_allclose(rows, known[name], atol=1e-5)


def test_when_a_picture_cannot_be_read_then_the_report_names_it_and_the_others_count(shapes: Prototypes) -> None:
    [first, *_] = next(iter(list_pictures("shapes", group="unknown", principal=ANALYST).values()))
    first.path.with_name("broken.png").write_bytes(first.content()[:200])

    data = gather("shapes", principal=ANALYST)
    _, report = calibrated(data)

    assert [(one["file_name"], one["key"]) for one in report["refused"]] == [("broken.png", "images.damaged")]
    assert report["evaluation"]["unknown"] == 20


def test_when_nothing_is_said_then_what_serves_stays_as_it_was(shapes: Prototypes) -> None:
    data = gather("shapes", principal=ANALYST)
    _, report = calibrated(data)

    artifact = calibration_run.store(report, data, seed=0)

    assert open_domain("shapes", principal=ANALYST).thresholds is None
    kept = open_artifact(artifact.path, artifact.sha256, room="images")
    assert kept.json("report.json") == json.loads(json.dumps(report))
    assert artifact.path.endswith("images/run-1/calibration")
    assert kept.metadata["data"]["sha256"] == data.sha256


def test_when_thresholds_are_published_then_they_serve_with_the_run_that_chose_them(shapes: Prototypes) -> None:
    vectors = (domain_folder("shapes") / VECTORS).read_bytes()
    found, _ = calibrated(gather("shapes", principal=ANALYST))

    publish_thresholds(found, run_id="run-1", principal=ANALYST)
    serving = open_domain("shapes", principal=ANALYST)

    assert serving.thresholds == found.thresholds
    assert (serving.calibrated_by, serving.built_by) == ("run-1", shapes.built_by)
    assert [one.tolist() for one in serving.known_scores] == [one.tolist() for one in found.known_scores]
    assert (domain_folder("shapes") / VECTORS).read_bytes() == vectors


@pytest.mark.parametrize("change", ["run", "vectors"])
def test_when_the_domain_was_rebuilt_meanwhile_then_no_threshold_is_written(shapes: Prototypes, change: str) -> None:
    found, _ = calibrated(gather("shapes", principal=ANALYST))
    other = {"run": {"built_by": "build-2"}, "vectors": {"vectors": shapes.vectors[:, ::-1].copy()}}[change]
    add_domain(replace(shapes, **other), principal=LOCAL_ANALYST, replaces=True)

    with pytest.raises(Conflict, match="rebuilt while it was being calibrated"):
        publish_thresholds(found, run_id="run-1", principal=ANALYST)

    assert open_domain("shapes", principal=ANALYST).thresholds is None


def test_when_a_guest_publishes_then_it_is_not_allowed(shapes: Prototypes) -> None:
    with pytest.raises(NotAllowed):
        publish_thresholds(shapes, run_id="run-1", principal=GUEST)


def test_when_none_of_its_pictures_is_there_then_the_domain_cannot_be_calibrated(shapes: Prototypes) -> None:
    (domain_folder("shapes") / FILE).unlink()
    for name in PICTURES:
        remove_class("shapes", name, principal=LOCAL_ANALYST)

    with pytest.raises(BadInput, match="holds no images of its classes"):
        gather("shapes", principal=ANALYST)


def test_when_the_domain_is_unknown_or_of_another_encoder_then_it_says_so(shapes: Prototypes) -> None:
    with pytest.raises(NotFound, match="shapes"):
        gather("nowhere", principal=ANALYST)
    card = Card(dim=shapes.dim)
    other = replace(shapes, encoder_id=card.id, weights_sha256=card.weights_sha256, image_model=None)
    add_domain(other, principal=LOCAL_ANALYST, replaces=True)

    with pytest.raises(Conflict, match="images_build_prototypes"):
        gather("shapes", principal=ANALYST)
