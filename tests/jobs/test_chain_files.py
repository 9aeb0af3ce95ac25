"""Chains as files: what a sound one tells, and the one sentence that each broken one gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BadInput, NotAllowed, NotFound
from core.jobs.chains import chains
from core.security.policy import LOCAL_ANALYST, Principal, Role
from tests.conftest import PROJECT
from tests.jobs.chain_homes import THREE, write_chain
from tests.jobs.conftest import write_notebook

BROKEN = {
    "not_toml": ("title = ", "chains.unreadable"),
    "no_steps": (THREE.partition("[parameters.word]")[0], "chains.wrong_steps"),
    "one_language": (THREE.replace('ko = "세 단계", ', ""), "chains.wrong_languages"),
    "misspelt": (THREE.replace('needs = ["middle"]', 'after = ["middle"]'), "chains.unknown_entry"),
    "no_notebook": (THREE.replace("demo_data", "demo_gone"), "chains.unknown_notebook"),
    "no_parameter": (THREE.replace('{ run_id = "{first', '{ job_id = "{first'), "chains.unknown_parameter"),
    "bound_to_nothing": (THREE.replace("middle.word", "middle.words"), "chains.unknown_parameter"),
    "bound_to_no_step": (THREE.replace("middle.word", "center.word"), "chains.unknown_step"),
    "needs_nobody": (THREE.replace('needs = ["middle"]', 'needs = ["center"]'), "chains.unknown_step"),
    "refers_to_nobody": (THREE.replace("{first.run_id}", "{zeroth.run_id}"), "chains.unknown_step"),
    "refers_badly": (THREE.replace("{first.run_id}", "{first.outcome}"), "chains.bad_reference"),
    "run_into_a_number": (THREE.replace('{ run_id = "{first', '{ times = "{first'), "chains.bad_reference"),
    "circle": (THREE.replace('"demo_data"', '"demo_data"\nneeds = ["last"]'), "chains.cycle"),
    "wrong_value": (THREE.replace('"{first.run_id}"', '"a", times = 99'), "chains.wrong_value"),
    "wrong_default": (THREE.replace('["middle.word"]', '["middle.word"]\ndefault = "x"'), "chains.wrong_value"),
    "set_twice": (THREE.replace('"{first.run_id}"', '"a", word = "done"'), "chains.set_twice"),
    "two_types": (THREE.replace('["middle.word"]', '["middle.word", "last.times"]'), "chains.kinds_differ"),
    "many_attempts": (THREE.replace('"demo_data"', '"demo_data"\nmost_attempts = 0'), "chains.wrong_attempts"),
    "own_notifications": (THREE.replace("parameters.word", "parameters.notifications"), "chains.wrong_reserved"),
}


def test_when_a_chain_is_read_then_it_tells_its_steps_in_order_and_what_may_be_set(chained: Path) -> None:
    three = chains.describe("three")

    assert (three.title("ko"), three.title("en")) == ("세 단계", "Three steps")
    assert [(step.name, step.needs) for step in three.steps] == [
        ("first", ()), ("middle", ("first",)), ("last", ("middle",))
    ]  # fmt: skip
    word, dataset, notifications = three.parameters
    assert (word.name, word.choices, word.help) == ("word", ("done", "published"), "what to return")
    assert (dataset.name, notifications.name) == ("dataset_id", "notifications")


def test_when_steps_stand_in_any_order_then_each_comes_after_what_it_needs(chained: Path) -> None:
    head, _, last = THREE.partition("[steps.last]")
    write_chain(chained, "turned", head.replace("[steps.first]", f"[steps.last]{last}\n[steps.first]"))

    assert [step.name for step in chains.describe("turned").steps] == ["first", "middle", "last"]


@pytest.mark.parametrize(("content", "key"), BROKEN.values(), ids=BROKEN)
def test_when_a_file_is_broken_then_it_is_refused_in_one_sentence_and_the_others_are_listed(
    chained: Path, content: str, key: str
) -> None:
    write_chain(chained, "broken", content)

    (refused,) = chains.list_refused()

    assert (refused.name, refused.error.key) == ("broken", key)
    assert "broken" in refused.error.text("en")
    assert "broken" in refused.error.text("ko")
    assert [one.name for one in chains.list_chains()] == ["branches", "three"]
    with pytest.raises(BadInput):
        chains.describe("broken")


def test_when_a_chain_is_unknown_then_the_known_ones_are_named(chained: Path) -> None:
    for name in ("nothing", "../three", ""):
        with pytest.raises(NotFound, match="branches, three"):
            chains.describe(name)


def test_when_braces_stand_within_a_text_then_they_are_text(chained: Path) -> None:
    write_chain(
        chained, "texts", THREE.replace('"demo_data"', '"demo_data"\nparameters = { word = "a {} of {x.y} b" }')
    )

    assert chains.describe("texts").steps[0].parameters == {"word": "a {} of {x.y} b"}


@pytest.mark.parametrize(
    ("given", "key"),
    [({"word": "else"}, "jobs.not_a_choice"), ({"word": 1}, "jobs.wrong_type"), ({"x": 1}, "chains.no_such_parameter")],
)
def test_when_a_parameter_is_wrong_then_it_is_refused(chained: Path, given: dict[str, object], key: str) -> None:
    with pytest.raises(BadInput) as refused:
        chains.validate(chains.describe("three"), given, principal=LOCAL_ANALYST)

    assert refused.value.key == key


def test_when_one_notebook_takes_more_than_submitting_then_so_does_the_chain(chained: Path) -> None:
    write_notebook(chained, "demo_data", parameters='dataset_id: str = ""  # data', permission="fragrance.write")

    with pytest.raises(NotAllowed):
        chains.validate(chains.describe("three"), {}, principal=Principal("ana", Role.ANALYST))
    assert chains.validate(chains.describe("three"), {}, principal=Principal("maker", Role.RESEARCHER))


def test_when_the_workbench_is_shipped_then_its_chains_are_sound(settings_from: object) -> None:
    assert chains.list_refused() == ()
    names = {one.name for one in chains.list_chains()}
    assert names == {path.stem for path in (PROJECT / "notebooks" / "chains").glob("*.toml")} >= {"ctr_retrain"}
