"""Reviewers' remarks wait for the next build and change nothing before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.images.feedback import Remark, mark_applied, stage, staged, withdraw
from core.images.verdict import match_prototypes
from core.security.policy import GUEST, Principal, Role
from tests.images.vectors import domain

ANA, BEN = Principal("ana", Role.ANALYST), Principal("ben", Role.ANALYST)
ANT = match_prototypes(domain().vectors[0], domain())


def correction(content: bytes = b"picture", belongs_to: str = "bee", principal: Principal = ANA) -> Remark:
    return stage(
        content, file_name="one.jpg", domain="zoo", kind="correct", belongs_to=belongs_to, match=ANT,
        principal=principal,
    )  # fmt: skip


def test_when_a_verdict_is_corrected_then_remark_and_picture_wait_for_the_build(home: Path) -> None:
    made = correction()

    assert staged("zoo", principal=BEN) == (made,)
    assert (made.class_name, made.verdict, made.s1) == ("bee", "ant", pytest.approx(1.0, abs=1e-5))
    assert made.picture.read_bytes() == b"picture"
    assert staged("farm", principal=ANA) == ()


def test_when_the_same_picture_is_corrected_again_then_the_later_word_counts(home: Path) -> None:
    correction(belongs_to="bee")
    later = correction(belongs_to="unknown", principal=BEN)

    assert staged("zoo", principal=ANA) == (later,)


def test_when_a_remark_contradicts_the_verdict_it_is_about_then_it_is_refused(home: Path) -> None:
    with pytest.raises(BadInput, match="accept it instead"):
        correction(belongs_to="ant")
    with pytest.raises(BadInput, match="correct it instead"):
        stage(b"x", file_name="x", domain="zoo", kind="accept", belongs_to="bee", match=ANT, principal=ANA)


def test_when_a_build_took_a_remark_up_then_it_no_longer_waits_and_cannot_be_withdrawn(home: Path) -> None:
    made = correction()

    mark_applied((made,), run_id="run-1", principal=ANA)

    assert staged("zoo", principal=ANA) == ()
    with pytest.raises(Conflict):
        withdraw(made.id, principal=ANA)


def test_when_somebody_else_withdraws_a_remark_then_it_is_not_found(home: Path) -> None:
    made = correction()

    with pytest.raises(NotFound):
        withdraw(made.id, principal=BEN)
    withdraw(made.id, principal=ANA)
    assert staged("zoo", principal=ANA) == ()


def test_when_a_guest_stages_then_nothing_is_stored(home: Path) -> None:
    with pytest.raises(NotAllowed):
        correction(principal=GUEST)
    assert not np.any([one.is_file() for one in (home / "data").rglob("staged_pictures/*/*")])
