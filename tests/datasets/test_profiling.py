"""Profiles agree with pandas in memory, and out of core with the profile in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets import running_profile
from core.datasets.distinct_sketch import DistinctSketch
from core.datasets.profiling import TableProfile, profile_frame, profile_parquet


def numbers(rows: int, columns: int, missing: float, seed: int = 0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    values = random.standard_normal((rows, columns)) @ random.standard_normal((columns, columns)) + 5
    values[:, 0] = np.exp(values[:, 0])
    values[random.random(values.shape) < missing] = np.nan
    return pl.DataFrame(values, schema=[f"c{place}" for place in range(columns)]).fill_nan(None)


def matrix(profile: TableProfile) -> np.ndarray:
    return np.array(profile.correlation, dtype=float)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_when_correlations_are_computed_then_they_agree_with_pandas_pairwise(missing: float) -> None:
    frame = numbers(9_000, 7, missing)  # more than two blocks of rows

    ours = matrix(profile_frame(frame))

    np.testing.assert_allclose(ours, frame.to_pandas().corr().to_numpy(), atol=1e-6, rtol=0)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.one_of(st.none(), st.integers(-9, 9).map(float)) for _ in range(3)]),
        min_size=2,
        max_size=30,
    )
)
def test_when_a_small_table_has_any_gaps_then_its_correlation_is_pandas_or_undefined(rows: list[tuple]) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.Float64, "b": pl.Float64, "c": pl.Float64}, orient="row")

    ours = matrix(profile_frame(frame))
    theirs = frame.to_pandas().corr().to_numpy()

    both = ~np.isnan(ours) & ~np.isnan(theirs)
    np.testing.assert_allclose(ours[both], theirs[both], atol=2e-6)
    # Undefined in ours only where pandas divides rounding errors of a constant, and never the other way.
    assert not (~np.isnan(ours) & np.isnan(theirs)).any()


def test_when_statistics_are_computed_then_they_agree_with_pandas_describe() -> None:
    frame = numbers(5_000, 4, 0.1).with_columns(pl.Series("n", np.arange(5_000) % 7))
    theirs = frame.to_pandas().describe()

    for column in profile_frame(frame).columns:
        expected = theirs[column.name]
        shares = dict(column.quantiles)
        ours = [column.count, column.mean, column.std, column.minimum, shares[0.25], shares[0.5], shares[0.75]]
        np.testing.assert_allclose([*ours, column.maximum], expected.to_numpy(), rtol=1e-12)


def test_when_columns_have_kinds_then_each_gets_what_its_kind_has() -> None:
    frame = pl.DataFrame(
        {
            "word": ["b", "a", "b", None],
            "flag": [True, True, False, None],
            "day": [date(2025, 1, 2), date(2024, 1, 2), None, None],
            "list": [[1], [2, 3], None, []],
            "none": pl.Series([None] * 4, dtype=pl.Float64),
            "n": [3, 3, None, 1],
        }
    )

    profile = profile_frame(frame)

    assert [column.kind for column in profile.columns] == ["text", "boolean", "time", "other", "number", "integer"]
    assert [column.nulls for column in profile.columns] == [1, 1, 2, 1, 4, 1]
    assert [column.distinct for column in profile.columns] == [2, 2, 2, None, 0, 2]
    assert profile.column("word").top[0].value == "b"
    assert profile.column("flag").mean == pytest.approx(2 / 3)
    assert profile.column("day").minimum == "2024-01-02"
    assert [(top.value, top.count) for top in profile.column("n").top] == [("3", 2), ("1", 1)]
    assert profile.column("none").mean is None


def test_when_texts_are_long_then_they_are_counted_all_the_same() -> None:
    texts = [f"{'가나다 ' * 20}{number % 40}" for number in range(100)] + [None]

    column = profile_frame(pl.DataFrame({"text": texts})).column("text")

    assert (column.count, column.nulls, column.distinct) == (100, 1, 40)
    assert (column.top[0].value, column.top[0].count) == (texts[0], 3)


def test_when_columns_share_few_rows_far_from_their_means_then_the_correlation_keeps_its_digits() -> None:
    random = np.random.default_rng(3)
    x, y = random.standard_normal((2, 30_000))
    x[:50] = 1_000 + random.random(50)  # the only rows that y shares, all far from x's centre
    y[50:] = np.nan
    frame = pl.DataFrame({"x": x, "y": y}).fill_nan(None)

    ours, theirs = matrix(profile_frame(frame)), frame.to_pandas().corr().to_numpy()

    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_when_a_column_is_constant_then_its_correlation_is_undefined_not_invented() -> None:
    profile = profile_frame(pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.1, 0.1, 0.1]}))

    assert profile.correlation == ((1.0, None), (None, None))


def test_when_values_are_nan_or_infinite_then_nan_is_missing_and_the_profile_stays_plain_json() -> None:
    frame = pl.DataFrame({"a": [1.0, float("nan"), 3.0], "b": [1.0, float("inf"), 2.0]})

    profile = profile_frame(frame)

    assert profile.column("a").nulls == 1
    assert profile.column("b").mean is None
    json.dumps(profile.to_dict(), allow_nan=False)


def test_when_a_profile_is_stored_as_json_then_it_comes_back_equal() -> None:
    profile = profile_frame(numbers(50, 3, 0.1).with_columns(pl.lit("x").alias("w")))

    assert TableProfile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile


def test_when_parquet_is_profiled_in_batches_then_merged_figures_equal_those_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_profile, "BATCH_ROWS", 700)
    frame = numbers(5_000, 4, 0.1).with_columns(
        pl.Series("city", [f"city {place % 13}" for place in range(5_000)]),
        pl.Series("flag", [place % 3 == 0 for place in range(5_000)]),
        pl.Series("day", [date(2025, 1, 1 + place % 28) for place in range(5_000)]),
    )
    frame.write_parquet(tmp_path / "t.parquet", row_group_size=1_500)

    streamed, whole = profile_parquet(tmp_path / "t.parquet"), profile_frame(frame)

    np.testing.assert_allclose(matrix(streamed), matrix(whole), atol=1e-6)
    assert streamed.quantile_rank_error == 0.0
    for ours, exact in zip(streamed.columns, whole.columns, strict=True):
        assert (ours.count, ours.nulls, ours.distinct) == (exact.count, exact.nulls, exact.distinct)
        assert (ours.minimum, ours.maximum, ours.quantiles) == (exact.minimum, exact.maximum, exact.quantiles)
        assert {(top.value, top.count) for top in ours.top} == {(top.value, top.count) for top in exact.top}
        if exact.mean is not None:
            assert ours.mean == pytest.approx(exact.mean, rel=1e-12)
            assert ours.std == pytest.approx(exact.std, rel=1e-12) if exact.std else ours.std is None


def test_when_parquet_is_long_then_quantiles_are_sampled_and_distinct_estimated_and_both_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_profile, "SAMPLE_ROWS", 4_000)
    monkeypatch.setattr(running_profile, "MOST_COUNTED", 1_000)
    values = np.random.default_rng(1).permutation(40_000).astype(float)
    pl.DataFrame({"x": values, "word": [f"w{value}" for value in values]}).write_parquet(tmp_path / "t.parquet")

    profile = profile_parquet(tmp_path / "t.parquet")

    x, word = profile.columns
    assert 0 < profile.quantile_rank_error < 0.02
    assert dict(x.quantiles)[0.5] / 40_000 == pytest.approx(0.5, abs=2 * profile.quantile_rank_error)
    for column in (x, word):
        assert not column.distinct_is_exact
        assert column.distinct == pytest.approx(40_000, rel=0.03)
    assert not word.top_is_exact


@pytest.mark.parametrize("distinct", [10, 3_000, 100_000])
def test_when_values_repeat_then_the_sketch_counts_each_once(distinct: int) -> None:
    sketch = DistinctSketch()
    values = np.arange(distinct, dtype=np.float64).view(np.uint64)
    for _ in range(3):
        sketch.add(values)

    assert sketch.estimate(3 * distinct) == pytest.approx(distinct, rel=0.03)


def test_when_a_csv_is_read_and_profiled_then_neither_pandas_nor_polars_is_imported(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1.5,x\n,\n2,y\n")
    code = """if True:
        import sys
        from pathlib import Path
        from core.datasets.profiling import profile_table
        from core.datasets.uploads import read_upload
        profile = profile_table(read_upload(Path(sys.argv[1]), "t.csv", limit_bytes=1000).arrow)
        assert [column.nulls for column in profile.columns] == [1, 1]
        assert not {"pandas", "polars"} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "t.csv")], check=True)


def test_when_the_customer_file_is_profiled_then_its_known_figures_come_out(shared_datasets: Path) -> None:
    frame = pl.read_csv(shared_datasets / "customer_shopping_trends" / "shopping_trends.csv")

    profile = profile_frame(frame)

    assert (profile.column("Age").minimum, profile.column("Age").maximum) == (18, 70)
    assert profile.column("Item Purchased").distinct == 25
    assert [(top.value, top.count) for top in profile.column("Subscription Status").top] == [
        ("No", 2847),
        ("Yes", 1053),
    ]
    assert pd.notna(matrix(profile)).all()
