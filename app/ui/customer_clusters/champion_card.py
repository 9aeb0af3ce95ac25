"""The published customer clusters at a glance: who they are, how good they are, and where that comes from."""

from __future__ import annotations

import streamlit as st

from app.ui import customer_words, findings_panel, formats
from app.ui.navigation import RUNS, link_to
from app.ui.texts import say, say_value
from core.customers.lookup import ClusterModel
from core.customers.serving import current_champion, current_model

NAMES_SHOWN = 10


def draw(slot: str, *, compact: bool = False) -> ClusterModel:
    """The card of a published slot. Raises ArtifactMissing when its files are gone."""
    champion, model = current_champion(slot), current_model(slot)
    data = model.metadata["data"]
    with st.container(border=True, key=f"hero-{slot}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {say('champion.title', count=model.k)}", width="stretch")
            if data["synthetic"]:
                st.badge(
                    say("champion.synthetic"),
                    icon=":material/science:",
                    color="violet",
                    help=say("champion.synthetic_help"),
                )
            if slot != "champion":
                st.badge(say_value("slot", slot), icon=":material/history:", color="orange")
            st.badge(say("champion.version", version=model.version), icon=":material/verified:", color="green")
        _draw_names(model)
        draw_metrics(model.metadata["metrics"], columns=2 if compact else 4)
        findings_panel.draw_plain(champion.findings)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                say(
                    "champion.from",
                    source=data["source"],
                    rows=f"{data['rows']:,}",
                    when=formats.ago(champion.created_at),
                ),
                width="stretch",
            )
            draw_origin(model)
    return model


def _draw_names(model: ClusterModel) -> None:
    total = sum(model.sizes)
    order = sorted(range(model.k), key=lambda cluster: -model.sizes[cluster])[:NAMES_SHOWN]
    lines = [
        f"- **{customer_words.persona(model.names[cluster]).name}** · "
        + say("champion.size", count=f"{model.sizes[cluster]:,}", share=formats.share(model.sizes[cluster] / total))
        for cluster in order
    ]
    st.markdown("\n".join(lines))


def draw_metrics(metrics: dict[str, float], *, columns: int = 4) -> None:
    """Headline figures with what they have to be read against."""
    if "silhouette" not in metrics:
        st.caption(say("champion.no_evidence"))
        return
    tiles = [tile for row in range(4 // columns) for tile in st.columns(columns)]
    tiles[0].metric(
        say("champion.silhouette"),
        f"{metrics['silhouette']:.3f} ± {metrics['silhouette_margin_95']:.3f}",
        f"{metrics['silhouette_gap']:+.3f}",
        delta_color="off",
        delta_description=say("champion.above", reference=f"{metrics['silhouette_reference']:.3f}"),
        help=say("champion.silhouette_help"),
    )
    tiles[1].metric(say("champion.chance"), f"{metrics['silhouette_z']:.1f} σ", help=say("champion.chance_help"))
    tiles[2].metric(
        say("champion.stability"),
        f"{metrics['stability']:.2f}",
        say("champion.lowest", lowest=f"{metrics['stability_lowest']:.2f}"),
        delta_color="off",
        delta_arrow="off",
        help=say("champion.stability_help"),
    )
    tiles[3].metric(
        say("champion.smallest"), formats.share(metrics["smallest_share"], 1), help=say("champion.smallest_help")
    )


def draw_origin(model: ClusterModel) -> None:
    """Why this number: run, data, checksum and settings behind the model."""
    data, parameters = model.metadata["data"], model.metadata["parameters"]
    with st.popover(say("origin.title"), icon=":material/help_center:"):
        facts = {
            say("origin.version"): f"{model.version} ({say_value('slot', model.slot)})",
            say("origin.data"): say(
                "origin.rows", source=data["source"], rows=f"{data['rows']:,}", left_out=f"{data.get('left_out', 0):,}"
            ),
            say("origin.checksum"): f"`{data['sha256']}`",
            say("origin.features"): ", ".join(customer_words.feature(name) for name in parameters["features"]),
            say("origin.settings"): f"K = {parameters['k']} · {parameters['scaling']} · "
            f"{say('parameter.seed')} {model.metadata['seed']}",
            say("origin.run"): f"`{model.run_id}`",
        }
        # Markdown, since a table costs as much as the rest of the card on every rerun.
        st.markdown("\n".join(f"- **{name}**: {value}" for name, value in facts.items()))
        link_to(RUNS, say("origin.open_run"), run=model.run_id)
