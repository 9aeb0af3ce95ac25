"""The pages, where they lie and the permission each needs. A test enumerates them against the policy."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app.ui import state
from app.ui.texts import say_value
from core.security.policy import Permission, Principal, is_allowed


@dataclass(frozen=True)
class PageEntry:
    """One page; the path is relative to the folder of app/workbench.py."""

    name: str
    icon: str
    permission: Permission
    default: bool = False

    @property
    def path(self) -> str:
        return f"../pages/{self.name}.py"


OVERVIEW = PageEntry("overview", ":material/space_dashboard:", Permission.JOBS_READ, default=True)
DATASETS = PageEntry("datasets", ":material/database:", Permission.DATASETS_READ)
CLUSTERS = PageEntry("customer_clusters", ":material/hub:", Permission.JOBS_READ)
LOOKUP = PageEntry("customer_lookup", ":material/person_search:", Permission.CUSTOMERS_LOOKUP)
CTR_TRAINING = PageEntry("ctr_training", ":material/model_training:", Permission.CTR_READ)
CTR_REPORT = PageEntry("ctr_report", ":material/lab_profile:", Permission.CTR_READ)
CTR_MONITORING = PageEntry("ctr_monitoring", ":material/monitor_heart:", Permission.CTR_READ)
IMAGE_MATCHING = PageEntry("image_matching", ":material/image_search:", Permission.IMAGES_READ)
IMAGE_DOMAINS = PageEntry("image_domains", ":material/photo_library:", Permission.IMAGES_READ)
KNOWLEDGE = PageEntry("knowledge", ":material/library_books:", Permission.KNOWLEDGE_READ)
CHAT = PageEntry("chat", ":material/forum:", Permission.CHAT_USE)
EVALUATION = PageEntry("evaluation", ":material/rule:", Permission.CHAT_USE)
PERFUMES = PageEntry("fragrance_search", ":material/search:", Permission.FRAGRANCE_READ)
STUDIO = PageEntry("fragrance_studio", ":material/science:", Permission.FRAGRANCE_FORMULA)
MATERIALS = PageEntry("fragrance_catalogue", ":material/local_florist:", Permission.FRAGRANCE_READ)
RUNS = PageEntry("runs", ":material/history:", Permission.JOBS_READ)
CHAINS = PageEntry("chains", ":material/account_tree:", Permission.JOBS_READ)
SCHEDULES = PageEntry("schedules", ":material/event_repeat:", Permission.JOBS_READ)
ACCOUNT = PageEntry("account", ":material/account_circle:", Permission.JOBS_READ)
ACCOUNTS = PageEntry("accounts", ":material/group:", Permission.ACCOUNTS_MANAGE)
OPERATIONS = PageEntry("operations", ":material/monitoring:", Permission.SYSTEM_READ)
AUDIT = PageEntry("audit", ":material/receipt_long:", Permission.AUDIT_READ)

SECTIONS: dict[str, tuple[PageEntry, ...]] = {
    "start": (OVERVIEW, DATASETS),
    "customers": (CLUSTERS, LOOKUP),
    "ctr": (CTR_TRAINING, CTR_REPORT, CTR_MONITORING),
    "images": (IMAGE_MATCHING, IMAGE_DOMAINS),
    "knowledge": (CHAT, KNOWLEDGE, EVALUATION),
    "fragrance": (STUDIO, PERFUMES, MATERIALS),
    "work": (RUNS, CHAINS, SCHEDULES, ACCOUNT),
    "operation": (OPERATIONS, ACCOUNTS, AUDIT),
}
PAGES: tuple[PageEntry, ...] = tuple(page for pages in SECTIONS.values() for page in pages)


def visible_to(principal: Principal | None) -> dict[str, list[PageEntry]]:
    """The pages a role may open, by section."""
    if principal is None:
        return {}
    allowed = {
        section: [page for page in pages if is_allowed(principal, page.permission)]
        for section, pages in SECTIONS.items()
    }
    return {section: pages for section, pages in allowed.items() if pages}


def build(principal: Principal | None) -> st.Page | None:
    """Navigation over the allowed pages; the one that is open, or None where none is allowed."""
    shown = visible_to(principal)
    if not shown:
        return None
    return st.navigation(
        {
            say_value("section", section): [
                st.Page(
                    page.path,
                    title=say_value("page", page.name),
                    icon=page.icon,
                    url_path=page.name,
                    default=page.default,
                )
                for page in pages
            ]
            for section, pages in shown.items()
        },
        expanded=True,  # what folds away hides pages behind words that are English only
    )


def link_to(page: PageEntry, label: str, *, icon: str | None = None, **parameters: str) -> None:
    """A link to another page that keeps the language."""
    st.page_link(page.path, label=label, icon=icon or page.icon, query_params=state.link(**parameters))


def go_to(page: PageEntry, **parameters: str) -> None:
    """Open another page now."""
    st.switch_page(page.path, query_params=state.link(**parameters))
