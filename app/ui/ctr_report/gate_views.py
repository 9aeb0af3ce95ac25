"""The data and gate tab: what was trained on, what was found in it, how it was split, and the provenance of it all."""

from __future__ import annotations

import streamlit as st

from app.ui import findings_panel, formats, state, theme
from app.ui.ctr_report import resources, why
from app.ui.navigation import DATASETS, link_to
from app.ui.texts import say, say_if_known, say_value
from core.ctr.reporting.fact_text import figure_text
from core.ctr.runs import Report
from core.security.policy import Principal


def draw(report: Report, principal: Principal) -> None:
    """All of the tab."""
    document, facts = report.document, resources.facts(report)
    data = document["data"]
    if data["synthetic"]:
        st.info(say("ctr.synthetic_help"), icon=":material/science:")
    wanted = {
        "data.rows": say("datasets.rows"),
        "data.columns": say("datasets.columns"),
        "data.clicks": say("ctr.clicks"),
        "data.click_rate": say("ctr.click_rate"),
        "data.missing_share": say("ctr.missing"),
        "data.duplicate_rows": say("ctr.duplicates"),
        "split.moved": say("ctr.moved"),
    }
    why.draw_metrics(facts, wanted)
    with st.container(horizontal=True, vertical_alignment="center"):
        positive = f" = {data['positive']}" if data["positive"] else ""
        st.caption(f"{data['source']} · {say('ctr.target')}: `{data['target']}{positive}`", width="stretch")
        why.draw(report, [facts.get(one) for one in wanted], "gate")
        if data["dataset_id"]:
            link_to(DATASETS, say("ctr.open_dataset"), icon=":material/open_in_new:", dataset=data["dataset_id"])
    theme.draw_section("ctr.gate")
    if not data["findings"]:
        st.success(say("findings.none"), icon=":material/verified:")
    findings_panel.draw_plain(data["findings"])
    if document["findings"]:
        theme.draw_section("ctr.against_publishing")
        findings_panel.draw_plain(document["findings"])
    _draw_split(report)


def _draw_split(report: Report) -> None:
    split = report.document["split"]
    theme.draw_section("ctr.split")
    st.caption(f"{say_if_known('choice', split['kind'], split['kind'])} · {split['basis']}")
    total = sum(split["rows"].values())
    st.dataframe(
        [
            {
                say("ctr.part"): say_value("ctr_part", name),
                say("datasets.rows"): rows,
                say("profile.share"): rows / total,
            }
            for name, rows in split["rows"].items()
        ],
        column_config={
            say("datasets.rows"): st.column_config.NumberColumn(format="localized"),
            say("profile.share"): st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
        },
        hide_index=True,
        alt=say("ctr.split"),
    )


def draw_provenance(report: Report, principal: Principal) -> None:
    """Run, data, parameters, versions and times: everything needed to get the same figures again."""
    document, language = report.document, state.language()
    lines = {
        say("origin.run"): f"`{report.run.id}`",
        say("ctr.made"): document["created_at"],
        say("origin.data"): document["data"]["source"],
        say("origin.checksum"): f"`{document['data']['sha256']}`",
        say("ctr.artifact"): f"`models/ctr/{report.run.id}`",
    }
    st.markdown("\n".join(f"- **{name}**: {value}" for name, value in lines.items()))
    theme.draw_section("ctr.speed")
    facts = resources.facts(report)
    wanted = {f"latency.{name}": say_value("ctr_latency", name) for name in document["latency"]}
    why.draw_metrics(facts, wanted)
    left, middle, right = st.columns(3)
    with left:
        _draw_table(
            say("ctr.parameters"),
            {say_if_known("parameter", name, name): value for name, value in document["config"].items()},
        )
    with middle:
        _draw_table(say("ctr.versions"), document["versions"])
    with right:
        _draw_table(
            say("ctr.seconds"),
            {name: figure_text(value, "seconds", language) for name, value in document["seconds"].items()},
        )
    st.caption(formats.moment(report.run.created_at))


def _draw_table(title: str, values: dict[str, object]) -> None:
    st.markdown(f"**{title}**")
    st.dataframe(
        [{"name": name, "value": _plain(value)} for name, value in values.items()],
        column_config={"name": say("ctr.name"), "value": say("profile.value")},
        hide_index=True,
        alt=title,
    )


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "–" if value in ("", None) else str(value)
