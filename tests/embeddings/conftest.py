"""Small random CLIP checkpoints in the real formats, so that everything but the likeness of pictures is tried."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SIDE, DIMENSION = 32, 24


@pytest.fixture(scope="module")
def encoder_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose compiled models are shared by the tests of one file: compiling takes most of their time."""
    from core.resilience import resident_models
    from core.settings.current import get_settings

    home = tmp_path_factory.mktemp("encoders")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(home))
        get_settings.cache_clear()
        resident_models._models = None
        yield home
    get_settings.cache_clear()
    resident_models._models = None


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    """Five drawn pictures of several sizes: coarse coloured noise."""
    random = np.random.default_rng(5)
    sides = [(64, 64), (90, 50), (33, 80), (41, 41), (224, 160)]
    return [
        Image.fromarray(random.integers(0, 256, (6, 6, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
        for size in sides
    ]


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP checkpoint of transformers: model, processor and tokenizer files."""
    pytest.importorskip("transformers", reason="transformers is not installed")
    import torch
    from transformers import CLIPConfig, CLIPModel
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    folder = tmp_path_factory.mktemp("checkpoints") / "tiny-clip"
    tokens = write_tokenizer(folder)
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    vision = {**small, "image_size": SIDE, "patch_size": 8}
    text = {**small, "vocab_size": tokens, "bos_token_id": tokens - 2, "eos_token_id": tokens - 1}
    torch.manual_seed(0)
    CLIPModel(CLIPConfig(vision_config=vision, text_config=text, projection_dim=DIMENSION)).save_pretrained(folder)
    sides = {"height": SIDE, "width": SIDE}
    CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size=sides).save_pretrained(folder)
    return folder


def write_tokenizer(folder: Path) -> int:
    """Letters and their word ends, without merges; returns how many tokens there are."""
    folder.mkdir(parents=True)
    letters = "abcdefghijklmnopqrstuvwxyz"
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer"}))
    return len(tokens)


@pytest.fixture(scope="module")
def open_clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An open_clip checkpoint: configuration and safetensors weights."""
    pytest.importorskip("open_clip", reason="open_clip is not installed")
    import open_clip
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("checkpoints") / "tiny-open-clip"
    folder.mkdir()
    config = {
        "embed_dim": DIMENSION,
        "vision_cfg": {"image_size": SIDE, "layers": 2, "width": 64, "patch_size": 8},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
    }
    torch.manual_seed(0)
    model = open_clip.CLIP(**config)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    preprocessing = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "resize_mode": "squash"}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocessing}))
    return folder


@pytest.fixture(scope="module")
def text_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random BERT in the layout of sentence-transformers, its tokens letters."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("models") / "tiny-e5-bert"
    folder.mkdir()
    letters = "abcdefghijklmnopqrstuvwxyz:"
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(tokens))
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        config = BertConfig(
            vocab_size=len(tokens), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=24,
        )  # fmt: skip
        BertModel(config).save_pretrained(folder)
    return folder
