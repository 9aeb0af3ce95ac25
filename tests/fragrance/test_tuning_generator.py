"""Adapters of a tiny language model: they learn, stop between steps, go on as if never stopped, and are judged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import ArtifactMissing, BadInput, NotAllowed, Unavailable
from core.fragrance.tuning.adapter_checkpoint import Course
from core.fragrance.tuning.drawn_perfumes import drawn_perfumes
from core.fragrance.tuning.generator import ADAPTER, AdapterTuning, Step, TrainedAdapter, train_adapter
from core.fragrance.tuning.story_model import Base, base_for, open_base, pieces_of
from core.fragrance.tuning.story_pairs import Divided, StoryPair, divided, sample_pairs
from core.fragrance.tuning.story_writer import published_writer, samples_of
from core.fragrance.tuning.tiny_base import make_tiny_base
from core.fragrance.tuning.writer_publishing import gain_of, store_writer, writer_findings, writer_result
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage import champions

SETTINGS = AdapterTuning(num_epochs=2, learning_rate=0.005, lora_r=4)


class Killed(Exception):
    """Stands for a process that ends."""


@pytest.fixture(scope="module")
def data() -> Divided:
    return divided(sample_pairs(drawn_perfumes(16)), source="sent pairs", synthetic=False)


@pytest.fixture(scope="module")
def folder(data: Divided, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny base as somebody's own model."""
    made = tmp_path_factory.mktemp("models") / "own-model"
    make_tiny_base(made, [pair.output for pair in data.train])
    return made


@pytest.fixture
def base(home: Path, folder: Path) -> Base:
    return open_base(str(folder))


def stored(trained: TrainedAdapter, data: Divided, base: Base, principal: Principal = LOCAL_ANALYST, reason: str = ""):  # type: ignore[no-untyped-def]
    return store_writer(
        trained, data, base, parameters=SETTINGS.as_dict(), run_id="run-1", principal=principal, publish=True,
        reason=reason,
    )  # fmt: skip


def judged(before: list[float], after: list[float]) -> TrainedAdapter:
    return TrainedAdapter({}, (Course(1, 1.0, 1.0),), np.array(before), np.array(after), 0, None)


def held_out(count: int) -> Divided:
    pairs = tuple(StoryPair(f"brief {number}", f"story {number}") for number in range(count))
    return Divided((), pairs, "sent pairs", "", False)


def test_when_adapters_are_trained_then_held_out_stories_are_expected_more(base: Base, data: Divided) -> None:
    steps: list[Step] = []
    trained = train_adapter(base, data, SETTINGS, on_step=steps.append)

    assert gain_of(trained, data).low > 0
    assert [step.share for step in steps] == sorted(step.share for step in steps)
    assert steps[-1].share == 1
    assert [step.epoch for step in steps if step.eval_loss is not None] == [1, 2]
    assert trained.course[-1].eval_loss == pytest.approx(trained.after.mean())


def test_when_a_training_is_killed_then_it_goes_on_as_if_it_had_not_been(
    folder: Path, home: Path, data: Divided, tmp_path: Path
) -> None:
    whole = train_adapter(open_base(str(folder)), data, SETTINGS)

    def kill(step: Step) -> None:
        if step.epoch == 2:
            raise Killed

    with pytest.raises(Killed):
        train_adapter(open_base(str(folder)), data, SETTINGS, checkpoint=tmp_path / "adapter.safetensors", on_step=kill)
    resumed = train_adapter(open_base(str(folder)), data, SETTINGS, checkpoint=tmp_path / "adapter.safetensors")

    assert (whole.resumed_after, resumed.resumed_after) == (0, 1)
    assert resumed.files[ADAPTER] == whole.files[ADAPTER]
    assert resumed.course == whole.course


@pytest.mark.parametrize("what", ["other settings", "other data", "a broken file"])
def test_when_the_checkpoint_is_of_something_else_then_it_is_left_aside(
    folder: Path, home: Path, data: Divided, tmp_path: Path, what: str
) -> None:
    checkpoint = tmp_path / "adapter.safetensors"
    first = AdapterTuning(num_epochs=1, learning_rate=0.005, lora_r=4)
    train_adapter(open_base(str(folder)), data, first, checkpoint=checkpoint)
    if what == "a broken file":
        checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    other = divided(sample_pairs(drawn_perfumes(16, seed=9)), source="", synthetic=False)

    trained = train_adapter(
        open_base(str(folder)),
        other if what == "other data" else data,
        AdapterTuning(num_epochs=1, learning_rate=0.001, lora_r=4) if what == "other settings" else first,
        checkpoint=checkpoint,
    )

    assert trained.resumed_after == 0


def test_when_the_loss_is_no_number_then_a_smaller_rate_is_asked_for(base: Base, data: Divided) -> None:
    with pytest.raises(BadInput) as refused:
        train_adapter(base, data, AdapterTuning(num_epochs=3, learning_rate=1e30, lora_r=4))

    assert refused.value.key == "fragrance_tuning.loss_not_finite"


def test_when_a_pair_is_longer_than_the_model_reads_then_the_story_keeps_its_half(base: Base) -> None:
    ids, labels = pieces_of(base, StoryPair("rose " * 500, "musk " * 500))

    assert len(ids) == len(labels) == base.max_tokens
    assert sum(label != -100 for label in labels) >= base.max_tokens // 2
    assert [one for one in labels if one != -100] == ids[-sum(label != -100 for label in labels) :]


def test_when_held_out_stories_bear_it_out_then_it_is_published_and_writes(base: Base, data: Divided) -> None:
    trained = train_adapter(base, data, SETTINGS)
    samples = samples_of(trained.model, base, data, most=1, max_new_tokens=8)
    done = stored(trained, data, base)
    writer = published_writer()

    assert done.published
    assert writer is not None and writer.run_id == "run-1"
    assert [writer.write(prompt, max_new_tokens=8) for prompt in samples] == list(samples.values())


def test_when_the_base_has_changed_since_then_the_writer_does_not_serve(
    base: Base, data: Divided, folder: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "own-model"
    make_tiny_base(moved, [pair.output for pair in data.train])
    base = open_base(str(moved))
    stored(train_adapter(base, data, SETTINGS), data, base)
    make_tiny_base(moved, [pair.output for pair in data.train], seed=8)

    with pytest.raises(ArtifactMissing):
        published_writer()


def test_when_the_base_is_tiny_then_nothing_is_published(home: Path, data: Divided) -> None:
    base = base_for("", data)
    trained = train_adapter(base, data, SETTINGS)
    done = stored(trained, data, base)

    assert base.is_tiny
    assert not done.published
    assert "fragrance_tuning.tiny_base" in {one.code for one in done.findings}
    assert not writer_result(trained, data, base, done, samples={})["publishable"]


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ([2.0] * 20, [2.1] * 20, "fragrance_tuning.writer_worse"),
        ([2.0] * 20, [2.0] * 20, "fragrance_tuning.writer_worse"),
        ([2.0] * 20, [1.0, 2.4] * 10, "fragrance_tuning.writer_not_better"),
    ],
)
def test_when_held_out_stories_do_not_bear_it_out_then_it_is_blocked(
    before: list[float], after: list[float], code: str
) -> None:
    if code == "fragrance_tuning.writer_not_better":
        after = [0.5, *[2.05] * 19]
    found = writer_findings(judged(before, after), held_out(20), is_tiny=False)

    assert [(one.code, one.severity) for one in found] == [(code, "blocking")]


def test_when_few_stories_are_held_out_then_it_warns(home: Path) -> None:
    found = writer_findings(judged([2.0] * 4, [1.0] * 4), held_out(4), is_tiny=False)

    assert [(one.code, one.severity) for one in found] == [("fragrance_tuning.few_held_out", "warning")]


def test_when_four_bit_is_asked_for_without_the_hardware_then_it_says_so_and_goes_on(home: Path, folder: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has the hardware")
    base = open_base(str(folder), four_bit=True)

    assert [one.key for one in base.notices] == ["fragrance_tuning.four_bit_unavailable"]
    assert open_base(str(folder)).notices == ()


def test_when_an_adapter_is_kept_then_no_path_of_this_machine_goes_with_it(base: Base, data: Divided) -> None:
    trained = train_adapter(base, data, AdapterTuning(num_epochs=1, lora_r=2))
    config = json.loads(trained.files["adapter_config.json"])

    assert config["base_model_name_or_path"] == base.id
    assert base.id.startswith("own-model:")


def test_when_the_model_is_nowhere_then_it_says_what_to_give(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(Unavailable) as refused:
        open_base("somebody/no-such-model")

    assert refused.value.key == "fragrance_tuning.base_not_cached"


def test_when_somebody_may_not_publish_then_it_is_refused(base: Base, data: Divided) -> None:
    trained = train_adapter(base, data, AdapterTuning(num_epochs=1, lora_r=2))

    with pytest.raises(NotAllowed):
        stored(trained, data, base, Principal("somebody", Role.ANALYST))

    assert champions.current("fragrance", "story_writer") is None
