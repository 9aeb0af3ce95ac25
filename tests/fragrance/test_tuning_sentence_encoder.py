"""A sentence encoder trained itself, tiny and random here: what comes out is read like any other checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.embeddings.text_models import text_model
from core.errors import Unavailable
from core.fragrance.search.encoder_head import tuned_encoder
from core.fragrance.tuning.contrast import Contrast
from core.fragrance.tuning.drawn_perfumes import drawn_perfumes
from core.fragrance.tuning.encoder_publishing import store_encoder
from core.fragrance.tuning.encoder_run import tune_encoder
from core.fragrance.tuning.pairs import PairSet, pairs_of
from core.fragrance.tuning.sentence_encoder import train_encoder
from core.fragrance.tuning.trainable_text_model import opened_files
from core.security.policy import LOCAL_ANALYST
from tests.fragrance.test_tuning_encoder import BETTER

SETTINGS = Contrast(epochs=20, batch_size=28, learning_rate=0.003, temperature=0.1, patience=20)
TEXTS = ["rose and musk", "vanilla over cedar"]


@pytest.fixture(scope="module")
def pairs() -> PairSet:
    return pairs_of(drawn_perfumes(24), briefs_each=2, source="catalogue")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT of two layers that reads letters, of the E5 family by its name."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("models") / "tiny-e5-letters"
    folder.mkdir()
    letters = "abcdefghijklmnopqrstuvwxyz:"
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(tokens))
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        config = BertConfig(
            vocab_size=len(tokens), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
            max_position_embeddings=64,
        )  # fmt: skip
        BertModel(config).save_pretrained(folder)
    return folder


def with_pooling(checkpoint: Path, folder: Path, way: str) -> Path:
    """The same checkpoint in the layout of sentence-transformers."""
    named = folder / checkpoint.name
    pooling = named / "1_Pooling"
    pooling.mkdir(parents=True)
    for path in checkpoint.iterdir():
        (named / path.name).write_bytes(path.read_bytes())
    (pooling / "config.json").write_text(json.dumps({"pooling_mode": way}))
    steps = [{"type": "sentence_transformers.models.Transformer", "path": ""},
             {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}]  # fmt: skip
    (named / "modules.json").write_text(json.dumps(steps))
    return named


@pytest.mark.parametrize("way", ["lora", "full"])
def test_when_an_encoder_is_trained_then_the_checkpoint_that_comes_out_gives_other_vectors(
    home: Path, checkpoint: Path, pairs: PairSet, way: str
) -> None:
    losses: list[float] = []
    trained = train_encoder(
        str(checkpoint),
        pairs,
        SETTINGS,
        way=way,
        lora_r=4,
        on_epoch=lambda epoch: losses.append(epoch.loss),  # type: ignore[arg-type]
    )
    before = text_model(f"sentence-transformers:{checkpoint}").embed_passages(TEXTS)
    with opened_files(trained.files) as model:
        after = model.embed_passages(TEXTS)

    assert losses[-1] < losses[1]  # of the same windows: those of a perfume come in turn
    assert np.allclose(before, after, atol=1e-5) == (trained.best_epoch == 0)
    assert not any(name.startswith("adapter") for name in trained.files)


@pytest.mark.parametrize("pooling", ["cls", "max", "lasttoken"])
def test_when_the_checkpoint_pools_in_its_own_way_then_the_tuned_one_does_too(
    home: Path, checkpoint: Path, pairs: PairSet, pooling: str, tmp_path: Path
) -> None:
    folder = with_pooling(checkpoint, tmp_path / pooling, pooling)
    still = Contrast(epochs=1, batch_size=16, learning_rate=1e-12)

    trained = train_encoder(str(folder), pairs, still, way="full")

    plain = text_model(f"sentence-transformers:{folder}")
    with opened_files(trained.files) as model:
        assert np.allclose(model.embed_query(TEXTS[0]), plain.embed_query(TEXTS[0]), atol=1e-5)
        assert np.allclose(model.embed_passages(TEXTS), plain.embed_passages(TEXTS), atol=1e-5)


def test_when_it_is_published_then_the_search_encodes_with_it(home: Path, checkpoint: Path, pairs: PairSet) -> None:
    tuned = tune_encoder(
        pairs, Contrast(epochs=1, batch_size=16), encoder=f"sentence-transformers:{checkpoint}", method="full"
    )
    stored = store_encoder(
        tuned.files, BETTER, pairs, kind=tuned.kind, encoder_id=tuned.encoder_id, dim=tuned.dim, parameters={"seed": 0},
        run_id="run-1", principal=LOCAL_ANALYST, publish=True,
    )  # fmt: skip

    assert stored.published
    with opened_files(tuned.files) as model:
        assert np.allclose(tuned_encoder().embed_query(TEXTS[0]), model.embed_query(TEXTS[0]), atol=1e-6)


def test_when_the_folder_holds_no_encoder_then_it_says_so(home: Path, pairs: PairSet, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(Unavailable):
        train_encoder(str(tmp_path / "empty"), pairs, SETTINGS, way="lora")
