"""Limits of the draft: the verdict, each broken rule with the lines that break it, headroom, and the label."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.ui import formats
from app.ui.fragrance_studio.judging import Workbench
from app.ui.fragrance_words import draw_advice, draw_notices, draw_verdict, fine_percent, ingredient
from app.ui.texts import say, say_value
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.limits.checking import Contribution, LabelLine, LimitsReport, RuleResult

UNKNOWN_NOTE = "fragrance_limits.part_unknown"  # told with names instead of ids


def draw(report: LimitsReport, by: Workbench) -> None:
    """The whole judgement; advice, and from which table."""
    with st.container(border=True, key="studio-limits"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"##### {say('studio.limits')}", width="content")
            draw_verdict(report.verdict)
        table, product = report.table, report.product
        from_table = say(
            "studio.table_of_limits", name=table.name, amendment=table.amendment, on=table.amended_on.isoformat()
        )
        judged_for = say("studio.category_line", category=product.category, dosage=f"{product.dosage:g}")
        st.caption(f"{formats.plain(from_table)} · {judged_for}")
        for failure in report.failures:
            _draw_failure(failure, by)
        draw_why_unknown(report, by.catalogue)
        draw_notices(one for one in report.notes if one.key != UNKNOWN_NOTE)
        draw_advice()
        with st.expander(say("studio.every_rule", count=len(report.results)), icon=":material/rule:"):
            if report.results:
                st.dataframe(
                    [_rule_row(one, by) for one in report.results],
                    hide_index=True,
                    alt=say("studio.every_rule", count=len(report.results)),
                )
            else:
                st.caption(say("studio.no_rule"))
        with st.expander(
            say("studio.label_count", count=sum(bool(one.must_be_named) for one in report.labels)),
            icon=":material/label:",
        ):
            if report.labels:
                st.caption(say("studio.label_hint", threshold=fine_percent(report.labels[0].threshold)))
                st.dataframe([_label_row(one, by) for one in report.labels], hide_index=True, alt=say("studio.label"))
            else:
                st.caption(say("studio.no_label"))


def draw_why_unknown(report: LimitsReport, catalogue: Catalogue) -> None:
    """What stands between the formula and a verdict: words a person has to verify, materials nothing is known of."""
    to_verify = [formats.plain(one.rule.name) for one in report.results if one.rule.specification]
    if to_verify:
        st.caption(f":material/fact_check: {say('studio.verify', count=len(to_verify), rules=', '.join(to_verify))}")
    if report.unknown:
        names = ", ".join(formats.plain(ingredient(one, catalogue)) for one in report.unknown)
        st.caption(f":material/help: {say('studio.unknown_materials', names=names)}")


def _draw_failure(failure: RuleResult, by: Workbench) -> None:
    """One broken rule: by how much, and which lines add to it."""
    limit = failure.limit or 0.0
    told = say(
        "studio.broken", rule=formats.plain(failure.rule.name), share=fine_percent(failure.product_share),
        limit=fine_percent(limit), over=fine_percent(failure.product_share - limit),
    )  # fmt: skip
    with st.container(key=f"studio-broken-{failure.rule.id}"):
        st.error(told, icon=":material/error:")
        st.dataframe(
            [
                {
                    say("studio.ingredient"): line,
                    say("studio.adds"): share,
                    say("studio.part_of_sum"): share / failure.product_share if failure.product_share else None,
                }
                for line, share in summed(failure.contributions, by).items()
            ],
            column_config={
                say("studio.adds"): st.column_config.NumberColumn(format="%.5f"),
                say("studio.part_of_sum"): st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
            },
            hide_index=True,
            alt=say("studio.broken_by", rule=failure.rule.name),
        )  # fmt: skip


def summed(contributions: tuple[Contribution, ...], by: Workbench) -> Mapping[str, float]:
    """Percent of the finished product by the name of the line, the largest first."""
    found: dict[str, float] = {}
    for one in contributions:
        name = ingredient(one.line, by.catalogue, by.accord_names)
        found[name] = found.get(name, 0.0) + one.product_share
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _rule_row(one: RuleResult, by: Workbench) -> dict[str, object]:
    left = None if one.limit is None else one.limit - one.product_share
    names = [formats.plain(name) for name in summed(one.contributions, by)]
    return {
        say("studio.verdict"): say_value("fragrance_verdict", one.verdict),
        say("studio.rule"): one.rule.name,
        say("studio.in_product"): fine_percent(one.product_share),
        say("studio.limit"): fine_percent(one.limit),
        say("studio.headroom"): fine_percent(left),
        say("studio.by_lines"): ", ".join(names),
        say("studio.to_verify"): one.rule.specification,
    }


def _label_row(one: LabelLine, by: Workbench) -> dict[str, object]:
    named = {True: say("studio.named"), False: say("studio.not_named"), None: say("studio.perhaps_named")}
    return {
        say("studio.allergen"): one.name,
        "CAS": ", ".join(one.cas),
        say("studio.in_product"): fine_percent(one.product_share),
        say("studio.on_label"): named[one.must_be_named],
        say("studio.by_lines"): ", ".join(summed(one.contributions, by)),
    }
