"""From bytes to a verdict: reasons beside it, work done once, other domains asked, broken files told."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.images import seen_pictures
from core.images.domains import add_domain, domain_folder, open_domain
from core.images.matching import encoder_of, recognise, recognise_archive, recognise_everywhere
from core.images.pictures import add_picture
from core.images.prototypes import Prototypes, Thresholds
from core.images.references import FILE, load_references, nearest
from core.images.space import Space
from core.security.policy import GUEST, LOCAL_ANALYST, Principal, Role
from tests.images.small_domain import add_small_domain, drawn
from tests.images.vectors import Card

ANALYST = Principal("ana", Role.ANALYST)
PICTURES = drawn(4, 4)
FIRST = next(iter(PICTURES))


@pytest.fixture
def shapes(home: Path) -> Prototypes:
    seen_pictures.forget_all()
    return add_small_domain(pictures={name: found[:3] for name, found in list(PICTURES.items())[:3]})


def asked(content: bytes, **options: object):
    return recognise(content, name="q.png", principal=ANALYST, **options)  # type: ignore[arg-type]


def test_when_a_picture_of_a_class_is_asked_then_the_verdict_bears_its_reasons(shapes: Prototypes) -> None:
    found = asked(PICTURES[FIRST][3])

    assert found.match.verdict == FIRST
    assert found.english(FIRST) == shapes.names[FIRST]
    assert [one.class_name for one in found.references[:3]] == [FIRST] * 3
    assert found.references[0].similarity >= found.references[1].similarity
    assert (found.built_by, found.encoder_id) == ("build-1", shapes.encoder_id)
    assert "5" in found.words("ko")


def test_when_one_of_the_domains_own_pictures_is_asked_then_it_is_its_own_nearest_reference(
    shapes: Prototypes,
) -> None:
    found = asked(PICTURES[FIRST][0])

    assert found.sha256 == hashlib.sha256(PICTURES[FIRST][0]).hexdigest()
    assert found.references[0].file_name.startswith(found.sha256[:16])
    assert found.references[0].similarity == pytest.approx(1, abs=1e-5)


def test_when_the_same_picture_comes_again_then_the_model_does_not_run(
    shapes: Prototypes, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = asked(PICTURES[FIRST][3])
    monkeypatch.setattr(seen_pictures, "decode", lambda *_, **__: pytest.fail("decoded again"))

    assert asked(PICTURES[FIRST][3]).match == first.match


def test_when_more_pictures_come_than_are_remembered_then_the_oldest_is_forgotten(
    shapes: Prototypes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen_pictures, "MOST", 2)
    for content in PICTURES[FIRST][:3]:
        asked(content)

    assert len(seen_pictures._seen) == 2


def test_when_only_one_answer_is_wanted_then_the_verdict_is_the_same(shapes: Prototypes) -> None:
    for found in PICTURES.values():
        for content in found:
            assert asked(content, top_k=1).match.verdict == asked(content, top_k=3).match.verdict


def test_when_the_domain_was_imported_without_pictures_then_there_are_no_references(shapes: Prototypes) -> None:
    add_domain(replace(shapes, domain="old", built_by=None), principal=LOCAL_ANALYST)

    assert asked(PICTURES[FIRST][0], domain="old").references == ()


def test_when_references_are_of_another_build_then_they_explain_nothing(shapes: Prototypes) -> None:
    add_domain(replace(shapes, built_by="build-2"), principal=LOCAL_ANALYST, replaces=True)

    assert asked(PICTURES[FIRST][0]).references == ()


def test_when_the_references_cannot_be_read_then_the_verdict_stays(shapes: Prototypes) -> None:
    (domain_folder("shapes") / FILE).write_bytes(b"broken")

    found = asked(PICTURES[FIRST][3])

    assert (found.match.verdict, found.references) == (FIRST, ())


def test_when_the_domain_was_built_with_other_weights_then_it_refuses_and_says_how_to_rebuild(
    shapes: Prototypes,
) -> None:
    add_domain(replace(shapes, weights_sha256="0" * 64), principal=LOCAL_ANALYST, replaces=True)

    with pytest.raises(Conflict, match="images_build_prototypes"):
        asked(PICTURES[FIRST][0])


def test_when_the_setting_names_another_model_then_the_domain_keeps_the_one_it_was_built_with(
    shapes: Prototypes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.settings.current import get_settings

    monkeypatch.setenv("WORKBENCH_IMAGE_MODEL", "efficientnet_lite0+flip")
    get_settings.cache_clear()

    assert encoder_of(open_domain("shapes", principal=ANALYST)).id == shapes.encoder_id
    with pytest.raises(Conflict):  # an imported domain does not name its model: the setting decides, and is refused
        encoder_of(replace(shapes, image_model=None))


def test_when_a_domain_is_not_built_yet_then_that_is_said(home: Path) -> None:
    add_picture("zoo", "cat", PICTURES[FIRST][0], file_name="a.png", principal=ANALYST)

    with pytest.raises(NotFound, match="not been built"):
        asked(PICTURES[FIRST][0], domain="zoo")


def test_when_no_domain_accepts_the_picture_then_none_claims_it(shapes: Prototypes) -> None:
    strict = Thresholds(0.99999, 0.5, is_calibrated=True)
    add_domain(replace(shapes, thresholds=strict), principal=LOCAL_ANALYST, replaces=True)

    answer = recognise_everywhere(PICTURES[FIRST][3], name="q.png", principal=ANALYST)

    assert answer.claimed_by is None
    assert set(answer.recognitions) == {"shapes"}


def test_when_one_domain_cannot_answer_then_the_others_do_and_the_problem_is_told(shapes: Prototypes) -> None:
    add_domain(replace(shapes, domain="broken", weights_sha256="0" * 64), principal=LOCAL_ANALYST)

    answer = recognise_everywhere(PICTURES[FIRST][3], name="q.png", principal=ANALYST)

    assert answer.claimed_by == "shapes"
    assert [type(one) for one in answer.problems.values()] == [Conflict]


def test_when_an_archive_is_asked_then_every_file_has_an_answer_or_a_reason(shapes: Prototypes, tmp_path: Path) -> None:
    place = tmp_path / "a.zip"
    with zipfile.ZipFile(place, "w") as packed:
        packed.writestr(f"{FIRST}/1.png", PICTURES[FIRST][3])
        packed.writestr("unknown/2.png", PICTURES[FIRST][2])
        packed.writestr("3.png", b"nothing")
        packed.writestr("4.png", PICTURES[FIRST][1][:-200])
        packed.writestr("5.png", PICTURES[FIRST][0])

    done = list(recognise_archive(place, name="a.zip", principal=ANALYST))

    assert [one.number for one in done] == [1, 2, 3, 4, 5]
    assert {one.total for one in done} == {5}
    assert [(one.class_name, one.recognition is not None) for one in done] == [
        (FIRST, True), ("unknown", True), ("", False), ("", False), ("", True),
    ]  # fmt: skip
    assert [one.error is None for one in done] == [one.recognition is not None for one in done]


def test_when_top_k_is_outside_its_limits_then_an_archive_is_refused_before_the_first_file(
    shapes: Prototypes, tmp_path: Path
) -> None:
    with pytest.raises(BadInput):
        next(recognise_archive(tmp_path / "none.zip", name="none.zip", top_k=11, principal=ANALYST))


def test_when_a_guest_asks_then_it_is_refused(shapes: Prototypes) -> None:
    with pytest.raises(NotAllowed):
        recognise(PICTURES[FIRST][0], name="q.png", principal=GUEST)


def test_when_references_come_back_from_the_file_then_nothing_was_lost(shapes: Prototypes) -> None:
    found = load_references(domain_folder("shapes"))

    assert found is not None
    assert found.known_vectors(encoder_of(shapes)).keys() == set(found.sha256s)
    assert found.known_vectors(Card(id=shapes.encoder_id or "", dim=shapes.dim)) == {}
    best = nearest(found.vectors[0], found, shapes, classes=[found.class_names[0]], count=1)[0]
    assert best.file_name == found.file_names[0]
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)


def test_when_spaces_take_turns_then_references_are_placed_in_the_one_that_is_asked(shapes: Prototypes) -> None:
    found = load_references(domain_folder("shapes"))
    assert found is not None
    flat = replace(shapes, space=None)
    scatter = np.random.default_rng(0).normal(size=(2, found.vectors.shape[1])).astype(np.float32)
    bent = replace(shapes, space=Space(1.0, scatter, 0.001 * scatter))

    for one in (flat, bent, flat, bent):
        wanted = found.vectors if one.space is None else one.space.place(found.vectors)
        assert np.array_equal(found.placed(one), wanted)
