"""A file too long for memory: taken in, gated and profiled piece by piece, with what the whole table gives at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from core import cli
from core.ctr.data.datasets import store_impressions
from core.ctr.data.file_quality import check_impressions_file
from core.ctr.data.long_files import is_long, store_impressions_file
from core.ctr.data.quality import check_impressions
from core.ctr.samples.impressions import SampleImpressions
from core.datasets import table_source
from core.datasets.findings import Finding
from core.datasets.records import Dataset, get_profile, list_datasets, load_frame
from core.datasets.uploads import read_upload
from core.errors import BadInput, UploadRejected
from core.security.policy import LOCAL_ANALYST

GROUP = 1000  # rows of a row group, so that every file has several


def told(findings: tuple[Finding, ...]) -> list[str]:
    return sorted(json.dumps(one.as_dict(), default=str, sort_keys=True) for one in findings)


def stored_at_once(path: Path) -> Dataset:
    return store_impressions(read_upload(path, path.name, limit_bytes=1 << 30), name="a", principal=LOCAL_ANALYST)


def stored_in_pieces(path: Path, **options: str) -> Dataset:
    return store_impressions_file(path, name="a", principal=LOCAL_ANALYST, **options)


@pytest.fixture
def few(small: SampleImpressions) -> pl.DataFrame:
    """6,000 rows of a dozen columns, one of each kind."""
    named = ["gender", "inventory_id", "hour", "seq", "l_feat_3", "l_feat_16", "l_feat_20", "feat_e_3", "history_a_1"]
    return small.frame.select(*named, "history_b_2", "feat_d_3", "clicked")


@pytest.fixture
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_source.TableSource.pieces, "__defaults__", (GROUP,))


def leak(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(late=pl.col("clicked") * 3.0, filled=pl.when(pl.col("clicked") == 1).then(1.5))


def repeated(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame, frame[:40], frame[2000:2003]])


def words(frame: pl.DataFrame) -> pl.DataFrame:
    rows = np.arange(frame.height)
    return frame.with_columns(
        amount=pl.Series(np.where(rows % 1500 == 7, "many", rows.astype(str))),
        note=pl.Series(np.where(rows % 2500 == 3, "=SUM(A1)", "fine")),
        same=pl.Series(np.where(rows % 2500 == 3, "=SUM(A1)", "fine")),
        always=pl.lit("x"),
        key=pl.Series(rows.astype(str)) + "k",
        seen_at=pl.lit("2025-01-02 03:04:05"),
        event_time=pl.Series(np.where(rows % 3000 == 5, "2025-01-01 00:00:00", "2025-02-01 00:00:00")),
    )


def broken_target(frame: pl.DataFrame) -> pl.DataFrame:
    rows = pl.Series(np.arange(frame.height))
    return frame.with_columns(clicked=pl.when(rows % 2900 == 11).then(None).otherwise(pl.col("clicked") * 2))


@pytest.mark.parametrize("change", [leak, repeated, words, broken_target])
def test_when_a_table_is_checked_in_parts_then_the_gate_finds_what_it_finds_at_once(
    few: pl.DataFrame, tmp_path: Path, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    frame = change(few)
    frame.write_parquet(tmp_path / "a.parquet", row_group_size=GROUP)

    assert told(check_impressions_file(tmp_path / "a.parquet")) == told(check_impressions(frame))


def test_when_60000_rows_are_checked_in_parts_then_the_gate_finds_what_it_finds_at_once(
    sample: SampleImpressions, tmp_path: Path
) -> None:
    sample.frame.write_parquet(tmp_path / "a.parquet", row_group_size=20_000)

    assert told(check_impressions_file(tmp_path / "a.parquet")) == told(check_impressions(sample.frame))


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_when_a_file_is_stored_in_pieces_then_it_is_the_dataset_that_it_is_at_once(
    few: pl.DataFrame, home: Path, tmp_path: Path, short_pieces: None, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    few.write_parquet(path) if suffix == "parquet" else few.write_csv(path)

    at_once, in_pieces = stored_at_once(path), stored_in_pieces(path)

    assert load_frame(in_pieces).equals(load_frame(at_once))
    assert told(in_pieces.findings) == told(at_once.findings)
    assert (in_pieces.rows, in_pieces.columns, in_pieces.mapping) == (at_once.rows, at_once.columns, at_once.mapping)
    profiles = [get_profile(one.id, principal=LOCAL_ANALYST) for one in (in_pieces, at_once)]
    kept = [[(one.name, one.count, one.nulls, one.minimum, one.maximum) for one in each.columns] for each in profiles]
    assert kept[0] == kept[1]


def test_when_a_kind_shows_only_in_a_late_row_then_the_column_is_read_anew_as_text(
    home: Path, tmp_path: Path, short_pieces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.datasets.delimited.SAMPLE_BYTES", 4096)
    lines = ["clicked,l_feat_4,extra", *(f"{row % 2},{row % 7},{row}" for row in range(5000)), "1,2,late", "0,1,3"]
    (tmp_path / "a.csv").write_text("\n".join(lines), "utf-8")

    dataset = stored_in_pieces(tmp_path / "a.csv")

    assert load_frame(dataset)["extra"][-2:].to_list() == ["late", "3"]


def test_when_a_late_row_holds_another_target_then_it_stays_as_written_and_blocks(
    home: Path, tmp_path: Path, short_pieces: None
) -> None:
    values = ["0", "1"] * 2000 + ["maybe", "1"]
    pl.DataFrame({"clicked": values, "l_feat_4": [float(row % 7) for row in range(4002)]}).write_parquet(
        tmp_path / "a.parquet", row_group_size=GROUP
    )

    dataset = stored_in_pieces(tmp_path / "a.parquet")

    assert load_frame(dataset)["clicked"][4000] == "maybe"
    assert "ctr.target_values" in {one.code for one in dataset.findings if one.severity == "blocking"}


def test_when_a_line_lacks_a_cell_then_it_is_named_and_nothing_is_stored(home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("clicked,b\n" + "1,2\n0,1\n" * 400 + "1\n", "utf-8")

    with pytest.raises(UploadRejected) as refused:
        stored_in_pieces(tmp_path / "a.csv")

    assert "802" in refused.value.text("en")
    assert not list_datasets(principal=LOCAL_ANALYST)


def test_when_the_chosen_target_is_not_there_then_nothing_is_stored(home: Path, tmp_path: Path) -> None:
    pl.DataFrame({"clicked": [0, 1]}).write_parquet(tmp_path / "a.parquet")

    with pytest.raises(BadInput, match="bought"):
        stored_in_pieces(tmp_path / "a.parquet", target="bought")
    assert not list((home / "data" / "datasets").glob("*"))


@pytest.mark.parametrize(("memory_mb", "long"), [(64, True), (4096, False)])
def test_when_a_file_is_added_by_command_then_its_length_decides_how_it_is_read(
    few: pl.DataFrame, home: Path, tmp_path: Path, settings_from: Callable[..., object], memory_mb: int, long: bool
) -> None:
    settings_from(WORKBENCH_TABLE_MEMORY_MB=str(memory_mb))
    path = tmp_path / "large.parquet"
    pl.concat([few.select("clicked", "l_feat_3", "hour")] * 100).write_parquet(path, row_group_size=100 * GROUP)

    assert is_long(path) is long
    done = CliRunner().invoke(cli.app, ["datasets", "add", str(path)], catch_exceptions=False)

    (dataset,) = list_datasets(principal=LOCAL_ANALYST)
    assert (done.exit_code, dataset.name, dataset.room, dataset.rows) == (0, "large.parquet", "ctr", 600_000)
    assert dataset.id in done.stdout
    assert ("profile" in done.stdout.split("\n")) is long


def test_when_the_file_to_add_is_not_there_then_one_sentence_says_so(home: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.csv"):
        CliRunner().invoke(cli.app, ["datasets", "add", "gone.csv"], catch_exceptions=False)
