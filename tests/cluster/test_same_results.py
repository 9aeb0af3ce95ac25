"""Scoring, embedding and encoding on two workers come to the very bytes that one process comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from core.cluster import connection
from core.ctr.data.impressions import read_impressions
from core.ctr.models.linear_models import order_logistic
from core.ctr.samples.impressions import make_impressions
from core.ctr.scoring import score_parquet
from core.embeddings.picture_models import image_encoder
from core.embeddings.text_models import text_model
from core.errors import Unavailable
from core.images import encoding_parts
from core.images.domain_vectors import embed_domain
from core.images.pictures import StoredPicture
from core.knowledge.passages.embedding import embedded
from core.settings.current import get_settings
from tests.cluster.dask_processes import DaskProcesses
from tests.conftest import use_compiled_models

pytestmark = pytest.mark.soak


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Call to work in this process from then on."""

    def change() -> None:
        monkeypatch.setenv("WORKBENCH_DASK_ADDRESS", "")
        get_settings.cache_clear()

    yield change
    monkeypatch.undo()
    get_settings.cache_clear()


def pictures(folder: Path, count: int) -> Sequence[StoredPicture]:
    """Noise of a few sizes, one of it twice, and one file that is no picture."""
    folder.mkdir()
    found = []
    for number in range(count):
        place = folder / f"{number:02}.png"
        values = np.random.default_rng(number % (count - 1)).integers(0, 255, (60 + 10 * (number % 3), 80, 3))
        Image.fromarray(values.astype(np.uint8)).save(place)
        found.append(StoredPicture("demo", "pictures", "noise", place.name, place))
    broken = folder / "broken.png"
    broken.write_bytes((folder / "00.png").read_bytes()[:200])
    return [*found, StoredPicture("demo", "pictures", "noise", broken.name, broken)]


def test_when_a_file_is_scored_on_workers_then_the_scores_are_the_same(
    cluster: DaskProcesses, tmp_path: Path, alone: Callable[[], None]
) -> None:
    source = tmp_path / "rows.parquet"
    make_impressions(rows=3000, seed=5).frame.write_parquet(source)
    model = order_logistic().fit(read_impressions(make_impressions(rows=2000).frame))

    there = score_parquet(model, source, tmp_path / "there.parquet", batch_rows=700)
    alone()
    here = score_parquet(model, source, tmp_path / "here.parquet", batch_rows=700)

    assert there.counts == here.counts
    assert there.click_rate == here.click_rate
    assert pl.read_parquet(tmp_path / "there.parquet").equals(pl.read_parquet(tmp_path / "here.parquet"))


def test_when_texts_are_embedded_on_workers_then_the_vectors_are_the_same(
    cluster: DaskProcesses, alone: Callable[[], None]
) -> None:
    model = text_model()
    batches = [[f"text {batch} {one} 향수" for one in range(4)] for batch in range(5)]

    there = list(embedded(batches, model))
    alone()
    here = list(embedded(batches, model))

    assert [rows.tobytes() for rows in there] == [rows.tobytes() for rows in here]


def test_when_pictures_are_encoded_on_workers_then_vectors_refusals_and_counts_are_the_same(
    cluster: DaskProcesses, tmp_path: Path, alone: Callable[[], None]
) -> None:
    use_compiled_models(get_settings().data_dir)
    stored, encoder = pictures(tmp_path / "noise", 12), image_encoder()

    there = embed_domain(stored, (), encoder, known={})
    alone()
    here = embed_domain(stored, (), encoder, known={})

    assert [one.vector.tobytes() for one in there.pictures] == [one.vector.tobytes() for one in here.pictures]
    assert [(one.file_name, one.error.text()) for one in there.refused] == [
        (one.file_name, one.error.text()) for one in here.refused
    ]
    assert len(there.refused) == 1
    assert there.reused == here.reused


def test_when_a_worker_has_another_picture_model_then_it_is_refused(cluster: DaskProcesses, tmp_path: Path) -> None:
    class Other:
        id, dim, weights_sha256, preprocessing_sha256 = "efficientnet_lite0:fp32:onnxruntime", 3, "other", "other"

    file = ("0" * 64, "one.png", b"")

    with pytest.raises(Unavailable) as told:
        list(encoding_parts.encoded([file], Other(), batch=8))

    assert told.value.key == "cluster.other_encoder"
    assert connection.is_configured()
