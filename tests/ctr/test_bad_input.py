"""Files no model can learn from, odd ones it can, disturbed trainings: clear words, and nothing half-written."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from core.ctr.data.datasets import store_impressions
from core.ctr.data.sequences import MAX_EVENTS
from core.ctr.reporting.report_document import report_document
from core.ctr.training.config import TrainingConfig
from core.ctr.training.rows import TrainingData, load_impressions
from core.ctr.training.train import train_candidates
from core.datasets.findings import Finding
from core.datasets.records import Dataset, accept_finding, list_datasets, load_frame, open_findings
from core.datasets.uploads import read_upload
from core.errors import BadInput, Conflict, UploadRejected, WorkbenchError
from core.security.policy import LOCAL_ANALYST
from core.settings.current import get_settings
from tests.api.conftest import make_client
from tests.ctr_runs import impressions

ROWS = 1500
QUICK = {"models": "hashed_logistic", "trials": 1, "split": "stratified", "explain": False}
LONGEST_SENTENCE = 260  # characters; a sentence that names a hundred columns is none
KOREAN = {"clicked": "클릭", "gender": "성별", "age_group": "연령대", "seq": "시퀀스"}
FORMULAS = ['=HYPERLINK("http://a.example";"b")', "+1.5", "@SUM(A1)"] * (ROWS // 3)
NULL_BLOCK = ["gender", "age_group", *(f"feat_a_{number}" for number in range(1, 19)), "history_b_30"]
clicked = pl.col("clicked")


def table(**columns: Any) -> pl.DataFrame:
    """The small file of impressions, some columns replaced or added."""
    return impressions(ROWS)[0].with_columns(**columns)


def as_csv(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.write_csv(written)
    return written.getvalue()


def upload(home: Path, content: bytes | pl.DataFrame, name: str = "clicks.csv", **options: Any) -> Dataset:
    """Through the real path: bytes on disk, read as an upload is, mapped, gated and stored."""
    arrived = home / "arrived"
    arrived.write_bytes(as_csv(content) if isinstance(content, pl.DataFrame) else content)
    read = read_upload(arrived, name, limit_bytes=get_settings().upload_limit_mb * 1024**2)
    return store_impressions(read, name=name, principal=LOCAL_ANALYST, **options)


def config_of(dataset: Dataset, **parameters: Any) -> TrainingConfig:
    return TrainingConfig.from_parameters({"dataset_id": dataset.id, "target": dataset.target, **QUICK, **parameters})


def load(dataset: Dataset, **parameters: Any) -> TrainingData:
    return load_impressions(config_of(dataset, **parameters), principal=LOCAL_ANALYST)


def accept_everything(dataset: Dataset) -> None:
    for one in open_findings(dataset):
        accept_finding(dataset.id, one.code, one.column, "seen", principal=LOCAL_ANALYST)


def assert_says(told: Finding | WorkbenchError, *named: str) -> None:
    """One short sentence in each language that names the thing."""
    for language in ("en", "ko"):
        sentence = told.text(language)
        assert all(word in sentence for word in named), sentence
        assert len(sentence) <= LONGEST_SENTENCE
    assert re.search("[가-힣]", told.text("ko"))


def half_written(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.name.startswith(".writing-")]


def stored_models(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "models" / "ctr").glob("*"))


def row(number: int, value: Any) -> pl.Expr:
    """`clicked` with one cell replaced."""
    return pl.when(pl.int_range(pl.len()) == number).then(pl.lit(value)).otherwise(clicked)


@pytest.mark.parametrize(
    ("content", "code", "key", "named"),
    [
        (lambda: table().drop("clicked"), "quality.missing_column", "ctr.no_target", ()),
        (lambda: table(clicked=row(7, 2)), "ctr.target_values", "ctr.target_values", ("2", "1")),
        (
            lambda: table(clicked=clicked.replace_strict({0: "아니요", 1: "예"}, return_dtype=pl.String)),
            "ctr.target_values",
            "ctr.target_values",
            ("아니요, 예", "1500"),
        ),
        (
            lambda: table(clicked=clicked.cast(pl.String).replace("1", "=1+1")),
            "ctr.target_values",
            "ctr.target_values",
            ("=1+1",),
        ),
        (lambda: table(clicked=pl.lit(0)), "ctr.one_class", "ctr.one_class", ("'0'",)),
        (lambda: table(clicked=pl.lit(1)), "ctr.one_class", "ctr.one_class", ("'1'",)),
        (lambda: table(clicked=row(7, None)), "quality.missing_required", "quality.missing_required", ("1",)),
        (lambda: table(clicked=pl.lit(None)), "quality.missing_required", "quality.missing_required", ("1500",)),
    ],
    ids=["no target", "a 2", "words", "formulas", "no click", "clicks only", "a blank", "only blanks"],
)  # fmt: skip
def test_when_clicked_cannot_be_learnt_then_one_finding_says_so_and_accepting_it_does_not_get_past_training(
    home: Path, content: Callable[[], pl.DataFrame], code: str, key: str, named: tuple[str, ...]
) -> None:
    dataset = upload(home, content())

    (finding,) = open_findings(dataset)
    assert (finding.code, finding.column) == (code, "clicked")
    assert_says(finding, "clicked", *named)
    with pytest.raises(Conflict) as refused:
        load(dataset)
    assert refused.value.key == "datasets.open_findings"
    assert_says(refused.value, "clicks.csv", "clicked")
    accept_everything(dataset)
    with pytest.raises(BadInput) as unusable:
        load(dataset)
    assert unusable.value.key == key
    assert_says(unusable.value, "clicked", *named)


def test_when_clicked_is_missing_then_no_sentence_says_that_models_go_without_it(home: Path) -> None:
    dataset = upload(home, table().drop("clicked"))

    assert "ctr.columns_missing" not in {one.code for one in dataset.findings}


def test_when_no_row_holds_the_value_chosen_as_a_click_then_the_values_there_are_named(home: Path) -> None:
    words = clicked.replace_strict({0: "no", 1: "yes"}, return_dtype=pl.String)

    dataset = upload(home, table(clicked=words), target="clicked", positive="buy")

    (finding,) = open_findings(dataset)
    assert finding.code == "ctr.no_positive"
    assert_says(finding, "clicked", "buy", "no, yes")
    accept_everything(dataset)
    with pytest.raises(BadInput) as unusable:
        load(dataset, positive="buy")
    assert unusable.value.key == "ctr.no_positive"


def test_when_a_part_has_several_outcomes_but_no_click_then_it_is_named(home: Path) -> None:
    place = pl.int_range(pl.len())
    outcome = pl.when(place < 500).then(pl.lit("buy")).when(place % 2 == 0).then(pl.lit("look"))
    dataset = upload(home, table(clicked=outcome.otherwise(pl.lit("leave"))), target="clicked", positive="buy")

    accept_everything(dataset)
    with pytest.raises(BadInput) as refused:
        load(dataset, positive="buy", split="time")

    assert refused.value.key == "ctr.part_without_clicks"
    assert_says(refused.value, "validation", "240")


def header_and_rows() -> tuple[bytes, bytes]:
    header, _, rows = as_csv(table()).partition(b"\n")
    return header, rows


@pytest.mark.parametrize(
    ("content", "key", "named"),
    [
        (lambda: b"", "uploads.empty", "clicks.csv"),
        (lambda: b"\xef\xbb\xbf\n\n", "uploads.empty", "clicks.csv"),
        (lambda: b"gender,seq,clicked\n", "uploads.header_only", "gender, seq, clicked"),
        (
            lambda: b"\n".join(header_and_rows()).replace(b"age_group", b"gender", 1),
            "uploads.duplicate_columns",
            "gender",
        ),
        (lambda: as_csv(table()) + b'1,2,"3', "uploads.ragged_rows", "1502"),
        (
            lambda: as_csv(table(campaign=pl.lit("봄 세일")).rename(KOREAN)).decode().encode("cp949") + "봄".encode(),
            "uploads.mixed_encodings",
            "1502",
        ),
    ],
    ids=["no byte", "no line", "header only", "a column twice", "cut off", "two encodings"],
)  # fmt: skip
def test_when_a_file_is_no_table_then_one_sentence_names_what_is_wrong_and_nothing_is_stored(
    home: Path, content: Callable[[], bytes], key: str, named: str
) -> None:
    with pytest.raises(UploadRejected) as refused:
        upload(home, content())

    assert refused.value.key == key
    assert_says(refused.value, "clicks.csv", named)
    assert list_datasets(principal=LOCAL_ANALYST) == ()
    assert list((home / "data").rglob("*.parquet")) == []


def test_when_the_header_is_pasted_in_between_then_one_warning_names_the_row_and_not_every_column(home: Path) -> None:
    header, rows = header_and_rows()
    lines = rows.split(b"\n")

    dataset = upload(home, b"\n".join([header, *lines[:40], header, *lines[40:]]))

    told = {one.code: one for one in dataset.findings}
    assert_says(told["ctr.header_in_data"], "41")
    assert not {"quality.not_integer", "quality.not_number"} & set(told)
    (finding,) = open_findings(dataset)
    assert (finding.code, finding.details["values"]) == ("ctr.target_values", "clicked")


def test_when_a_single_cell_holds_its_columns_name_then_it_is_told_as_unreadable(home: Path) -> None:
    first = pl.int_range(pl.len()) == 0
    dataset = upload(home, table(hour=pl.when(first).then(pl.lit("hour")).otherwise(pl.col("hour").cast(pl.String))))

    assert ("quality.not_integer", "hour") in {(one.code, one.column) for one in dataset.findings}


@pytest.mark.parametrize(
    ("content", "code", "named"),
    [
        (lambda: table(seq=pl.lit(",".join(["17"] * 14_000))), "ctr.long_sequences", ("seq", "14000", str(MAX_EVENTS))),
        (lambda: table().drop("feat_c_3"), "ctr.columns_missing", ("118", "119", "feat_c_3")),
        (lambda: table(extra=pl.int_range(pl.len()) % 7), "ctr.columns_extra", ("120", "119", "extra")),
        (lambda: table(campaign=pl.Series(FORMULAS)), "ctr.formula_cells", ("campaign", "1000")),
        (lambda: table(seq=pl.lit(None)), "quality.missing_values", ("seq", "1500")),
        (
            lambda: table().with_columns(
                pl.when(pl.int_range(pl.len()) % 3 > 0).then(pl.col(name)).alias(name) for name in NULL_BLOCK
            ),
            "ctr.missing_block",
            ("gender", "age_group", str(len(NULL_BLOCK))),
        ),
    ],
    ids=["14,000 ids", "118 columns", "120 columns", "formula cells", "no sequence at all", "null blocks"],
)  # fmt: skip
def test_when_a_file_is_odd_then_a_warning_names_it_and_training_goes_on(
    home: Path, content: Callable[[], pl.DataFrame], code: str, named: tuple[str, ...]
) -> None:
    dataset = upload(home, content())

    assert open_findings(dataset) == ()
    warning = next(one for one in dataset.findings if one.code == code and one.column in (None, named[0]))
    assert warning.severity == "warning"
    assert_says(warning, *named)
    data = load(dataset)
    training = train_candidates(config_of(dataset), data)
    assert training.chosen.probability.shape == (len(data.split.test),)
    assert data.rows.sequences is not None
    assert data.rows.sequences.lengths.max() <= MAX_EVENTS


def test_when_cells_look_like_formulas_then_they_are_kept_letter_by_letter(home: Path) -> None:
    dataset = upload(home, table(campaign=pl.Series(FORMULAS)))

    assert load_frame(dataset)["campaign"].to_list() == FORMULAS


def test_when_the_file_is_cp949_with_korean_names_and_values_then_it_is_read_mapped_and_trained_on(home: Path) -> None:
    words = ["봄 세일", "여름 세일", "똠방각하"] * (ROWS // 3)
    frame = table(캠페인=pl.Series(words)).rename(KOREAN)

    dataset = upload(home, as_csv(frame).decode().encode("cp949"), "노출.csv")

    assert (dataset.encoding, dataset.mapping["clicked"]) == ("cp949", "클릭")
    assert load_frame(dataset)["캠페인"].to_list() == words
    data = load(dataset)
    levels = {one.name: one.levels for one in data.rows.categories}["캠페인"]
    assert levels == ("똠방각하", "봄 세일", "여름 세일")
    document = report_document(train_candidates(config_of(dataset), data), run_id="1")
    assert "캠페인" in document["data"]["column_names"]


@pytest.mark.parametrize(
    ("content", "status", "named"),
    [
        (lambda: b"gender,clicked\n", 422, "데이터 행이 없습니다"),
        (lambda: b"gender,gender,clicked\n1,2,0\n", 422, "이름이 같은 열이 있습니다: gender"),
        (lambda: as_csv(table().drop("clicked")), 200, '필수 열 "clicked"이(가) 없습니다'),
        (lambda: as_csv(table(clicked=row(7, 2))), 200, "다른 값이 있습니다(예: 2)"),
        (lambda: as_csv(table().rename(KOREAN)).decode().encode("cp949"), 200, "isValid"),
    ],
    ids=["header only", "a column twice", "no target", "a 2", "CP949"],
)
def test_when_a_korean_client_uploads_then_the_answer_says_it_in_korean(
    home: Path, content: Callable[[], bytes], status: int, named: str
) -> None:
    files = {"file": ("노출.csv", content(), "text/csv")}

    answer = make_client().post("/api/upload", files=files, headers={"Accept-Language": "ko"})

    assert answer.status_code == status
    assert named in answer.json().get("message", "") or named in str(answer.json().get("validation"))
    assert len(list_datasets(principal=LOCAL_ANALYST)) == (status == 200)
    assert list((home / "data" / "incoming").glob("*")) == []
