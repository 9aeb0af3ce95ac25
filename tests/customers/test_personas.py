"""Names come from what a cluster is like, never from its number, and claim nothing untrue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.customers.personas import (
    MIN_FIT,
    describe_group,
    describe_groups,
    load_personas,
    match_personas,
    packaged_personas,
    parse_personas,
    persona_fit,
)
from core.customers.profiles import ProfileColumns
from core.customers.training import CustomerData, Training
from core.customers.vocabulary import FREQUENCIES, FREQUENCY_CODES
from core.errors import BadInput


def alike(rows: int, age: float, amount: float, subscribed: bool, label: str) -> ProfileColumns:
    return ProfileColumns(
        np.full(rows, float(age)),
        np.full(rows, float(amount)),
        np.full(rows, subscribed),
        np.full(rows, FREQUENCY_CODES[label], dtype=np.int8),
    )


def persona(identity: str):
    return next(one for one in load_personas() if one.id == identity)


def test_when_cluster_numbers_are_shuffled_then_the_same_members_keep_their_names(
    sample: CustomerData, sample_training: Training
) -> None:
    order = np.array([3, 0, 4, 1, 2])
    shuffled = order[sample_training.partition.labels].astype(np.int32)
    groups = describe_groups(sample.columns, shuffled, 5)
    names = match_personas(groups, describe_group(sample.columns), load_personas())
    for cluster, name in enumerate(sample_training.names):
        assert names[order[cluster]].texts == name.texts


def test_when_groups_are_planted_then_each_gets_the_persona_that_describes_it(sample_training: Training) -> None:
    by_persona = {
        name.persona: group for name, group in zip(sample_training.names, sample_training.groups, strict=True)
    }
    assert by_persona["frequent_big_subscriber"].amount > 80
    assert by_persona["young_frequent_small_subscriber"].age < 30
    assert by_persona["older_seldom_small"].age > 58
    assert all(name.fit >= MIN_FIT for name in sample_training.names)


def test_when_spend_is_average_then_a_big_spender_persona_does_not_fit(sample: CustomerData) -> None:
    overall = describe_group(sample.columns)
    group = describe_group(alike(100, 40, round(overall.amount), True, "Weekly"))
    assert persona_fit(persona("frequent_big_subscriber"), group, overall) < MIN_FIT


def test_when_one_claim_is_untrue_then_the_fit_is_that_of_the_weakest_claim(sample: CustomerData) -> None:
    overall = describe_group(sample.columns)
    group = describe_group(alike(100, 40, 110, False, "Weekly"))  # big and frequent, but nobody subscribes
    assert persona_fit(persona("frequent_big_subscriber"), group, overall) == 0.0


def test_when_no_persona_fits_then_the_name_states_the_clusters_own_figures(sample: CustomerData) -> None:
    groups = [describe_group(alike(50, 44, 60, False, "Monthly")), describe_group(alike(50, 44, 60, True, "Monthly"))]
    names = match_personas(groups, describe_group(sample.columns), [persona("young_big_spender")])
    assert [name.text("en").name for name in names] == [
        "Monthly, 60 USD, age 44",
        "Monthly, 60 USD, age 44, 100 % subscribed",
    ]
    assert names[0].text("ko").name == "매월 구매, 60 USD, 44세"
    assert {name.persona for name in names} == {None}


def test_when_several_personas_are_true_then_the_one_that_says_more_is_chosen(sample: CustomerData) -> None:
    group = describe_group(alike(50, 24, 20, True, "Weekly"))
    (name,) = match_personas([group], describe_group(sample.columns), load_personas())
    assert name.persona == "young_frequent_small_subscriber"


def test_when_frequency_alone_is_claimed_then_every_label_has_its_persona() -> None:
    claimed = {one.claims["frequency"] for one in load_personas() if set(one.claims) == {"frequency"}}
    assert claimed == set(FREQUENCIES)


def test_when_an_own_file_exists_then_it_replaces_the_packaged_personas(home: Path) -> None:
    own = home / "data" / "customers" / "personas.toml"
    own.parent.mkdir(parents=True)
    own.write_text(packaged_personas().replace("매주 구매 고객", "주간 단골"), encoding="utf-8")
    assert persona("rhythm_weekly").texts["ko"].name == "주간 단골"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("not toml", "cannot be read"),
        ('[persona.x.claims]\nwealth = "high"', "unknown one"),
        ('[persona.x.claims]\nspend = "huge"', "unknown one"),
        ('[persona.x.claims]\nspend = "high"\n[persona.x.ko]\nname = "이름"', "needs name"),
    ],
)
def test_when_an_own_persona_file_is_wrong_then_the_entry_is_named(text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        parse_personas(text, source="personas.toml")
