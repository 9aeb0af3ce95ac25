"""Thresholds for a stated false-accept rate, and the rate they keep on classes that did not choose them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.errors import BadInput
from core.images.calibration.evaluation import Scored, scored
from core.images.calibration.thresholds import (
    _at_level,
    calibrate,
    held_out,
    held_out_places,
    is_accepted,
    left_out_classes,
    left_out_places,
    with_known_scores,
)
from core.images.prototypes import build_prototypes
from tests.images.vectors import Card, World, flat

Pictures = dict[str, np.ndarray]
Places = tuple[tuple[str, int], ...]
NAMES = " ".join(f"c{number}" for number in range(10))
STRANGERS = " ".join(f"u{number}" for number in range(12))


def measured(world: World, *, pictures: int = 12) -> tuple[Scored, Scored, Scored]:
    """Held-out known pictures, unknown ones to choose by, and unknown ones of other classes."""
    centres = {name: world.random.normal(size=48) for name in f"{NAMES} {STRANGERS}".split()}
    drawn = {name: world.pictures(centre / np.linalg.norm(centre), pictures * 2) for name, centre in centres.items()}
    known = NAMES.split()
    prototypes = build_prototypes("zoo", {name: drawn[name][:pictures] for name in known}, encoder=Card())

    def of(names: list[str], start: int) -> Scored:
        return scored(*flat({name: drawn[name][start:] for name in names}), prototypes)

    strangers = STRANGERS.split()
    return of(known, pictures), of(strangers[:6], 0), of(strangers[6:], 0)


def test_when_thresholds_are_chosen_then_unknown_classes_not_seen_are_accepted_at_about_that_rate() -> None:
    rates = []
    for seed in range(4):
        known, chosen_by, others = measured(World(seed, noise=1.6))
        found = calibrate(known, chosen_by, target=0.10, seed=seed)
        rates.append(is_accepted(others, found.thresholds).mean())

    assert 0.03 <= np.mean(rates) <= 0.15


def test_when_a_calibration_is_read_then_thresholds_carry_the_rate_measured_on_left_out_classes() -> None:
    known, unknown, _ = measured(World(1, noise=1.4))

    found = calibrate(known, unknown)
    rule = found.thresholds

    assert (rule.is_calibrated, rule.target, found.left_out) == (True, 0.05, "classes")
    assert (rule.false_accept, rule.false_accept_low) == (found.false_accept.value, found.false_accept.low)
    assert found.false_accept.low <= found.false_accept.value <= found.false_accept.high
    assert found.right.value > 0.5
    assert found.right.value + found.false_reject.value <= 1


def test_when_the_target_is_stricter_then_fewer_unknown_and_fewer_known_are_accepted() -> None:
    known, unknown, _ = measured(World(2, noise=1.8))

    loose, strict = (calibrate(known, unknown, target=target).thresholds for target in (0.2, 0.02))

    assert is_accepted(unknown, strict).mean() < is_accepted(unknown, loose).mean()
    assert is_accepted(known, strict).mean() < is_accepted(known, loose).mean()


def test_when_only_one_unknown_class_is_given_then_pictures_are_left_out_and_it_says_so() -> None:
    known, unknown, _ = measured(World(3))

    one_class = replace(unknown, group=np.full(len(unknown), "other"))

    assert calibrate(known, one_class).left_out == "pictures"


@pytest.mark.parametrize("target", [0.0, 0.6])
def test_when_the_target_is_no_sensible_share_then_it_is_refused(target: float) -> None:
    known, unknown, _ = measured(World(4))

    with pytest.raises(BadInput, match=r"0\.001 to 0\.5"):
        calibrate(known, unknown, target=target)


def test_when_there_are_too_few_pictures_then_calibration_is_refused() -> None:
    known, unknown, _ = measured(World(4))

    with pytest.raises(BadInput, match="at least 20"):
        calibrate(known, unknown.take(np.arange(19)))


def test_when_pictures_are_held_out_then_they_are_less_alike_than_those_that_built_the_domain() -> None:
    pictures = World(5, noise=1.2).classes(NAMES, 8)
    seen = scored(*flat(pictures), build_prototypes("zoo", pictures, encoder=Card()))

    unseen = held_out(pictures, Card())

    assert len(unseen) == 80
    assert unseen.s1.mean() < seen.s1.mean() - 0.05


def test_when_a_class_has_one_picture_then_it_is_not_scored_without_it() -> None:
    pictures = World(5).classes("ant bee", 6) | World(6).classes("cat", 1)

    assert set(held_out(pictures, Card()).group) == {"ant", "bee"}


def test_when_whole_classes_are_left_out_then_none_of_their_pictures_is_named_right() -> None:
    pictures = World(7).classes("ant bee cat dog", 6)

    found = left_out_classes(pictures, Card())

    assert set(found.group) == set(pictures)
    assert not found.is_right.any()
    assert found.s1.mean() < held_out(pictures, Card()).s1.mean() - 0.2


def test_when_known_scores_are_kept_then_each_class_has_its_own_rising() -> None:
    pictures = World(8).classes("ant bee", 8) | World(9).classes("cat", 1)
    prototypes = build_prototypes("zoo", pictures, encoder=Card())

    kept = with_known_scores(prototypes, held_out(pictures, Card()))

    assert [len(one) for one in kept.known_scores] == [8, 8, 0]
    assert (np.diff(kept.known_scores[0]) >= 0).all()


def test_when_leads_alone_keep_the_rate_then_tau1_shuts_out_what_is_less_alike_than_any_known_picture() -> None:
    known, unknown, _ = measured(World(1, noise=1.4))
    lead = known.margin.min()
    known, unknown = replace(known, s1=known.s1 / 2), replace(unknown, margin=np.minimum(unknown.margin, lead / 2))

    rule = calibrate(known, replace(unknown, s1=np.full(len(unknown), 0.9))).thresholds

    assert rule.tau2 > lead / 2
    assert rule.tau1 == known.s1[known.margin >= rule.tau2].min()


@pytest.mark.parametrize("places", [held_out_places, left_out_places])
def test_when_pictures_are_left_out_in_turn_then_each_is_once(places: Callable[[Pictures], Places]) -> None:
    pictures = World(7).classes(NAMES, 6) | World(8).classes(STRANGERS, 3)

    assert sorted(places(pictures)) == sorted(
        (name, row) for name, rows in pictures.items() for row in range(len(rows))
    )


def test_when_nothing_is_left_without_the_only_class_then_nothing_is_held_out() -> None:
    with pytest.raises(BadInput) as refused:
        left_out_classes(World(7).classes("ant", 6), Card())

    assert refused.value.key == "images.nothing_held_out"


@pytest.mark.parametrize(("level", "accepted"), [(0.05, 4), (0.10, 9), (0.001, 0)])
def test_when_a_level_is_asked_for_then_so_many_more_than_now_would_be_one_too_many(
    level: float, accepted: int
) -> None:
    """Of 99 unknown pictures the k-th most similar one is shut out, k being the level times 100."""
    random = np.random.default_rng(0)
    group = np.full(99, "u")
    unknown = Scored(random.permutation(99) / 100, np.ones(99), group, np.zeros(99, dtype=bool))
    known = Scored(np.full(20, 0.995), np.ones(20), group[:20], np.ones(20, dtype=bool))

    assert is_accepted(unknown, _at_level(known, unknown, level)).sum() == accepted
