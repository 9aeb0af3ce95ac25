"""A break says in one sentence which client it is, what it asked and what it cannot read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.reading import (
    INSTANT,
    NUMBER,
    SHARE,
    TEXT,
    WHOLE,
    Kind,
    assert_read,
    breaks,
    one_of,
    or_absent,
    or_null,
)

ASKED = ("customer frontend", "POST /api/analysis")
SAID = "customer frontend reads {} from POST /api/analysis: {}"


def test_when_everything_is_there_then_nothing_is_said() -> None:
    answer = {"jobs": [{"id": "a", "eta": "2026-01-05T09:00:00Z"}, {"id": "b"}], "pairs": [["star", 0.5]], "not": None}
    reads = {"jobs[].id": TEXT, "jobs[].eta": or_absent(INSTANT), "pairs[].1": SHARE, "not": or_null(NUMBER)}

    assert_read(*ASKED, answer, reads)


@pytest.mark.parametrize(
    ("answer", "path", "kind", "said"),
    [
        ({"clusterName": "x"}, "cluster_name", TEXT, "absent; got keys ['clusterName']"),
        ({"clusters": [{"persona": "x"}, {"who": 1}]}, "clusters[].persona", TEXT,
         "absent in entry 1; got keys ['who']"),
        ({"user": {"id": None}}, "user.id", TEXT, "null where text is read"),
        ({"user": None}, "user.id", TEXT, "None (NoneType) where id is read"),
        ({"page": "1"}, "page", WHOLE, "'1' (str) where a whole number is read"),
        ({"page": True}, "page", NUMBER, "True (bool) where a number is read"),
        ({"score": 1.5}, "score", SHARE, "1.5 (float) where a share from 0 to 1 is read"),
        ({"name": " "}, "name", TEXT, "' ' (str) where text is read"),
        ({"at": "2026-01-05T09:00:00"}, "at", INSTANT,
         "'2026-01-05T09:00:00' (str) where an ISO instant with its zone is read"),
        ({"eta": None}, "eta", or_absent(INSTANT), "null where an ISO instant with its zone or nothing at all is read"),
        ({"eta": "5-10 minutes"}, "eta", or_null(INSTANT),
         "'5-10 minutes' (str) where an ISO instant with its zone or null is read"),
        ({"state": "done"}, "state", one_of("completed", "failed"),
         "'done' (str) where one of completed, failed is read"),
        ({"jobs": {"a": 1}}, "jobs[].id", TEXT, "{'a': 1} (dict) where a list is read"),
        ({"jobs": []}, "jobs[].id", TEXT, "an empty list where entries are read"),
        ({"top_k": [["star"]]}, "top_k[].1", NUMBER, "['star'] (list) in entry 0 where 1 is read"),
    ],
)  # fmt: skip
def test_when_a_value_is_renamed_retyped_or_null_then_the_sentence_names_client_request_and_field(
    answer: Any, path: str, kind: Kind, said: str
) -> None:
    assert breaks(*ASKED, answer, {path: kind}) == [SAID.format(path, said)]
    with pytest.raises(AssertionError, match="customer frontend reads"):
        assert_read(*ASKED, answer, {path: kind})


def test_when_a_list_may_be_empty_then_only_its_entries_are_read() -> None:
    assert breaks(*ASKED, {"logs": []}, {"logs[]?.level": TEXT}) == []
    assert breaks(*ASKED, [{"level": 1}], {"[]?.level": TEXT}) == [
        SAID.format("[]?.level", "1 (int) in entry 0 where text is read")
    ]


def test_when_several_fields_break_then_each_has_its_sentence() -> None:
    assert len(breaks(*ASKED, {}, {"cluster_name": TEXT, "cluster_description": TEXT})) == 2
