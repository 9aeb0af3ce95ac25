"""Pairs that somebody sends: every problem of every item is told, and what can be used is kept and divided."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import BadInput, NotAllowed, NotFound
from core.fragrance.catalogue.stored import save_perfumes
from core.fragrance.tuning.drawn_perfumes import drawn_perfumes
from core.fragrance.tuning.gathering import gather_pairs, gather_perfumes, gather_stories
from core.fragrance.tuning.story_pairs import (
    LONGEST,
    StoryPair,
    divided,
    keep,
    kept,
    problems,
    read_jsonl,
    sample_pairs,
    story_pairs,
)
from core.security.policy import GUEST, LOCAL_ANALYST, Principal, Role


def items(count: int) -> list[object]:
    return [{"input": f"brief {number}", "output": f"story {number}"} for number in range(count)]


def refused(*sent: object) -> BadInput:
    with pytest.raises(BadInput) as error:
        story_pairs([*items(12), *sent])
    return error.value


def test_when_ten_items_come_then_they_are_pairs_and_with_nine_they_are_not() -> None:
    assert story_pairs(items(10))[3] == StoryPair("brief 3", "story 3")
    with pytest.raises(BadInput) as error:
        story_pairs(items(9))

    assert error.value.key == "fragrance_tuning.too_few_items"
    assert error.value.details == {"count": 9, "fewest": 10}


@pytest.mark.parametrize(
    ("item", "key"),
    [
        ("no object", "fragrance_tuning.item_no_object"),
        ({"input": "a brief"}, "fragrance_tuning.item_empty"),
        ({"input": "a brief", "output": "  "}, "fragrance_tuning.item_empty"),
        ({"input": 5, "output": "a story"}, "fragrance_tuning.item_empty"),
        ({"input": "a brief", "output": "x" * (LONGEST + 1)}, "fragrance_tuning.item_too_long"),
        ({"input": "brief 2 ", "output": "story 2"}, "fragrance_tuning.item_repeated"),
    ],
)
def test_when_an_item_cannot_be_used_then_it_is_named_with_its_place(item: object, key: str) -> None:
    error = refused(item)

    assert error.key == key
    assert error.details["item"] == 13
    assert "13" in error.text("ko")


def test_when_several_items_cannot_be_used_then_all_of_them_are_told() -> None:
    found = problems([{"input": "a", "output": "b"}, None, {"input": "", "output": "b"}, {"input": "a", "output": "b"}])

    assert [(one.item, one.notice.key) for one in found] == [
        (1, "fragrance_tuning.item_no_object"),
        (2, "fragrance_tuning.item_empty"),
        (3, "fragrance_tuning.item_repeated"),
    ]
    assert found[2].notice.details["first"] == 1


def test_when_a_file_of_lines_comes_then_each_line_is_an_item_and_a_broken_one_is_named() -> None:
    assert read_jsonl('\ufeff{"input": "봄", "output": "꽃"}\n\n{"a": 1}\n'.encode()) == [
        {"input": "봄", "output": "꽃"}, {"a": 1},
    ]  # fmt: skip
    with pytest.raises(BadInput) as broken:
        read_jsonl(b'{"a": 1}\n\n{broken')
    with pytest.raises(BadInput) as not_text:
        read_jsonl(b"\xff\xfe\x00")

    assert (broken.value.key, broken.value.details["line"]) == ("fragrance_tuning.not_json", 3)
    assert not_text.value.key == "fragrance_tuning.not_utf8"


def test_when_stories_are_divided_then_none_is_both_learnt_and_held_out() -> None:
    pairs = [StoryPair(f"brief {number}", f"story {number // 3}") for number in range(60)]
    found = divided(pairs, source="", synthetic=False)

    assert not {one.output for one in found.train} & {one.output for one in found.held_out}
    assert (len(found.train), len(found.held_out)) == (48, 12)
    assert divided(pairs, source="", synthetic=False) == found
    assert divided(pairs, source="", synthetic=False, seed=1).held_out != found.held_out


def test_when_all_stories_are_alike_then_none_can_be_held_out() -> None:
    with pytest.raises(BadInput) as error:
        divided([StoryPair(f"brief {number}", "one story") for number in range(20)], source="", synthetic=False)

    assert error.value.key == "fragrance_tuning.outputs_alike"


def test_when_pairs_are_kept_then_their_checksum_brings_them_back(home: Path) -> None:
    pairs = story_pairs(items(11))
    sha256 = keep(pairs, principal=LOCAL_ANALYST)

    assert kept(sha256, principal=LOCAL_ANALYST) == pairs
    assert keep(pairs, principal=LOCAL_ANALYST) == sha256
    assert [path.name for path in (home / "data" / "fragrance" / "training_pairs").iterdir()] == [f"{sha256}.jsonl"]


@pytest.mark.parametrize("sha256", ["0" * 64, "../../secrets", "", "ABC"])
def test_when_no_pairs_are_kept_under_a_name_then_it_says_so(home: Path, sha256: str) -> None:
    with pytest.raises(NotFound):
        kept(sha256, principal=LOCAL_ANALYST)


def test_when_somebody_may_not_train_then_nothing_is_kept(home: Path) -> None:
    with pytest.raises(NotAllowed):
        keep(story_pairs(items(11)), principal=Principal("somebody", Role.ANALYST))

    assert not (home / "data" / "fragrance").exists()


def test_when_perfumes_tell_of_themselves_then_their_prose_is_the_story() -> None:
    perfumes = drawn_perfumes(10)
    pairs = sample_pairs(perfumes, briefs_each=2)

    assert {pair.output for pair in pairs} == {one.description for one in perfumes}
    assert len({pair.input for pair in pairs}) == 20


def test_when_perfumes_are_gathered_then_samples_and_imported_ones_stay_apart(home: Path) -> None:
    sample, imported = (
        drawn_perfumes(40),
        [replace(one, id=f"own-{one.id}", is_sample=False) for one in drawn_perfumes(25, 3)],
    )
    save_perfumes([*sample, *imported], principal=LOCAL_ANALYST)

    counts = {which: len(gather_perfumes(which, principal=LOCAL_ANALYST)) for which in ("all", "imported", "samples")}
    pairs = gather_pairs("imported", briefs_each=2, most=22, seed=0, principal=LOCAL_ANALYST)

    assert counts == {"all": 65, "imported": 25, "samples": 40}
    assert not pairs.synthetic
    assert len(pairs.perfumes) == 22
    assert gather_stories("", "samples", principal=LOCAL_ANALYST).synthetic


def test_when_the_catalogue_is_empty_then_drawn_perfumes_are_still_there_and_say_so(home: Path) -> None:
    pairs = gather_pairs("drawn", briefs_each=2, most=30, seed=0, principal=LOCAL_ANALYST)

    assert (pairs.source, pairs.synthetic, len(pairs.perfumes)) == ("drawn", True, 30)
    assert gather_stories("", "drawn", most=12, principal=LOCAL_ANALYST).source == "drawn"
    with pytest.raises(BadInput):
        gather_pairs("all", briefs_each=2, most=30, seed=0, principal=LOCAL_ANALYST)
    with pytest.raises(BadInput):
        gather_stories("", "samples", principal=LOCAL_ANALYST)


def test_when_nobody_is_signed_in_then_nothing_is_gathered(home: Path) -> None:
    with pytest.raises(NotAllowed):
        gather_perfumes("drawn", principal=GUEST)
