"""What a build takes up, what it reuses, and what it says of pictures that are damaged, alone or missing."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

import pytest

from core.errors import BadInput
from core.images import domain_vectors
from core.images.building import steps
from core.images.building.build import BuildConfig
from core.images.building.steps import build_domain
from core.images.domains import domain_folder, open_domain
from core.images.feedback import stage, staged
from core.images.names import UNKNOWN
from core.images.pictures import list_pictures, remove_picture
from core.images.references import references_behind
from core.images.verdict import match_many
from core.security.policy import LOCAL_ANALYST
from tests.images import coloured_domain as zoo

pytestmark = pytest.mark.usefixtures("home")


def files(group: str = "pictures") -> dict[str, int]:
    listed = list_pictures(zoo.DOMAIN, group=group, principal=LOCAL_ANALYST)  # type: ignore[arg-type]
    return {name: len(found) for name, found in listed.items()}


def test_when_a_domain_is_built_then_it_serves_with_references_and_a_calibrated_rule() -> None:
    zoo.fill(8, unknown=6)

    made = zoo.build()
    assert zoo.stored(made).published

    served = open_domain(zoo.DOMAIN, principal=LOCAL_ANALYST)
    assert served.classes == zoo.NAMES
    assert (served.built_by, served.calibrated_by) == (made.run_id, made.run_id)
    assert served.thresholds is not None and served.thresholds.is_calibrated
    found = references_behind(domain_folder(zoo.DOMAIN), served)
    assert found is not None and len(found.file_names) == 24


def test_when_a_domain_is_built_again_then_only_new_pictures_are_encoded() -> None:
    zoo.fill(unknown=6)
    zoo.published()
    zoo.add("곰", 99)
    again = zoo.ColourEncoder()

    made = zoo.build(again)

    assert again.batches == [1]
    assert made.vectors.reused == 3 * 6 + 4 * 6


def test_when_the_weights_changed_then_no_vector_of_the_last_build_is_used() -> None:
    zoo.fill()
    zoo.published()
    other = zoo.ColourEncoder(weights_sha256="e" * 64)

    assert zoo.build(other).vectors.reused == 0
    assert sum(other.batches) == 18


def test_when_there_are_many_pictures_then_the_encoder_gets_small_batches_and_progress_is_told() -> None:
    zoo.fill(10)
    encoder, told = zoo.ColourEncoder(), []

    build_domain(
        BuildConfig(zoo.DOMAIN), run_id="r", principal=LOCAL_ANALYST, encoder=encoder,
        progress=lambda step, fraction, **figures: told.append((step, fraction, figures)),
    )  # fmt: skip

    assert max(encoder.batches) == 8
    read = [figures for step, _, figures in told if step == "read"]
    assert read[-1] == {"decoded": 30, "forwarded": 30, "pictures": 30}
    assert [fraction for _, fraction, _ in told] == sorted(fraction for _, fraction, _ in told)


def test_when_pictures_are_damaged_or_empty_then_they_are_told_and_the_build_goes_on() -> None:
    zoo.fill()
    folder = domain_folder(zoo.DOMAIN) / "pictures" / "곰"
    (folder / "broken.png").write_bytes(zoo.coloured("곰", 50)[:200])
    (folder / "black.png").write_bytes(zoo.black())

    made = zoo.build()

    told = {one.file_name: one.error.key for one in made.vectors.refused}
    assert told == {"broken.png": "images.damaged", "black.png": "images.no_direction"}
    assert ("pictures_refused", "warning") in zoo.codes(made)
    assert made.prototypes.counts == (6, 6, 6)


def test_when_no_picture_can_be_used_then_the_way_out_is_said() -> None:
    folder = domain_folder(zoo.DOMAIN) / "pictures" / "곰"
    folder.mkdir(parents=True)
    (folder / "black.png").write_bytes(zoo.black())

    with pytest.raises(BadInput, match="add images, a folder for each class"):
        zoo.build()


def test_when_all_pictures_of_a_class_are_damaged_then_the_class_is_missing_and_that_is_told() -> None:
    zoo.fill()
    folder = domain_folder(zoo.DOMAIN) / "pictures" / "별"
    folder.mkdir()
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    made = zoo.build()

    assert made.prototypes.classes == zoo.NAMES
    assert ("class_unreadable", "warning") in zoo.codes(made)


def test_when_there_is_one_class_only_then_it_is_built_and_no_accuracy_is_invented() -> None:
    zoo.fill(names=("곰",))

    found = zoo.published()

    assert found.published
    assert found.report["held_out"] == {"top_1": None, "pictures": 6, "unavailable": "images.naming_needs_classes"}
    assert ("single_class", "warning") in zoo.codes(found)


def test_when_every_class_has_one_picture_then_it_is_built_without_a_held_out_share() -> None:
    zoo.fill(1)

    found = zoo.published()

    assert found.published
    assert found.report["held_out"]["unavailable"] == "images.nothing_held_out"
    assert found.report["calibration_missing"]["key"] == "images.nothing_held_out"
    assert {("few_pictures", "warning"), ("build_not_calibrated", "warning")} <= set(zoo.codes(found))


def test_when_the_same_picture_lies_in_two_classes_then_that_is_a_warning() -> None:
    zoo.fill()
    zoo.add("나비", 0, content=zoo.coloured("곰", 0))

    made = zoo.build()

    assert ("copies_across", "warning") in zoo.codes(made)
    assert made.copies.across[0].identical


def test_when_a_picture_is_in_a_class_and_unknown_then_that_is_a_warning() -> None:
    zoo.fill(unknown=6)
    zoo.add("u1", 0, group="unknown", content=zoo.coloured("곰", 0))

    assert ("known_among_unknown", "warning") in zoo.codes(zoo.build())


def remark(content: bytes, belongs_to: str, kind: str = "add") -> None:
    stage(
        content, file_name="seen.png", domain=zoo.DOMAIN, kind=kind, belongs_to=belongs_to,  # type: ignore[arg-type]
        principal=LOCAL_ANALYST,
    )  # fmt: skip


def test_when_pictures_were_added_by_reviewers_then_a_published_build_stores_them_and_settles_the_remarks() -> None:
    zoo.fill()
    remark(zoo.coloured("곰", 77), "곰")
    remark(zoo.coloured("other", 1), UNKNOWN)

    found = zoo.published()

    assert files() == {"곰": 7, "나비": 6, "달": 6}
    assert files("unknown") == {"reviewed": 1}
    assert staged(zoo.DOMAIN, principal=LOCAL_ANALYST) == ()
    again = zoo.ColourEncoder()
    assert zoo.build(again).prototypes.counts == (7, 6, 6)
    assert again.batches == []  # the references know the pictures under the names they were stored by
    told = {one["class_name"]: one["after"]["verdict"] for one in found.report["versus_before"]["remarks"]}
    assert told.keys() == {"곰", "reviewed"}


def test_when_a_reviewer_corrects_a_stored_picture_then_the_build_moves_it() -> None:
    zoo.fill()
    wrong = zoo.add("나비", 5000, content=zoo.coloured("곰", 80))
    zoo.published()
    remark(wrong.content(), "곰", "correct")

    found = zoo.published()

    assert files() == {"곰": 7, "나비": 6, "달": 6}
    (told,) = found.report["versus_before"]["remarks"]
    assert told["class_name"] == "곰" and told["after"]["s1"] > told["before"]["s1"] - 0.5
    assert ("copies_across", "warning") not in zoo.codes(found)


def test_when_a_build_is_not_published_then_remarks_stay_staged_and_folders_as_they_were() -> None:
    zoo.fill()
    remark(zoo.coloured("곰", 77), "곰")

    made = zoo.build()
    zoo.stored(made, publish=False)

    assert made.prototypes.counts == (7, 6, 6)
    assert files()["곰"] == 6
    assert len(staged(zoo.DOMAIN, principal=LOCAL_ANALYST)) == 1


def test_when_the_picture_of_a_remark_is_gone_then_it_is_told_and_stays_staged() -> None:
    zoo.fill()
    remark(zoo.coloured("곰", 77), "곰")
    (waiting,) = staged(zoo.DOMAIN, principal=LOCAL_ANALYST)
    waiting.picture.unlink()

    found = zoo.published()

    assert [one["key"] for one in found.report["refused"]] == ["images.remark_without_picture"]
    assert staged(zoo.DOMAIN, principal=LOCAL_ANALYST) == (waiting,)


def test_when_a_picture_is_removed_before_the_next_build_then_it_is_not_built_in() -> None:
    zoo.fill()
    zoo.published()
    picture = list_pictures(zoo.DOMAIN, principal=LOCAL_ANALYST)["달"][0]
    remove_picture(picture, principal=LOCAL_ANALYST)

    made = zoo.build()

    assert made.prototypes.counts == (6, 6, 5)
    assert picture.file_name not in made.references().file_names


def test_when_the_pictures_are_the_same_then_the_build_is_the_same() -> None:
    zoo.fill(8, unknown=6)
    first, second = zoo.build(), zoo.build()

    rows = first.references().vectors
    assert match_many(rows, first.prototypes) == match_many(rows, second.prototypes)
    assert first.calibration is not None and second.calibration is not None
    assert first.calibration["points"] == second.calibration["points"]
    assert first.calibration["thresholds"] == second.calibration["thresholds"]


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"text_prompt": "a photo"}, "images.text_prompt"),
        ({"target": 0.9}, "images.target"),
        ({"domain": "../etc"}, "images.bad_name"),
    ],
)
def test_when_a_build_is_asked_for_what_cannot_be_then_it_says_so_at_once(config: dict[str, object], key: str) -> None:
    with pytest.raises(BadInput) as caught:
        BuildConfig(**config)  # type: ignore[arg-type]
    assert caught.value.key == key


def test_when_no_domain_is_named_then_the_samples_are_meant() -> None:
    assert BuildConfig().domain == "samples"


def test_when_seconds_are_told_then_their_sum_is_the_whole_build(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = count()  # a clock that shows how often it was looked at
    clock = SimpleNamespace(perf_counter=lambda: float(next(looks)))
    zoo.fill()
    for module in (steps, domain_vectors):
        monkeypatch.setattr(module, "time", clock)

    seconds = zoo.build().seconds

    assert set(seconds) == {"load", "decode", "forward", "other"}
    assert all(one >= 0 for one in seconds.values())
    assert sum(seconds.values()) == next(looks) - 1
