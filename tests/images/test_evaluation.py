"""Measures of telling known pictures from unknown ones, against their definitions and scikit-learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from core.errors import BadInput
from core.images.calibration.evaluation import Scored, auroc, class_draws, curve, evaluate, fpr_at_tpr, oscr

RANDOM = np.random.default_rng(0)
KNOWN, UNKNOWN = RANDOM.normal(1.5, 1, 300).round(1), RANDOM.normal(0, 1, 200).round(1)  # rounded: with ties


def pictures(s1: np.ndarray, *, classes: int, right: float) -> Scored:
    group = np.array([f"c{number % classes}" for number in range(len(s1))])
    return Scored(s1, s1 / 3, group, np.arange(len(s1)) < right * len(s1))


def test_when_scores_tie_then_the_auroc_is_that_of_scikit_learn() -> None:
    labels = np.repeat([1, 0], [300, 200])

    assert auroc(KNOWN, UNKNOWN) == pytest.approx(roc_auc_score(labels, np.concatenate([KNOWN, UNKNOWN])))


def test_when_95_percent_of_the_known_are_taken_then_the_rate_of_unknown_is_counted_there() -> None:
    known = np.arange(1.0, 21.0)  # 19 of 20 are at least 2

    assert fpr_at_tpr(known, np.array([0.0, 1.9, 2.0, 30.0])) == 0.5


def test_when_every_picture_is_named_right_then_oscr_is_the_auroc_and_wrong_names_lower_it() -> None:
    right = np.ones(300, dtype=bool)

    assert oscr(KNOWN, right, UNKNOWN) == pytest.approx(auroc(KNOWN, UNKNOWN))
    right[:150] = False
    assert oscr(KNOWN, right, UNKNOWN) < 0.6 * auroc(KNOWN, UNKNOWN)


def test_when_the_curve_is_summed_up_then_its_area_is_oscr() -> None:
    known, unknown = pictures(KNOWN, classes=3, right=0.9), pictures(UNKNOWN, classes=2, right=0)

    accepted, taken, named = curve(known, unknown)

    area = np.trapezoid(np.concatenate([[0.0], named]), np.concatenate([[0.0], accepted]))
    assert area == pytest.approx(oscr(known.s1, known.is_right, unknown.s1))
    assert (accepted[-1], taken[-1], named[-1]) == (1.0, 1.0, 0.9)


def test_when_measures_are_taken_then_each_lies_in_its_interval() -> None:
    found = evaluate(pictures(KNOWN, classes=12, right=0.9), pictures(UNKNOWN, classes=4, right=0), replicates=50)

    for name in ("top_1", "auroc", "fpr_at_95_tpr", "oscr", "auroc_by_margin", "fpr_at_95_tpr_by_margin"):
        one = getattr(found, name)
        assert 0 <= one.low <= one.value <= one.high <= 1
        assert one.low < one.high


def test_when_classes_differ_then_drawing_classes_makes_the_interval_wider_than_drawing_pictures() -> None:
    steps = np.repeat([0.0, 0.5, 1.0, 3.0], 50)
    by_class = Scored(UNKNOWN + steps, UNKNOWN, np.repeat(list("abcd"), 50), np.zeros(200, dtype=bool))
    alone = Scored(by_class.s1, UNKNOWN, np.array([f"{row}" for row in range(200)]), by_class.is_right)
    known = pictures(KNOWN + 1, classes=300, right=1)

    wide, narrow = (evaluate(known, one, replicates=100).auroc for one in (by_class, alone))

    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_when_classes_are_drawn_then_their_pictures_come_from_them_alone() -> None:
    group = np.array(["a", "b", "a", "c", "b"])

    for _ in range(20):
        drawn = group[class_draws(group)(RANDOM)]
        assert all((drawn == one).sum() % (group == one).sum() == 0 for one in "abc")


def test_when_one_side_is_empty_then_nothing_is_measured() -> None:
    with pytest.raises(BadInput, match="300 and 0"):
        evaluate(pictures(KNOWN, classes=3, right=1), pictures(np.empty(0), classes=1, right=0))


def test_when_every_known_picture_is_named_right_then_the_interval_does_not_claim_certainty() -> None:
    random = np.random.default_rng(0)
    known = Scored(random.random(60), np.ones(60), np.repeat(["ant", "bee", "cat"], 20), np.ones(60, dtype=bool))
    unknown = replace(known, is_right=np.zeros(60, dtype=bool))

    found = evaluate(known, unknown, replicates=20).top_1

    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(60 / (60 + 1.959964**2))  # Wilson's lower end of 60 of 60
