"""The report of a build: plain values of the agreed shape, a null and a reason where something was not measured."""

from __future__ import annotations

import json

import pytest

from core.images.building import charts, contact_sheet
from core.images.building.build_report import data_sha256, report_document
from core.images.feedback import stage
from core.images.pictures import list_pictures, move_picture
from core.images.verdict import match_prototypes
from core.messages import say
from core.security.policy import LOCAL_ANALYST
from tests.images import coloured_domain as zoo

pytestmark = pytest.mark.usefixtures("home")
KEYS = {
    "run_id", "created_at", "domain", "encoder", "data", "classes", "refused", "outliers", "duplicates", "confusable",
    "confusion", "methods", "held_out", "versus_before", "calibration", "calibration_missing", "seconds", "findings",
    "published", "versions",
}  # fmt: skip


def test_when_a_build_is_reported_then_everything_is_there_as_strict_json() -> None:
    zoo.fill(8, unknown=6)

    told = json.loads(json.dumps(report_document(zoo.build()), allow_nan=False))

    assert told.keys() >= KEYS
    assert {name: told["data"][name] for name in ("pictures", "classes", "unknown", "refused")} == {
        "pictures": 24, "classes": 3, "unknown": 24, "refused": 0,
    }  # fmt: skip
    assert told["held_out"]["top_1"].keys() == {"value", "low", "high"} and told["held_out"]["pictures"] == 24
    assert told["confusion"]["classes"] == list(zoo.NAMES)
    assert sum(map(sum, told["confusion"]["counts"])) == 24
    assert told["calibration"]["unknown_source"] == "collected" and told["calibration_missing"] is None
    assert told["versus_before"] is None


def test_when_classes_are_told_then_held_out_counts_add_up_and_a_single_picture_has_none() -> None:
    zoo.fill(5)
    zoo.add("별", 0)

    told = {one["name"]: one for one in report_document(zoo.build())["classes"]}

    assert (told["곰"]["pictures"], told["곰"]["held_out"]) == (5, 5)
    assert told["곰"]["right"] == told["곰"]["top_1"] * 5
    assert (told["별"]["held_out"], told["별"]["top_1"], told["별"]["similarity"]) == (0, None, None)


def test_when_the_encoder_has_no_words_then_text_and_fusion_say_why_they_are_missing() -> None:
    zoo.fill()

    told = {one["name"]: one for one in report_document(zoo.build())["methods"]}

    assert told["prototype"]["top_1"] is not None and told["prototype"]["auroc"] is None
    assert told["text"]["top_1"] is None and say(told["text"]["unavailable"], "en").startswith("The encoder knows")
    assert told["fusion"]["unavailable"] == told["text"]["unavailable"]


def test_when_the_encoder_knows_words_then_they_get_the_english_names_and_all_methods_are_measured() -> None:
    zoo.fill(8, unknown=6)

    told = report_document(zoo.build(zoo.ColourEncoder(text_encoder=zoo.Words())))["methods"]

    assert [one["name"] for one in told] == ["prototype", "nearest_neighbour", "text", "fusion"]
    assert all(one["top_1"]["value"] > 0.9 and one["unavailable"] is None for one in told)
    assert all(one["auroc"]["low"] <= one["auroc"]["value"] <= one["auroc"]["high"] for one in told)
    assert told[3]["weight"] is not None and told[0]["weight"] is None


def test_when_calibration_is_not_asked_for_then_the_report_says_so() -> None:
    zoo.fill(8, unknown=6)

    made = zoo.build(calibrate=False)

    assert made.prototypes.thresholds is None
    assert report_document(made)["calibration_missing"] == {"key": "images.calibration_not_asked", "details": {}}


def test_when_no_unknown_pictures_are_collected_then_classes_are_left_out_in_turn() -> None:
    zoo.fill(8)

    told = report_document(zoo.build())

    assert told["calibration"]["unknown_source"] == "left_out_classes"
    assert told["data"]["unknown"] == 0


def test_when_a_picture_changes_its_class_then_the_checksum_of_the_data_changes() -> None:
    zoo.fill(4)
    first, again = data_sha256(zoo.build()), data_sha256(zoo.build())
    picture = list_pictures(zoo.DOMAIN, principal=LOCAL_ANALYST)["곰"][0]
    move_picture(picture, "나비", principal=LOCAL_ANALYST)

    assert first == again != data_sha256(zoo.build())


def test_when_a_domain_is_rebuilt_then_before_and_after_are_told_with_each_remark() -> None:
    zoo.fill(8, unknown=6)
    first = zoo.published()
    before = zoo.build()
    content = zoo.coloured("other", 3)
    stage(
        content, file_name="a.png", domain=zoo.DOMAIN, kind="add", belongs_to="곰", principal=LOCAL_ANALYST
    )  # fmt: skip

    made = zoo.build()
    told = report_document(made)["versus_before"]

    assert told["before"]["run_id"] == first.report["run_id"]
    assert told["before"]["top_1"] == first.report["held_out"]["top_1"]
    assert (told["before"]["pictures"], told["after"]["pictures"]) == (24, 25)
    (remark,) = told["remarks"]
    (vector,) = (one.vector for one in made.vectors.pictures if one.remark is not None)
    served = before.before.prototypes
    assert served is not None
    assert remark["before"]["s1"] == pytest.approx(match_prototypes(vector, served).s1)
    assert remark["after"]["s1"] > remark["before"]["s1"]


def test_when_a_report_is_drawn_then_every_figure_and_sheet_can_be_made() -> None:
    zoo.fill(8, unknown=6)
    zoo.add("나비", 0, content=zoo.coloured("곰", 0))
    zoo.published()

    told = report_document(zoo.build())

    assert charts.methods_figure(told["methods"], "ko").data
    assert charts.classes_figure(told["classes"], "ko").data
    assert charts.confusion_figure(told["confusion"], "ko").data
    assert charts.before_after_figure(told["versus_before"], "ko").data
    assert contact_sheet.duplicate_sheet(told, principal=LOCAL_ANALYST).width == 6 * 118 + 6
    assert contact_sheet.duplicate_rows(told)[0]["identical"] is True
    assert contact_sheet.contact_sheet([]).height == 124
