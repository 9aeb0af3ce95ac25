"""Passages hold every word, slice back exactly, and keep to the structure of their document."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.knowledge.ingestion.preparing import prepare
from core.knowledge.parsing.composing import Composer
from core.knowledge.parsing.documents import ParsedDocument
from core.knowledge.parsing.limits import DEFAULT_LIMITS
from core.knowledge.parsing.parse import parse
from core.knowledge.passages.cutting import Passage, cut, normalised
from core.knowledge.passages.vectors import window_words

WORDS = st.text(st.sampled_from("ab가나 다.e\u0301\n。!|😀"), max_size=160)


def composed(blocks: list[tuple[str, object]]) -> ParsedDocument | None:
    composer = Composer("a", DEFAULT_LIMITS)
    for kind, content in blocks:
        if kind == "table":
            composer.add_table(content)  # type: ignore[arg-type]
        else:
            composer.add(kind, str(content), level=1 + len(str(content)) % 3 if kind == "heading" else 0)  # type: ignore[arg-type]
    return composer.finish("txt") if composer.blocks else None


BLOCKS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["heading", "paragraph", "list", "code"]), WORDS),
        st.tuples(st.just("table"), st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=5)),
    ),
    max_size=8,
)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(blocks=BLOCKS, target=st.integers(40, 200), share=st.floats(0, 0.45))
def test_when_any_document_is_cut_then_all_of_it_is_covered_by_exact_short_slices(
    blocks: list[tuple[str, object]], target: int, share: float
) -> None:
    document = composed(blocks)
    if document is None:
        return
    passages = cut(document, target_chars=target, overlap=int(target * share))
    left = list(document.text)
    for passage in passages:
        left[passage.start : passage.end] = [""] * (passage.end - passage.start)

    assert "".join(left).split() == []
    assert all(document.text[one.start : one.end] == one.text == one.text.strip() for one in passages)
    assert all(0 < len(one.text) <= target and len(one.header) <= target // 2 for one in passages)
    assert [one.number for one in passages] == list(range(len(passages)))
    assert [one.start for one in passages] == sorted(one.start for one in passages)
    assert passages == cut(document, target_chars=target, overlap=int(target * share))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(blocks=BLOCKS, target=st.integers(40, 200))
def test_when_any_document_is_cut_then_no_passage_goes_on_over_a_heading(
    blocks: list[tuple[str, object]], target: int
) -> None:
    document = composed(blocks)
    for passage in cut(document, target_chars=target, overlap=10) if document is not None else ():
        kinds = [one.kind for one in document.blocks if one.start < passage.end and one.end > passage.start]  # type: ignore[union-attr]
        seen_text = False
        for kind in kinds:
            assert kind != "heading" or not seen_text
            seen_text |= kind != "heading"


def passages_of(text: str, **sizes: int) -> tuple[Passage, ...]:
    return cut(parse(text.encode(), name="a.md"), **sizes)


def test_when_headings_stand_within_each_other_then_the_path_names_them_all() -> None:
    found = passages_of("# A\n\n## B\n\nfirst\n\n## C\n\nsecond\n\n# D\n\nthird\n")

    assert [(one.heading_path, one.text) for one in found] == [
        (("A", "B"), "A\n\nB\n\nfirst"), (("A", "C"), "C\n\nsecond"), (("D",), "D\n\nthird"),
    ]  # fmt: skip
    assert [one.words for one in found] == ["A\n\nB\n\nfirst", "A\nC\n\nsecond", "D\n\nthird"]


def test_when_a_table_is_long_then_each_passage_names_its_columns() -> None:
    rows = "".join(f"customer {number},{number},Seoul\n" for number in range(40))
    first, *others = cut(parse(f"name,visits,city\n{rows}".encode(), name="a.csv"), target_chars=200)

    assert (first.header, first.text.splitlines()[0]) == ("", "name | visits | city")
    assert {one.header for one in others} == {"name | visits | city"}
    assert others[0].words.startswith("name | visits | city\ncustomer")
    assert all(one.text.startswith("customer") and one.text.endswith("Seoul") for one in others)


def test_when_a_row_is_too_long_then_it_takes_along_the_names_of_its_own_columns() -> None:
    names = [f"column {number}" for number in range(40)]
    cells = [f"value {number}" for number in range(40)]
    content = f"{','.join(names)}\n{','.join(cells)}\n".encode()
    last = cut(parse(content, name="a.csv"), target_chars=120, overlap=0)[-1]

    assert last.text.endswith("value 39")
    assert last.header.endswith("column 39")
    assert len(last.header.split(" | ")) == len(last.text.split(" | "))


def test_when_running_text_is_cut_then_a_passage_begins_with_the_last_sentence_before_it() -> None:
    text = " ".join(f"Sentence number {number} is here." for number in range(20))
    first, second, *_ = passages_of(text, target_chars=200, overlap=60)

    assert first.text.endswith(".")
    assert second.start < first.end
    assert second.text.startswith("Sentence number")


def test_when_a_passage_begins_on_the_page_before_then_it_names_that_page() -> None:
    from tests.knowledge.files import lines, pdf

    first = lines(*[f"Sentence number {number} is here." for number in range(5)])
    second = lines(*[f"Another one, number {number}, is there." for number in range(5)])
    found = cut(parse(pdf(first, second), name="a.pdf"), target_chars=200, overlap=60)

    assert [(one.page, one.last_page) for one in found] == [(1, 1), (1, 2), (2, 2)][: len(found)]
    assert found[1].text.startswith("Sentence number")


def test_when_pages_are_joined_then_the_passage_names_the_first_and_the_last() -> None:
    from tests.knowledge.files import lines, pdf

    (passage,) = cut(parse(pdf(lines("The first page."), lines("The second page.")), name="a.pdf"))

    assert (passage.page, passage.last_page) == (1, 2)


def test_when_only_blanks_case_and_unseen_signs_differ_then_the_checksum_is_the_same() -> None:
    one, two, other = (passages_of(text)[0] for text in ("Big  spend\nhere", "big spend he\u200bre", "big spend there"))

    assert one.sha256 == two.sha256 != other.sha256
    assert normalised("ＡＢ  c") == "ab c"


def test_when_sizes_make_no_sense_then_they_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        passages_of("words", target_chars=100, overlap=50)


@pytest.mark.parametrize(
    ("title", "above"),
    [("Guide", "Guide\nA > B\n"), ("A", "A > B\n"), ("first line", "first line\nA > B\n"), ("", "A > B\n")],
)
def test_when_the_title_is_known_then_it_stands_above_unless_a_heading_above_says_it(title: str, above: str) -> None:
    passage = Passage(0, "first line\nsecond", 0, 17, heading_path=("A", "B"), title=title)
    assert passage.words == f"{above}first line\nsecond"


def test_when_a_title_is_given_then_every_passage_bears_it_and_its_checksum_is_of_those_words() -> None:
    document = parse(b"# A\n\nfirst\n\n# B\n\nsecond\n", name="a.md")
    found = prepare(document, title=" The  Guide ")
    assert found.title == "The Guide" and len(found.passages) == 2
    for one in found.passages:
        assert one.passage.words.startswith("The Guide\n")
        assert one.words_sha256 == hashlib.sha256(one.passage.words.encode()).hexdigest()
        assert window_words(one.passage.text, one.passage.words)[0] == one.passage.words
