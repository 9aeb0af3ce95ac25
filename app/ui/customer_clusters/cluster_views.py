"""The tabs of the clusters page that look at the published model: explorer, evidence and export."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.ui import charts, customer_words, downloads, formats, resources, state
from app.ui.texts import say, say_if_known, say_value
from core.customers.lookup import ClusterModel
from core.customers.serving import current_file
from core.security.policy import Principal
from core.storage.exports import CLUSTERED_CUSTOMERS, CUSTOMER_SEGMENTS

SLOTS = ("champion", "compatibility")
TABS = ("explorer", "evidence", "train", "candidates", "history", "export")
TABS_UNPUBLISHED = ("train", "candidates")


def draw_explorer(model: ClusterModel) -> None:
    """Projection, profiles against the whole, sizes and the personas' texts."""
    charts.draw("projection", model.slot, model.version)
    left, right = st.columns([3, 2])
    with left:
        charts.draw("profiles", model.slot, model.version)
    with right:
        charts.draw("sizes", model.slot, model.version)
    for name in model.names:
        text = customer_words.persona(name)
        with st.expander(f"**{text.name}** · {text.type}"):
            st.write(text.description)
            st.write(f":material/campaign: {text.purpose}")
            if name.persona:
                st.caption(say("clusters.fit", fit=formats.share(name.fit)))
            else:
                st.caption(say("clusters.no_persona", fit=formats.share(name.fit)))


def draw_evidence(model: ClusterModel) -> None:
    """Every candidate that was compared, the chosen one first, and the limits it had to pass."""
    evidence = current_file("evidence.json", model.slot)
    if not evidence["candidates"]:
        st.info(say("champion.no_evidence"), icon=":material/info:")
        return
    st.write(
        say(
            "evidence.lead",
            gap=evidence["limits"]["gap"],
            z=evidence["limits"]["z"],
            stability=evidence["limits"]["stability"],
            dominant=formats.share(evidence["limits"]["dominant"]),
        )
    )
    charts.draw("evidence", model.slot, model.version)
    column = st.column_config
    st.dataframe(
        [_candidate_row(candidate, evidence["chosen"]) for candidate in evidence["candidates"]],
        column_config={
            "chosen": column.CheckboxColumn(say("evidence.chosen"), width="small"),
            "features": column.TextColumn(say("evidence.features")),
            "scaling": column.TextColumn(say("evidence.scaling")),
            "k": column.NumberColumn("K", width="small"),
            "silhouette": column.NumberColumn(say("champion.silhouette"), format="%.3f"),
            "reference": column.NumberColumn(say("evidence.reference"), format="%.3f"),
            "gap": column.NumberColumn(say("champion.gap"), format="%.3f"),
            "z": column.NumberColumn("z", format="%.1f"),
            "stability": column.NumberColumn(say("champion.stability"), format="%.2f"),
            "smallest": column.NumberColumn(say("champion.smallest"), format="percent"),
            "dominant": column.TextColumn(say("evidence.dominant")),
        },
        hide_index=True,
        alt=say_value("tab", "evidence"),
        placeholder="–",
    )


def _candidate_row(candidate: dict, chosen: dict) -> dict[str, object]:
    dominant = candidate["dominant_column"]
    return {
        "chosen": candidate == chosen,
        "features": candidate["feature_set"].replace("_", " "),
        "scaling": say_if_known("scaling", candidate["scaling"], candidate["scaling"]),
        **{name: candidate[name] for name in ("k", "silhouette", "reference", "gap", "z", "stability")},
        "smallest": candidate["smallest_share"],
        "dominant": f"{customer_words.field(dominant)} {formats.share(candidate['dominant_share'])}"
        if dominant
        else "",
    }


def draw_export(model: ClusterModel, principal: Principal) -> None:
    """The dashboard's segment file in both languages, and the customers with their clusters."""
    st.write(say("export.lead"))
    with st.container(horizontal=True):
        for name, label in (
            ("segments.json", say("export.segments_ko")),
            ("segments_en.json", say("export.segments_en")),
        ):
            content = resources.published_bytes(name, model.slot, model.version)
            downloads.offer(
                CUSTOMER_SEGMENTS, label, content, f"customer_{name}", "application/json", target=model.run_id
            )  # fmt: skip
        downloads.offer(
            CLUSTERED_CUSTOMERS, say("export.customers"),
            partial(resources.customers_with_clusters, model, principal, state.language()),
            "customers_with_clusters.csv", "text/csv", target=model.run_id,
        )  # fmt: skip
