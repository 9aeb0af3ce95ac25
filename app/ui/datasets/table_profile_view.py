"""A dataset's profile: types, missing values, spread and the most frequent values, column by column."""

from __future__ import annotations

import streamlit as st

from app.ui import choosing, formats, state
from app.ui.texts import say, say_value
from core.datasets.dictionary import labels_for
from core.datasets.records import get_profile
from core.datasets.rows import Dataset
from core.datasets.table_profile import ColumnProfile
from core.security.policy import Principal

BARS = 12


def draw(dataset: Dataset, principal: Principal) -> None:
    """The overview table, then one column in detail."""
    profile = get_profile(dataset.id, principal=principal)
    names = [one.name for one in profile.columns]
    labels = labels_for(names, state.language(), dataset.room)
    column = st.column_config
    st.dataframe(
        [_row(one, profile.rows, labels[one.name]) for one in profile.columns],
        column_config={
            "label": column.TextColumn(say("profile.column"), pinned=True),
            "kind": column.TextColumn(say("profile.kind")),
            "missing": column.ProgressColumn(say("profile.missing"), format="percent", min_value=0, max_value=1),
            "distinct": column.NumberColumn(say("profile.distinct"), format="localized"),
            "low": column.TextColumn(say("profile.low")),
            "middle": column.TextColumn(say("profile.middle")),
            "high": column.TextColumn(say("profile.high")),
            "mean": column.TextColumn(say("profile.mean")),
            "spread": column.TextColumn(say("profile.spread")),
            "shape": column.BarChartColumn(say("profile.shape"), help=say("profile.shape_help"), y_min=0),
        },
        hide_index=True,
        alt=say("datasets.tab_profile"),
        height="content",
    )
    name = choosing.one_of(
        st,
        say("profile.choose"),
        names,
        format_func=lambda key: labels[key],
        key="profile-column",
    )
    _draw_column(profile.column(str(name)), profile.rows)


def _row(one: ColumnProfile, rows: int, label: str) -> dict[str, object]:
    quantiles = dict(one.quantiles)
    return {
        "label": label,
        "kind": say_value("kind", one.kind),
        "missing": one.nulls / max(rows, 1),
        "distinct": one.distinct,
        "low": _figure(one.minimum),
        "middle": _figure(quantiles.get(0.5)),
        "high": _figure(one.maximum),
        "mean": _figure(one.mean),
        "spread": _figure(one.std),
        "shape": _shape(one),
    }


def _shape(one: ColumnProfile) -> list[float]:
    """Bars of a small histogram: estimated from the quantiles for numbers, else the most frequent values."""
    if not one.quantiles:
        return [] if one.distinct == one.count else [float(top.count) for top in one.top]
    import numpy as np

    low, high = float(one.minimum or 0), float(one.maximum or 0)
    shares, values = zip((0.0, low), *one.quantiles, (1.0, high), strict=True)
    edges = np.linspace(low, high, BARS + 1)
    bars: list[float] = np.diff(np.interp(edges, values, shares)).round(4).tolist()
    return bars


def _figure(value: float | str | None) -> str:
    return value if isinstance(value, str) else formats.number(value)


def _draw_column(one: ColumnProfile, rows: int) -> None:
    left, right = st.columns(2)
    column = st.column_config
    if one.quantiles:
        with left:
            st.markdown(f"**{say('profile.quantiles')}**")
            st.dataframe(
                [{"share": f"{share:.0%}", "value": value} for share, value in one.quantiles],
                column_config={"share": say("profile.share"), "value": column.NumberColumn(say("profile.value"))},
                hide_index=True,
                alt=say("profile.quantiles"),
            )
    if one.top:
        with right if one.quantiles else left:
            st.markdown(f"**{say('profile.top')}**")
            st.dataframe(
                [{"value": top.value, "count": top.count, "share": top.count / max(rows, 1)} for top in one.top],
                column_config={
                    "value": say("profile.value"),
                    "count": column.NumberColumn(say("profile.count"), format="localized"),
                    "share": column.ProgressColumn(say("profile.share"), format="percent", min_value=0, max_value=1),
                },
                hide_index=True,
                alt=say("profile.top"),
            )
