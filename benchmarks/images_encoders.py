"""Time per picture of each way to run the image encoders, and how well their vectors agree with torch in fp32.

Medians of interleaved rounds in one run. EfficientNet has its real weights and sees real photos where they are at
hand; ViT-B/32 has random weights, some of them far out as in trained ones: good for time, a hint only for agreement.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from PIL import Image

import core  # the guard, before anything imports torchvision
from benchmarks.report import write_section
from core.embeddings import onnx_runtime
from core.embeddings.batched_encoder import unit_rows
from core.embeddings.efficientnet import PREPARATION, pooled_network, weights_file
from core.settings.current import get_settings
from core.settings.paths import PROJECT

assert core.__doc__
SIDE, ROUNDS, MANY = 224, 5, 4
PHOTOS = PROJECT.parent / "shared" / "datasets" / "images_photos" / "query_known"
Forward = Callable[[np.ndarray], np.ndarray]


def pictures() -> tuple[np.ndarray, str]:
    """Prepared pictures, shape (n, 3, 224, 224), and what they are."""
    if PHOTOS.is_dir():
        paths = [path for folder in sorted(PHOTOS.iterdir()) for path in sorted(folder.iterdir())[:1]]
        return np.stack([PREPARATION(Image.open(path)) for path in paths]), f"{len(paths)} photos"
    random = np.random.default_rng(0)
    drawn = [Image.fromarray(random.integers(0, 256, (9, 9, 3), dtype=np.uint8)) for _ in range(12)]
    return np.stack([PREPARATION(one) for one in drawn]), "12 drawn pictures"


def vit_b_32() -> object:
    """The picture half of CLIP ViT-B/32, random, with a few input channels of each matrix twenty times as strong."""
    import torch
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(0)
    config = CLIPVisionConfig(
        hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, patch_size=32
    )
    network = CLIPVisionModelWithProjection(config)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "layer_norm" in name and name.endswith("weight"):
                weight[torch.randperm(weight.shape[0])[:6]] *= 20

    class Pictures(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            return self.network(pixel_values=batch).image_embeds

    return Pictures().eval()


def by_torch(network: object, *, bf16: bool = False) -> Forward:
    import torch

    def forward(batch: np.ndarray) -> np.ndarray:
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            return network(torch.from_numpy(batch)).float().numpy()  # type: ignore[operator]

    return forward


def int8_everywhere(network: object, key: str) -> Forward:
    """Dynamic 8 bits with the convolutions included, to show why they stay out."""
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    onnx_runtime.compiled(lambda: network, key=key, size=SIDE, precision="fp32")
    folder = get_settings().data_dir / "cache" / "encoders"
    target = folder / f"{key}-everything.onnx"
    quantize_dynamic(folder / f"{key}-fp32-{onnx_runtime.REVISION}.onnx", target, weight_type=QuantType.QUInt8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])
    return lambda batch: session.run(None, {"pictures": batch})[0]


def variants(network: object, key: str, *, has_convolutions: bool) -> dict[str, Forward]:
    def compiled(precision: str) -> Forward:
        return onnx_runtime.compiled(lambda: network, key=key, size=SIDE, precision=precision)

    ways = {"torch fp32": by_torch(network), "ONNX Runtime fp32": compiled("fp32")}
    if has_convolutions:
        ways["ONNX Runtime int8, dynamic, all layers"] = int8_everywhere(network, key)
    else:
        ways["ONNX Runtime int8, dynamic"] = compiled("int8")
        ways["torch bf16"] = by_torch(network, bf16=True)
    return ways


def measure(ways: dict[str, Forward], batch: np.ndarray) -> dict[str, tuple[float, float]]:
    """Seconds per picture of each way, alone and in a batch; the ways take turns."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, forward in ways.items():
            start = time.perf_counter()
            forward(batch[:1])
            middle = time.perf_counter()
            forward(batch[:MANY])
            seconds[name].append((middle - start, (time.perf_counter() - middle) / MANY))
    return {
        name: (statistics.median(one for one, _ in rounds), statistics.median(many for _, many in rounds))
        for name, rounds in seconds.items()
    }


def rows_of(title: str, ways: dict[str, Forward], batch: np.ndarray) -> list[str]:
    exact = unit_rows(ways["torch fp32"](batch))
    cosines = {name: (unit_rows(forward(batch)) * exact).sum(axis=1) for name, forward in ways.items()}
    times = measure(ways, batch)
    slow_one, slow_many = times["torch fp32"]
    return [
        f"| {title} | {name} | {one * 1e3:.1f} ms | {slow_one / one:.2f}x | {many * 1e3:.1f} ms | "
        f"{slow_many / many:.2f}x | {cosines[name].min():.4f} | {cosines[name].mean():.4f} |"
        for name, (one, many) in times.items()
    ]


def main() -> None:
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKBENCH_HOME"] = home
        get_settings.cache_clear()
        batch, shown = pictures()
        lines = [
            f"| model | way | one picture | faster than torch | of a batch of {MANY} | faster | lowest cosine | mean |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
            *rows_of(
                "EfficientNet-Lite0", variants(pooled_network(weights_file()), "lite0", has_convolutions=True), batch
            ),
            *rows_of("CLIP ViT-B/32, random weights", variants(vit_b_32(), "vit", has_convolutions=False), batch),
        ]
    has_bf16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    lines += [
        "",
        f"One thread; network alone, on {shown}; cosines against torch fp32. bf16 in hardware here: "
        f"{'yes' if has_bf16 else 'no'}; it is shown only to say why it is not offered. Used: EfficientNet-Lite0 in "
        "fp32 and CLIP in 8 bits, both by ONNX Runtime; `WORKBENCH_IMAGE_PRECISION=fp32` takes CLIP as it is.",
    ]
    write_section("images_encoders", "Image encoders", "\n".join(lines))


if __name__ == "__main__":
    main()
