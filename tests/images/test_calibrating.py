"""The calibration of a domain: what its report tells, on vectors made on the spot and on real photos."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import BadInput, Conflict
from core.images.calibration.calibrating import CURVE_POINTS, calibrate_domain, mistakes
from core.images.calibration.evaluation import evaluate, scored
from core.images.calibration.thresholds import calibrate, held_out, is_accepted
from core.images.prototypes import Prototypes, Thresholds, build_prototypes, fallback_rule
from core.images.verdict import match_many
from tests.images.small_domain import share_compiled_models
from tests.images.vectors import Card, World, flat

Rows = dict[str, np.ndarray]
KNOWN = World(1, noise=1.4).classes(" ".join(f"c{number}" for number in range(8)), 8)
UNKNOWN = World(2, noise=1.4).classes("u0 u1 u2 u3", 8)
BUILT = build_prototypes("zoo", KNOWN, encoder=Card(), with_space=False)


def files(rows: Mapping[str, np.ndarray]) -> dict[str, list[str]]:
    return {name: [f"{name}-{number}.png" for number in range(len(found))] for name, found in rows.items()}


def calibrated(
    unknown: Rows | None = UNKNOWN, *, known: Rows = KNOWN, **options: Any
) -> tuple[Prototypes, dict[str, Any]]:
    return calibrate_domain(BUILT, known, unknown, Card(), **options)


def test_when_unknown_pictures_were_collected_then_they_choose_the_thresholds() -> None:
    found, report = calibrated(unknown_files=files(UNKNOWN))

    assert report["unknown_source"] == "collected"
    assert {one["class_name"] for one in report["points"]["unknown"]} == set(UNKNOWN)
    assert report["points"]["unknown"][-1]["file_name"] == "u3-7.png"
    assert found.thresholds is not None
    assert (found.thresholds.tau1, found.thresholds.tau2) == tuple(report["thresholds"].values())
    assert found.thresholds.false_accept == report["false_accept"]["value"]
    assert [len(one) for one in found.known_scores] == [8] * 8


@pytest.mark.parametrize("unknown", [None, {}, {"u0": UNKNOWN["u0"]}])
def test_when_too_few_were_collected_then_the_domains_own_classes_are_left_out(unknown: Rows | None) -> None:
    _, report = calibrated(unknown, known_files=files(KNOWN))

    assert report["unknown_source"] == "left_out_classes"
    assert {one["file_name"] for one in report["points"]["unknown"]} == {
        file for found in files(KNOWN).values() for file in found
    }
    assert all(one["taken_for"] != one["class_name"] for one in report["points"]["unknown"])


def test_when_points_are_told_then_each_bears_the_name_of_the_picture_it_is() -> None:
    strange = {name: rows.copy() for name, rows in KNOWN.items()}
    strange["c3"][5] = -BUILT.vectors.mean(axis=0)

    _, report = calibrated(None, known=strange, known_files=files(strange))

    for group in ("known", "unknown"):
        assert min(report["points"][group], key=lambda one: one["s1"])["file_name"] == "c3-5.png"


def test_when_a_report_is_kept_then_it_is_strict_json_with_a_short_curve_from_end_to_end() -> None:
    known = World(1, noise=1.4).classes(" ".join(f"c{number}" for number in range(8)), 30)

    _, report = calibrated(known=known)
    curve = json.loads(json.dumps(report, allow_nan=False))["curve"]

    assert {len(values) for values in curve.values()} == {CURVE_POINTS}
    assert (curve["accepted"][-1], curve["taken"][-1]) == (1.0, 1.0)
    assert curve["accepted"] == sorted(curve["accepted"])


def test_when_a_calibrated_domain_is_calibrated_again_then_the_report_tells_what_it_replaces() -> None:
    before = Thresholds(0.7, 0.02, is_calibrated=True, target=0.1)

    _, report = calibrate_domain(replace(BUILT, thresholds=before), KNOWN, UNKNOWN, Card())

    assert (report["before"]["tau1"], report["before"]["target"]) == (0.7, 0.1)
    assert calibrated()[1]["before"] is None


def test_when_held_out_scores_are_at_hand_then_the_outcome_is_the_same() -> None:
    held = held_out(KNOWN, Card(), with_space=False)

    assert calibrated(held=held)[1] == calibrated()[1]


def test_when_another_encoder_made_the_domain_then_nothing_is_calibrated() -> None:
    with pytest.raises(Conflict, match="images_build_prototypes"):
        calibrate_domain(BUILT, KNOWN, UNKNOWN, replace(Card(), id="other:fp32:numpy"))


def test_when_there_is_too_little_to_choose_by_then_it_is_refused() -> None:
    with pytest.raises(BadInput, match="at least 20"):
        calibrated(known={"c0": KNOWN["c0"][:3], "c1": KNOWN["c1"][:3]})


def test_when_mistakes_are_listed_then_the_gravest_of_each_kind_comes_first_and_what_is_right_is_not_there() -> None:
    def point(file: str, s1: float, margin: float = 0.1, **more: object) -> dict[str, object]:
        return {"class_name": "c", "file_name": file, "taken_for": "d", "s1": s1, "margin": margin, **more}

    known = [
        point("fine", 0.8, right=True), point("off", 0.4, right=True), point("farther", 0.3, right=True),
        point("close", 0.9, 0.01, right=True), point("named", 0.7, right=False),
    ]  # fmt: skip
    unknown = [point("passes", 0.6), point("refused", 0.5), point("surer", 0.65)]

    found = mistakes({"thresholds": {"tau1": 0.55, "tau2": 0.05}, "points": {"known": known, "unknown": unknown}})

    assert [(one["kind"], one["file_name"]) for one in found] == [
        ("accepted_unknown", "surer"), ("accepted_unknown", "passes"), ("wrong_name", "named"),
        ("refused_known", "farther"), ("refused_known", "off"), ("refused_known", "close"),
    ]  # fmt: skip


@dataclass(frozen=True)
class Photos:
    """Real photos as vectors, by class, and the domain of twelve classes; `strangers` are of four others."""

    encoder: Any
    built_from: Rows
    queries: Rows
    strangers: Rows
    domain: Prototypes


@pytest.fixture(scope="module")
def photos(shared_datasets: Path) -> Photos:
    pytest.importorskip("efficientnet_lite_pytorch", reason="the packaged picture model is not installed")
    pytest.importorskip("onnxruntime", reason="the packaged picture model runs in onnxruntime")
    from core.embeddings.picture_models import image_encoder
    from core.images.decoding import decode
    from core.images.seen_pictures import DECODED_EDGE

    share_compiled_models()
    encoder = image_encoder("efficientnet_lite0")

    def vectors(part: str) -> Rows:
        return {
            folder.name: encoder.encode(
                [
                    decode(file.read_bytes(), name=file.name, target_edge=DECODED_EDGE).image
                    for file in sorted(folder.iterdir())
                ]
            )
            for folder in sorted((shared_datasets / "images_photos" / part).iterdir())
        }

    built_from = vectors("prototypes")
    domain = build_prototypes("photos", built_from, encoder=encoder)
    return Photos(encoder, built_from, vectors("query_known"), vectors("query_unknown"), domain)


def test_when_real_photos_are_matched_then_goals_hold_and_left_out_classes_keep_the_rate(photos: Photos) -> None:
    known, unknown = scored(*flat(photos.queries), photos.domain), scored(*flat(photos.strangers), photos.domain)

    found = evaluate(known, unknown)
    told = calibrate(known, unknown)

    assert found.top_1.value >= 0.99
    assert found.auroc.value >= 0.995
    assert told.false_accept.low <= 0.05 <= told.false_accept.high
    assert told.right.value >= 0.9


def test_when_a_class_of_photos_chose_nothing_then_it_is_accepted_at_the_rate_that_was_told(photos: Photos) -> None:
    held = held_out(photos.built_from, photos.encoder)
    accepted = []
    for name, rows in photos.strangers.items():
        others = {one: found for one, found in photos.strangers.items() if one != name}
        rule = calibrate_domain(photos.domain, photos.built_from, others, photos.encoder, held=held)[0].thresholds
        assert rule is not None
        accepted += is_accepted(scored(rows, [name] * len(rows), photos.domain), rule).tolist()

    _, report = calibrate_domain(photos.domain, photos.built_from, photos.strangers, photos.encoder, held=held)
    told = report["false_accept"]

    assert told["low"] <= 0.05 <= told["high"]
    assert told["low"] <= np.mean(accepted) <= told["high"]


def test_when_no_stranger_was_collected_then_the_rule_keeps_its_rate_on_strangers_all_the_same(
    photos: Photos,
) -> None:
    found, report = calibrate_domain(photos.domain, photos.built_from, None, photos.encoder)
    assert found.thresholds is not None

    rate = is_accepted(scored(*flat(photos.strangers), photos.domain), found.thresholds).mean()

    assert report["unknown_source"] == "left_out_classes"
    assert report["false_accept"]["low"] <= rate <= report["false_accept"]["high"]
    assert report["false_accept"]["value"] <= 0.05


def test_when_the_documented_thresholds_are_told_beside_it_then_they_accept_what_serving_would(photos: Photos) -> None:
    _, report = calibrate_domain(photos.domain, photos.built_from, photos.strangers, photos.encoder)
    serving = [
        not one.is_unknown for one in match_many(flat(photos.strangers)[0], photos.domain, thresholds=fallback_rule())
    ]
    told = report["fallback"]

    assert (told["tau1"], told["tau2"], told["false_accept"]) == (0.30, 0.04, np.mean(serving))
    assert told["false_accept"] > 5 * report["false_accept"]["value"]


def test_when_a_calibrated_domain_serves_then_its_verdicts_are_those_that_were_counted(photos: Photos) -> None:
    found, report = calibrate_domain(photos.domain, photos.built_from, photos.strangers, photos.encoder)

    served = match_many(flat(photos.strangers)[0], found)

    wrong = [one for one in mistakes(report) if one["kind"] == "accepted_unknown"]
    assert sum(not one.is_unknown for one in served) == len(wrong)
    assert all(one.calibrated for one in served)
