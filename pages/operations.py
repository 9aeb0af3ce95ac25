"""Operations: how everything is, alerts, work, disk, settings and backups, for whoever looks after the workbench."""

import streamlit as st

from app.ui import notices, state, theme
from app.ui.operations import alerts_tab, backups_tab, disk_tab, health_tab, settings_tab, work_tab
from app.ui.texts import say
from core.security.policy import Permission, is_allowed

principal = state.principal()
theme.draw_heading("operations.title", "operations.lead")
parts = {
    say("operations_tab.health"): health_tab,
    say("operations_tab.alerts"): alerts_tab,
    say("operations_tab.work"): work_tab,
    say("operations_tab.disk"): disk_tab,
    say("operations_tab.settings"): settings_tab,
}
if is_allowed(principal, Permission.BACKUPS_MANAGE):
    parts[say("operations_tab.backups")] = backups_tab
tabs = st.tabs(list(parts), on_change="rerun", key="operations-tabs")
for tab, part in zip(tabs, parts.values(), strict=True):
    if tab.open:
        with tab, notices.errors_shown():
            part.draw(principal)
