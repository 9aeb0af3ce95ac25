"""One customer: the form, and the answer with its reasons."""

from __future__ import annotations

import streamlit as st

from app.ui import charts, choosing, customer_words, formats, state, theme
from app.ui.texts import say
from core.customers.lookup import ClusterAssignment, ClusterModel
from core.customers.vocabulary import FREQUENCIES, OLDEST, CustomerProfile

RESULT = "lookup-profile"
START_AGE, START_AMOUNT = 35, 50.0


def draw_form(model: ClusterModel) -> CustomerProfile | None:
    """The profile asked for last; it survives reruns and page changes."""
    known = model.known
    with st.form("lookup", border=True):
        age = st.number_input(
            say("lookup.age"),
            0,
            OLDEST,
            START_AGE,
            help=say("lookup.known", low=formats.number(known.age[0]), high=formats.number(known.age[1])),
            key="lookup-age",
        )
        amount = st.number_input(
            say("lookup.amount"),
            min_value=0.0,
            value=START_AMOUNT,
            step=1.0,
            format="%.2f",
            help=say(
                "lookup.known",
                low=formats.number(known.purchase_amount[0]),
                high=formats.number(known.purchase_amount[1]),
            ),
            key="lookup-amount",
        )
        subscribed = st.segmented_control(
            say("lookup.subscribed"),
            [True, False],
            format_func=lambda value: say("lookup.yes") if value else say("lookup.no"),
            default=True,
            required=True,
            key="lookup-subscribed",
            width="stretch",
        )
        frequency = choosing.one_of(
            st,
            say("lookup.frequency"),
            list(FREQUENCIES),
            index=list(FREQUENCIES).index("Monthly"),
            format_func=customer_words.rhythm,
            key="lookup-frequency",
        )
        if st.form_submit_button(say("lookup.find"), type="primary", icon=":material/search:", width="stretch"):
            state.keep(RESULT, CustomerProfile(int(age), float(amount), bool(subscribed), str(frequency)))
    profile: CustomerProfile | None = state.kept(RESULT)
    return profile


def draw_answer(model: ClusterModel, found: ClusterAssignment) -> None:
    """Cluster and persona, warning, distances, and which features pulled it there."""
    text = customer_words.persona(found.name)
    second = customer_words.persona(model.names[found.second_cluster])
    with st.container(border=True, key="hero-answer"):
        with st.container(horizontal=True):
            st.badge(say("lookup.cluster", number=found.cluster_id), color="violet", icon=":material/hub:")
            st.badge(text.type, color="blue")
        st.markdown(f"## {text.name}")
        st.write(text.description)
        st.write(f":material/campaign: {text.purpose}")
        if found.name.persona:
            st.caption(say("clusters.fit", fit=formats.share(found.name.fit)))
        else:
            st.caption(say("clusters.no_persona", fit=formats.share(found.name.fit)))
    if found.outside_known_range:
        fields = ", ".join(customer_words.field(name) for name in found.outside_fields)
        st.warning(say("lookup.outside", fields=fields), icon=":material/warning:")
    tiles = st.columns(3)
    tiles[0].metric(say("lookup.distance"), f"{found.distance:.2f} σ", help=say("lookup.distance_help"))
    tiles[1].metric(say("lookup.distance_second"), f"{found.distance_second:.2f} σ", help=second.name)
    tiles[2].metric(say("lookup.margin"), f"{found.margin:.2f} σ", help=say("lookup.margin_help"))
    st.caption(say("lookup.second", name=second.name))
    theme.draw_section("lookup.why")
    st.caption(say("lookup.why_help"))
    charts.draw_pulls(
        say("lookup.why"),
        [customer_words.feature(reason.feature) for reason in found.contributions],
        [reason.share for reason in found.contributions],
        say("lookup.toward"),
        say("lookup.away"),
    )
