"""The cross-encoder reorders the best passages when one is named, and is missed without harm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.errors import Unavailable
from core.knowledge.retrieval.find import find
from core.knowledge.retrieval.reranking import reranker
from tests.knowledge.collections_home import ANA, POLICY, HashModel, filled
from tests.knowledge.index_home import model

__all__ = ["model"]
WORDS = ["배송은", "환불", "규정", "사흘이", "rule", "first", "the"]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny cross-encoder with weights drawn by a fixed seed."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder = tmp_path_factory.mktemp("cross")
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]), "utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=12, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, num_labels=1,
        max_position_embeddings=40, initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(str(vocabulary)).save_pretrained(folder)
    return folder


def test_when_a_model_is_named_then_texts_get_scores_that_do_not_depend_on_their_neighbours(checkpoint: Path) -> None:
    rerank = reranker(str(checkpoint))
    texts = ["배송은 사흘이", "환불 규정 " * 60, "the first rule", *["rule"] * 9]

    together = rerank("배송은", texts)

    assert together.shape == (12,) and np.ptp(together) > 0
    assert together == pytest.approx([float(rerank("배송은", [text])[0]) for text in texts], abs=1e-4)
    assert rerank("배송은", []).shape == (0,)


def test_when_the_best_are_read_again_then_they_stand_in_the_order_of_the_cross_encoder(
    model: HashModel, checkpoint: Path, settings_from: Callable[..., object]
) -> None:
    filled(policy=POLICY, rule=b"# Rule\n\nthe first rule\n")
    plain = find("환불 규정 rule", principal=ANA)
    settings_from(WORKBENCH_RERANK_MODEL=str(checkpoint))

    found = find("환불 규정 rule", principal=ANA)

    scores = [one.rerank for one in found.passages]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) == 3  # type: ignore[type-var]
    assert {one.passage.id for one in found.passages} == {one.passage.id for one in plain.passages}
    assert [one.rank for one in found.passages] == [1, 2, 3] and "rerank" in found.seconds
    assert len(find("환불 규정 rule", k=1, principal=ANA).passages) == 1


def test_when_the_model_is_away_then_the_order_stays_and_it_is_told(
    model: HashModel, tmp_path: Path, settings_from: Callable[..., object]
) -> None:
    filled(policy=POLICY)
    plain = find("환불 규정", principal=ANA)
    settings_from(WORKBENCH_RERANK_MODEL=str(tmp_path))

    found = find("환불 규정", principal=ANA)

    assert [one.key for one in found.warnings] == ["knowledge.rerank_away"] and found.passages == plain.passages


def test_when_weights_are_missing_then_no_random_ones_are_taken(checkpoint: Path, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    shutil.copytree(checkpoint, tmp_path / "half")
    weights = load_file(tmp_path / "half" / "model.safetensors")
    save_file({name: one for name, one in weights.items() if "classifier" not in name},
              tmp_path / "half" / "model.safetensors", metadata={"format": "pt"})  # fmt: skip

    with pytest.raises(Unavailable, match="classifier"):
        reranker(str(tmp_path / "half"))
