"""The search of the documents page: what words and meaning each found, filters, and what cannot be asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from core.errors import Unavailable
from core.jobs.records import list_jobs
from core.knowledge.collections import create_collection
from core.security.policy import LOCAL_ANALYST
from tests.knowledge.collections_home import HashEncoder, ingest
from tests.ui.conftest import Opener, turn_to, visible_text
from tests.ui.image_pages import press

SEARCH = 2  # place of the tab
TEXTS = {
    "refunds.md": b"# Refunds\n\nGoods can be returned within thirty days.\n",
    "shipping.md": b"# Shipping\n\nA parcel takes three days.\n",
    "배송.md": "# 배송\n\n배송은 사흘이 걸립니다.\n".encode(),
}


class AskedEncoder(HashEncoder):
    """A HashEncoder that can be asked as well."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self.embed_passages([text])[0]


class AwayEncoder(HashEncoder):
    """Knows its name and nothing else."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        raise Unavailable("embeddings.unavailable", encoder=self.id, reason="down")

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise Unavailable("embeddings.unavailable", encoder=self.id, reason="down")


@pytest.fixture
def rules(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a collection with three documents; questions are asked with the encoder that read them."""
    encoder = AskedEncoder()
    monkeypatch.setattr("core.knowledge.retrieval.find.text_model", lambda: encoder)
    made = create_collection("Rules", principal=LOCAL_ANALYST)
    ingest(made.id, TEXTS, encoder=encoder, principal=LOCAL_ANALYST)
    return made.id


def ask(app: AppTest, query: str) -> str:
    app.text_input(key="search-query").set_value(query)
    press(app, "FormSubmitter:knowledge-search")
    return visible_text(app)


def test_when_asked_then_the_best_passage_comes_first_with_the_scores_of_both_legs(
    open_page: Opener, rules: str
) -> None:
    words = ask(open_page("knowledge"), "goods returned days")
    assert "**1. Refunds**" in words
    assert "Words " in words and "Meaning " in words
    assert "Searched 3 passages" in words


def test_when_a_language_is_chosen_then_only_its_passages_are_searched(open_page: Opener, rules: str) -> None:
    app = open_page("knowledge")
    app.pills(key="search-language").set_value("ko")
    words = ask(app, "배송 사흘")
    assert "**1. 배송**" in words and "Searched 1 passages" in words


def test_when_the_encoder_is_away_then_words_still_answer_and_it_is_told(
    open_page: Opener, rules: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.knowledge.retrieval.find.text_model", AwayEncoder)
    app = open_page("knowledge")
    words = ask(app, "goods returned")
    assert "**1. Refunds**" in words
    assert len(app.warning) == 1


def test_when_the_text_model_is_another_then_a_button_queues_the_missing_vectors(
    open_page: Opener, rules: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.knowledge.retrieval.find.text_model", lambda: AskedEncoder(id="hash-2"))
    app = open_page("knowledge", collection=rules)
    turn_to(app, "collection-tabs", SEARCH)
    told = ask(app, "How long does a parcel take?")

    press(app, "encode-again")

    assert "have no vectors of the encoder hash-2" in " ".join(one.value for one in app.warning) + told
    assert [job.parameters["encode_again"] for job in list_jobs(principal=LOCAL_ANALYST)] == [rules]


def test_when_a_collection_is_empty_then_its_search_says_so(open_page: Opener, rules: str) -> None:
    empty = create_collection("Empty", principal=LOCAL_ANALYST)
    app = open_page("knowledge", collection=empty.id)
    turn_to(app, "collection-tabs", SEARCH)
    assert "There is nothing to search" in ask(app, "goods")
