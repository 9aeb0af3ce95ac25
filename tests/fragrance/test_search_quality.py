"""The labelled queries, their rule, and that the product's search is judged by it."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from core.fragrance.catalogue.note_lists import read_notes
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.evaluation.search_quality import filters_of, gains, judged, product_ways, qualities
from core.fragrance.evaluation.search_queries import Need, grades, group_words, halves, needs, queries
from core.fragrance.search.concepts import named
from core.fragrance.search.filters import checked
from core.fragrance.search.reading_queries import read_query
from tests.fragrance.search_home import CUSTOMER, encoder, fill, use

EVERY = 10  # one perfume of so many: about 150


def perfume(name: str, notes: str, description: str = "") -> Perfume:
    return Perfume(name, name, "House", description, **vars(read_notes(notes)))


def test_when_queries_are_counted_then_both_languages_have_as_many_and_enough_are_filtered() -> None:
    asked = queries()
    assert len(asked) >= 100
    assert sum(one.language == "ko" for one in asked) == len(asked) / 2
    assert sum(one.need.is_filtered for one in asked) >= 40
    assert len({one.id for one in needs()}) == len(needs())
    assert len({one.text for one in asked}) == len(asked)


@pytest.mark.parametrize("need", needs(), ids=lambda need: need.id)
def test_when_a_need_names_groups_and_filters_then_they_are_there(need: Need) -> None:
    assert need.notes or need.said
    for group in (*need.notes, *need.said, *need.include, *need.exclude):
        assert group_words(group)
    for group in (*need.include, *need.exclude):
        assert named(group.replace("_", " "))
    checked(filters_of(need))


@pytest.mark.parametrize("need", [one for one in needs() if one.in_words], ids=lambda need: need.id)
def test_when_an_exclusion_stands_in_the_words_then_the_reader_reads_it_in_both_languages(need: Need) -> None:
    for text in (need.en, need.ko):
        read = [one.value for one in read_query(text).filters if one.name == "exclude_notes"]
        meant = [named(str(one))[0].id for one in read]
        assert meant == [named(group.replace("_", " "))[0].id for group in need.exclude]


def test_when_the_rule_grades_then_points_are_shares_of_what_is_asked() -> None:
    need = Need("one", "", "", notes=("rose", "oud"), said=("smoke", "night"), exclude=("vanilla",))
    found = grades(
        need,
        [
            perfume("all", "Bulgarian rose, oud", "A smoky night."),
            perfume("said", "oud", "A rose in a smoky night."),
            perfume("half", "rose, oud"),
            perfume("little", "rose"),
            perfume("forbidden", "rose, oud, vanilla", "A smoky night."),
            perfume("untold", "", "Rose and oud in a smoky night."),
            perfume("in a word", "rosewood, cloud", "smokyish nights."),
        ],
    )
    assert found.tolist() == [3, 2, 1, 0, 0, 0, 0]


def test_when_needs_are_halved_then_every_need_is_in_one_half_and_filtered_ones_are_shared_out() -> None:
    choosing, judging = halves()
    assert {one.id for one in choosing} | {one.id for one in judging} == {one.id for one in needs()}
    assert not {one.id for one in choosing} & {one.id for one in judging}
    assert abs(sum(one.is_filtered for one in choosing) - sum(one.is_filtered for one in judging)) <= 1
    assert halves() == (choosing, judging)


def test_when_a_part_of_the_perfumes_is_searched_then_the_joint_score_is_no_worse_than_words_or_notes_alone(
    home: Path, shared_datasets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gzip.open(shared_datasets / "fragrance" / "perfumes_70pct.csv.gz", "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["perfume_id"].isdigit()][::EVERY]
    every = [
        Perfume(f"p-{row['perfume_id']}", row["Name"].strip(), row["Brand"].strip(), (row["Description"] or "").strip(),
                **vars(read_notes(row["Notes"] or "")))
        for row in rows
    ]  # fmt: skip
    use(monkeypatch, encoder())
    fill(every, encoded=False)
    found = judged(product_ways(CUSTOMER, ["words", "notes", "words and notes"]), every, needs())
    by_way = {one.way: one.measures["ndcg"].value for one in qualities(found, ["all"])}
    assert by_way["words and notes"] > 0.6
    gain = gains(found, "words and notes", ["words", "notes"], "all")
    assert gain["words"].low > 0
    assert gain["notes"].low > 0
