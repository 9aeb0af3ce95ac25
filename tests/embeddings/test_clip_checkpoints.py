"""CLIP through transformers and through open_clip, from folders with small random weights."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.embeddings.picture_models import image_encoder
from core.errors import Unavailable
from core.resilience import resident_models

pytestmark = pytest.mark.usefixtures("encoder_home")

Pictures = list[Image.Image]


@pytest.fixture
def offline(settings_from: Callable[..., object], tmp_path: Path) -> Path:
    """An empty model cache and no leave to ask the hub."""
    settings_from(WORKBENCH_HUB_OFFLINE="true", WORKBENCH_HF_HOME=str(tmp_path))
    return tmp_path


def keep_in_cache(home: Path, name: str, folder: Path) -> None:
    """Lay out a checkpoint as the hub's library does."""
    repository = home / "hub" / f"models--{name.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    (repository / "snapshots").mkdir()
    (repository / "snapshots" / ("0" * 40)).symlink_to(folder)


def reference(folder: Path, pictures: Pictures) -> np.ndarray:
    from transformers import CLIPModel
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    pixels = CLIPImageProcessorPil.from_pretrained(folder)(pictures, return_tensors="pt")
    rows = CLIPModel.from_pretrained(folder).get_image_features(**pixels).pooler_output.detach().numpy()
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_when_a_folder_is_named_then_its_vectors_are_those_of_transformers(
    clip_folder: Path, pictures: Pictures
) -> None:
    encoder = image_encoder(str(clip_folder), precision="fp32")

    rows = encoder.encode(pictures)

    assert np.abs(rows - reference(clip_folder, pictures)).max() < 1e-5
    assert (encoder.id, encoder.dim, rows.dtype) == ("tiny-clip:fp32:onnxruntime", rows.shape[1], np.float32)
    assert encoder.weights_sha256 == hashlib.sha256((clip_folder / "model.safetensors").read_bytes()).hexdigest()


def test_when_eight_bits_are_used_then_the_id_says_so_and_vectors_hardly_move(
    clip_folder: Path, pictures: Pictures
) -> None:
    exact, smaller = (image_encoder(str(clip_folder), precision=precision) for precision in ("fp32", "auto"))

    cosines = (exact.encode(pictures) * smaller.encode(pictures)).sum(axis=1)

    assert smaller.id == "tiny-clip:int8:onnxruntime"
    assert cosines.min() > 0.999
    assert cosines.max() < 1


def test_when_words_are_given_then_they_lie_in_the_space_of_the_pictures(clip_folder: Path) -> None:
    words = image_encoder(str(clip_folder), precision="fp32").text_encoder
    assert words is not None

    rows = words.encode_texts(["a photo of a cat", "a dog", "a photo of a cat " * 50])

    assert rows.shape == (3, 24)
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1], abs=1e-6)
    assert np.abs(rows[:1] - words.encode_texts(["a photo of a cat"])).max() < 1e-5  # alone as beside longer ones
    assert np.abs(rows[0] - rows[1]).max() > 1e-3


def test_when_an_encoder_was_compiled_before_then_the_network_is_not_built_again(
    clip_folder: Path, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = image_encoder(str(clip_folder), precision="fp32").encode(pictures)
    monkeypatch.setattr(resident_models, "_models", None)
    monkeypatch.setattr("core.embeddings.clip.picture_tower", None)

    assert np.array_equal(image_encoder(str(clip_folder), precision="fp32").encode(pictures), before)


def test_when_a_name_is_not_cached_and_offline_then_the_settings_are_named(offline: Path) -> None:
    pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")

    with pytest.raises(Unavailable, match=r"clip-vit-base-patch32.*WORKBENCH_HUB_OFFLINE.*WORKBENCH_IMAGE_MODEL"):
        image_encoder("openai/clip-vit-base-patch32")


def test_when_a_name_lies_in_the_cache_then_it_loads_offline_by_name(
    offline: Path, clip_folder: Path, pictures: Pictures
) -> None:
    keep_in_cache(offline, "openai/clip-vit-base-patch32", clip_folder)

    encoder = image_encoder("openai/clip-vit-base-patch32", precision="fp32")

    assert encoder.id == "openai/clip-vit-base-patch32:fp32:onnxruntime"
    assert np.array_equal(encoder.encode(pictures), image_encoder(str(clip_folder), precision="fp32").encode(pictures))


def test_when_a_folder_holds_no_checkpoint_then_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")

    with pytest.raises(Unavailable, match="cannot be read as such a model"):
        image_encoder(str(tmp_path))


def test_when_a_weight_is_missing_then_no_random_numbers_take_its_place(clip_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(clip_folder, tmp_path / "holed")
    weights = load_file(folder / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(Unavailable, match=r"visual_projection\.weight"):
        image_encoder(str(folder))


def test_when_open_clip_loads_a_folder_then_its_vectors_are_its_own(open_clip_folder: Path, pictures: Pictures) -> None:
    import open_clip
    import torch

    model, transform = open_clip.create_model_from_pretrained(f"local-dir:{open_clip_folder}")
    with torch.inference_mode():
        theirs = model.eval().encode_image(torch.stack([transform(one) for one in pictures]), normalize=True).numpy()

    encoder = image_encoder(f"open_clip:{open_clip_folder}", precision="fp32")

    assert np.abs(encoder.encode(pictures) - theirs).max() < 1e-5
    assert encoder.id == "open_clip/tiny-open-clip:fp32:onnxruntime"


def test_when_open_clip_is_given_words_then_they_are_unit_rows(open_clip_folder: Path) -> None:
    words = image_encoder(f"open_clip:{open_clip_folder}", precision="fp32").text_encoder
    assert words is not None

    rows = words.encode_texts(["a cat", "a dog"])

    assert rows.shape == (2, 24)
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1], abs=1e-6)


@pytest.mark.parametrize("name", ["ViT-B-3200@openai", "ViT-B-32@nobody"])
def test_when_open_clip_does_not_know_the_name_then_the_known_ones_are_listed(name: str) -> None:
    pytest.importorskip("open_clip", reason="open_clip is not installed")

    with pytest.raises(Unavailable, match=r"known are: .*(ViT-B-32|laion2b_s34b_b79k)"):
        image_encoder(f"open_clip:{name}")


def test_when_the_weights_of_a_tag_are_not_cached_and_offline_then_the_settings_are_named(offline: Path) -> None:
    pytest.importorskip("open_clip", reason="open_clip is not installed")

    with pytest.raises(Unavailable, match="WORKBENCH_IMAGE_MODEL"):
        image_encoder("open_clip:ViT-B-32@laion2b_s34b_b79k")


@pytest.mark.parametrize("file", ["", "special.pt"])
def test_when_a_tag_names_its_weights_then_no_other_file_of_the_cache_stands_in(
    file: str, offline: Path, tmp_path: Path
) -> None:
    pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    from core.embeddings.open_clip_models import _tagged_weights

    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("open_clip_model.safetensors", "open_clip_pytorch_model.bin", "special.pt"):
        (folder / name).write_bytes(b"")
    keep_in_cache(offline, "owner/model", folder)

    found = _tagged_weights("model@tag", {"hf_hub": f"owner/model/{file}"})

    assert found.name == (file or "open_clip_model.safetensors")
