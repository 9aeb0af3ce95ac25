"""Checkpoints in the layout of sentence-transformers: read as they say, or refused; tiny and random."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from core.embeddings.text_models import text_model
from core.embeddings.text_transformers import read_pooling
from core.errors import Unavailable
from core.resilience import resident_models

Configure = Callable[..., object]
TEXTS = ["abc fed", "fed abc abc", "b"]


@pytest.fixture(autouse=True)
def nothing_loaded() -> Iterator[None]:
    resident_models._models = None
    yield
    resident_models._models = None


@pytest.fixture
def st_folder(text_checkpoint: Path, tmp_path: Path) -> Callable[..., str]:
    """Call with how to pool (and further steps, prompts): the setting of a copy with those files beside it."""

    def build(way: str = "cls", steps: Sequence[str] = ("Normalize",), prompts: dict[str, str] | None = None) -> str:
        folder = tmp_path / ("plain" if prompts is None else "prompted") / f"{text_checkpoint.name}-{way}"
        folder.mkdir(parents=True)
        for path in text_checkpoint.iterdir():
            (folder / path.name).symlink_to(path)
        modules = [{"type": "sentence_transformers.models.Transformer", "path": ""},
                   {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"},
                   *({"type": f"sentence_transformers.models.{step}", "path": step} for step in steps)]  # fmt: skip
        (folder / "modules.json").write_text(json.dumps(modules))
        (folder / "1_Pooling").mkdir()
        switch = {"cls": "cls_token", "mean": "mean_tokens", "max": "max_tokens", "lasttoken": "lasttoken"}[way]
        (folder / "1_Pooling" / "config.json").write_text(json.dumps({f"pooling_mode_{switch}": True}))
        if prompts is not None:
            (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
        return f"sentence-transformers:{folder}"

    return build


def test_when_a_checkpoint_says_how_to_pool_then_that_is_done(
    st_folder: Callable[..., str], text_checkpoint: Path
) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(text_checkpoint)("passage: abc", return_tensors="pt")
    with torch.inference_mode():
        states_ = AutoModel.from_pretrained(text_checkpoint)(**tokens).last_hidden_state[0].numpy()
    expected = {"cls": states_[0], "mean": states_.mean(0), "max": states_.max(0), "lasttoken": states_[-1]}

    for way, vector in expected.items():
        found = text_model(st_folder(way)).embed_passages(["abc"])[0]
        assert found == pytest.approx(vector / np.linalg.norm(vector), abs=1e-5), way


def test_when_a_checkpoint_is_read_twice_then_its_id_tells_what_changes_its_vectors_and_no_folder(
    st_folder: Callable[..., str],
) -> None:
    mean, cls = text_model(st_folder("mean")), text_model(st_folder("cls"))

    assert mean.id != cls.id and "/" not in mean.id
    assert mean.embed_passages(TEXTS)[1] == pytest.approx(mean.embed_passages(TEXTS[1:])[0], abs=0)


def test_when_a_plain_checkpoint_is_given_then_its_tokens_are_averaged_and_long_texts_cut(
    text_checkpoint: Path, st_folder: Callable[..., str]
) -> None:
    plain = text_model(f"sentence-transformers:{text_checkpoint}")

    assert plain.embed_query("abc") == pytest.approx(text_model(st_folder("mean")).embed_query("abc"), abs=1e-6)
    assert np.array_equal(plain.embed_passages(["abc " * 30])[0], plain.embed_passages(["abc " * 60])[0])


def test_when_a_checkpoint_names_its_own_prefixes_then_they_go_before_those_of_its_family(
    st_folder: Callable[..., str],
) -> None:
    family = text_model(st_folder("mean"))
    own = text_model(st_folder("mean", prompts={"query": "passage: ", "document": "find "}))

    assert np.array_equal(own.embed_query("abc"), family.embed_passages(["abc"])[0])
    assert not np.array_equal(own.embed_query("abc"), own.embed_passages(["abc"])[0])
    assert own.id != family.id


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / "modules.json").write_text('[{"type": "x.Dense", "path": ""}]'), "step Dense"),
        (lambda folder: (folder / "1_Pooling" / "config.json").write_text("{}"), "pooling"),
        (lambda folder: (folder / "config.json").unlink(), "config.json"),
        (lambda folder: (folder / "modules.json").write_text("{"), "Expecting"),
    ],
)
def test_when_a_checkpoint_cannot_be_read_in_full_then_it_is_refused(
    st_folder: Callable[..., str], spoil: Callable[[Path], object], reason: str
) -> None:
    name = st_folder()
    spoil(Path(name.removeprefix("sentence-transformers:")))

    with pytest.raises(Unavailable, match=reason) as told:
        text_model(name)

    assert told.value.key == "embeddings.not_a_text_model"


def test_when_weights_are_missing_then_no_random_numbers_take_their_place(
    st_folder: Callable[..., str],
) -> None:
    from safetensors.torch import load_file, save_file

    folder = Path((name := st_folder()).removeprefix("sentence-transformers:"))
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    save_file({key: value for key, value in weights.items() if "layer.1" not in key}, folder / "model.safetensors")

    with pytest.raises(Unavailable, match=r"layer\.1"):
        text_model(name)


def test_when_a_hub_name_is_not_cached_and_offline_then_the_settings_are_named(
    tmp_path: Path, settings_from: Configure
) -> None:
    settings_from(HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path))

    with pytest.raises(Unavailable, match="WORKBENCH_HUB_OFFLINE"):
        text_model("sentence-transformers:someone/some-model")


@pytest.mark.parametrize(
    "config",
    [
        {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True},
        {"pooling_mode_weightedmean_tokens": True},
        {"pooling_mode": "attention"},
        {"pooling_mode": "mean", "include_prompt": False},
    ],
)
def test_when_a_way_of_pooling_is_not_understood_then_it_is_not_guessed(config: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="pooling"):
        read_pooling(config)
