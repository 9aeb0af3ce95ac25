"""Any model of open_clip: MODEL@TAG from the cache or the hub, MODEL@FILE, FOLDER, or OWNER/MODEL on the hub."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.embeddings.batched_encoder import BatchedEncoder, TextTower
from core.embeddings.checkpoints import (
    WEIGHTS,
    checkpoint_folder,
    file_name,
    files_sha256,
    hub_cache,
    id_name,
    not_cached,
    weight_files,
)
from core.embeddings.clip import AUTO, TEXT_SIZE
from core.embeddings.onnx_runtime import RUNTIME, Precision, compiled
from core.embeddings.picture_preparation import Preparation
from core.errors import Unavailable
from core.settings.current import get_settings


@dataclass(frozen=True)
class Source:
    """What open_clip is asked for, and the weights file behind it."""

    model: str  # a built-in name, or local-dir:FOLDER
    weights: Path
    config: dict[str, Any]
    preprocessing: dict[str, Any]


def load(name: str, precision: Precision) -> BatchedEncoder:
    """The encoder of an open_clip model: its picture tower now, its text tower when words come.

    Raises Unavailable for an unknown name, and when the weights are neither cached nor reachable.
    """
    precision = AUTO if precision == "auto" else precision
    model, _, weights = name.partition("@")
    shown = f"open_clip/{id_name(model)}{f'@{id_name(weights)}' if weights else ''}"
    source = _source(name, model, weights)
    try:
        preparation = _preparation(source)
        dimension = int(source.config["embed_dim"])
    except (KeyError, ValueError, TypeError) as error:
        raise Unavailable("embeddings.not_a_checkpoint", model=name, reason=repr(error)) from error
    sha256 = files_sha256([source.weights])
    key = f"{file_name(shown)}-{sha256[:16]}"
    forward = compiled(lambda: _picture_tower(source, name), key=key, size=preparation.size, precision=precision)
    text = TextTower(f"{key}-{get_settings().threads}", dimension, lambda: _text_tower(source, name), TEXT_SIZE)
    return BatchedEncoder(f"{shown}:{precision}:{RUNTIME}", dimension, sha256, preparation, forward, text)


def _source(name: str, model: str, weights: str) -> Source:
    try:
        import open_clip
    except ImportError as error:
        raise Unavailable("embeddings.image_unavailable", model=name, reason=error) from error

    if not weights:
        folder = checkpoint_folder(model)
        path = folder / "open_clip_config.json"
        files = weight_files(folder)
        if not path.exists() or not files:
            raise Unavailable("embeddings.not_a_checkpoint", model=name, reason="open_clip_config.json")
        both = json.loads(path.read_text("utf-8"))
        return Source(f"local-dir:{folder}", files[0], both.get("model_cfg", {}), both.get("preprocess_cfg", {}))
    config = open_clip.get_model_config(model)
    if config is None:
        known = ", ".join(open_clip.list_models())
        raise Unavailable("embeddings.unknown_image_model", model=model, known=known)
    if Path(weights).expanduser().is_file():
        return Source(model, Path(weights).expanduser(), config, {})
    tag = open_clip.get_pretrained_cfg(model, weights)
    if not tag:
        known = ", ".join(open_clip.list_pretrained_tags_by_model(model))
        raise Unavailable("embeddings.unknown_image_model", model=f"{model}@{weights}", known=known)
    return Source(model, _tagged_weights(name, tag), config, tag)


def _tagged_weights(name: str, tag: dict[str, Any]) -> Path:
    """The weights behind a tag, from the hub's cache or the hub; from the tag's own address where it has no other."""
    if tag.get("hf_hub"):
        repository, _, file = tag["hf_hub"].rpartition("/")
        named = (str(Path(file).with_suffix(".safetensors")), file) if file else WEIGHTS
        return weight_files(checkpoint_folder(repository, named), named)[0]
    if get_settings().hub_offline:
        raise not_cached(name)
    from open_clip import download_pretrained

    try:
        return Path(download_pretrained(tag, cache_dir=hub_cache()))
    except (OSError, ValueError, RuntimeError) as error:
        raise not_cached(name) from error


def _preparation(source: Source) -> Preparation:
    """The recipe of the model's own transform for inference."""
    from open_clip.transform import PreprocessCfg

    known = {key: value for key, value in source.preprocessing.items() if key in PreprocessCfg.__dataclass_fields__}
    recipe = PreprocessCfg(**{**known, "size": source.config["vision_cfg"]["image_size"]})
    offered = isinstance(recipe.size, int) and recipe.resize_mode in {"shortest", "squash"}
    if not offered or recipe.interpolation not in {"bicubic", "bilinear"}:
        raise ValueError(f"{recipe.size}, {recipe.resize_mode}, {recipe.interpolation}")
    return Preparation(
        recipe.size,
        recipe.resize_mode,
        recipe.interpolation,
        scale=1 / 255,
        mean=tuple(recipe.mean),
        std=tuple(recipe.std),
        crop="round",
    )


def _model(source: Source, name: str) -> Any:
    import open_clip

    weights = None if source.model.startswith("local-dir:") else str(source.weights)
    is_quick = source.preprocessing.get("quick_gelu", False)  # some tags were trained with another activation
    try:
        return open_clip.create_model(
            source.model, weights, force_quick_gelu=is_quick, require_pretrained=True, weights_only=True
        ).eval()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise Unavailable("embeddings.not_a_checkpoint", model=name, reason=error) from error


def _picture_tower(source: Source, name: str) -> Any:
    """The torch module (n, 3, size, size) -> (n, dim) of the picture half."""
    import torch

    class Pictures(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tower = _model(source, name).visual

        def forward(self, pictures: Any) -> Any:
            return self.tower(pictures)

    return Pictures().eval()


def _text_tower(source: Source, name: str) -> Callable[[list[str]], Any]:
    import open_clip
    import torch

    model = _model(source, name)
    model.visual = None  # half of the memory; the words do not need it
    tokenize = open_clip.get_tokenizer(source.model)
    torch.set_num_threads(get_settings().threads)

    def forward(texts: list[str]) -> Any:
        with torch.inference_mode():
            return model.encode_text(tokenize(texts)).numpy()

    return forward
