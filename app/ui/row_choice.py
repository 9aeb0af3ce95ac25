"""A table whose rows open something: a click on a row's box or on any of its cells chooses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st


def draw(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Any], *, key: str, **looks: Any) -> int | None:
    """The place of the chosen row, or None. columns: Streamlit's column configuration by name."""
    chosen = st.dataframe(
        rows,
        column_config=columns,
        hide_index=True,
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        key=key,
        **looks,
    )
    picked = [*chosen.selection.rows, *(row for row, _ in chosen.selection.cells)]
    return picked[0] if picked else None
