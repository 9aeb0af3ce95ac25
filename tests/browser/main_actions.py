"""What a visitor comes to each page for: where it is, the keys that do it, and what shows that it was done."""

from __future__ import annotations

from dataclasses import dataclass

FIELD = "[data-testid=stFileUploaderDropzone] button"
TAB, NEXT_TAB = "[data-testid=stMain] [role=tab][aria-selected=true]", "[role=tab]:nth-child(2)[aria-selected=true]"


@dataclass(frozen=True)
class Action:
    """done: what appears; empty where the browser asks for a file. typed: what is written first."""

    selector: str
    done: str = ""
    keys: tuple[str, ...] = ("Enter",)
    typed: str = ""


MAIN = {
    "": Action(".st-key-next-steps a", "h1:has-text('Datasets')"),
    "datasets": Action(FIELD),
    "customer_clusters": Action(TAB, NEXT_TAB, ("ArrowRight",)),
    "customer_lookup": Action("[data-testid=stFormSubmitButton] button", ".st-key-hero-answer"),
    "ctr_training": Action(FIELD),
    "ctr_report": Action(TAB, NEXT_TAB, ("ArrowRight",)),
    "ctr_monitoring": Action(TAB, NEXT_TAB, ("ArrowRight",)),
    "image_matching": Action(FIELD),
    "image_domains": Action(".st-key-open-domain-0 button", ".st-key-hero-domain", ("Space",)),
    "chat": Action("[data-testid=stChatInput] textarea", "[class*=st-key-chat-remark-]", typed="When?"),
    "knowledge": Action(".st-key-open-collection-0 button", ".st-key-hero-collection", ("Space",)),
    "evaluation": Action(TAB, NEXT_TAB, ("ArrowRight",)),
    "fragrance_studio": Action(".st-key-studio-compose button", ".st-key-hero-alternative-1"),
    "fragrance_search": Action(".st-key-perfume-query input", "[class*=st-key-found-]", typed="cedar"),
    "fragrance_catalogue": Action(
        ".st-key-material-find input", ".st-key-material-count:has-text('1 of ')", typed="78-70-6"
    ),
    "runs": Action("[data-testid=stDataFrame] canvas", ".st-key-hero-run", ("ArrowDown", "Space")),
    "chains": Action(".st-key-run-ctr_retrain button", ".st-key-chain-form"),
    "schedules": Action(".st-key-schedule-new button", ".st-key-schedule-save"),
    "accounts": Action(TAB, NEXT_TAB, ("ArrowRight",)),
    "operations": Action(TAB, NEXT_TAB, ("ArrowRight",)),
    "audit": Action(".st-key-audit-verify button", "[data-testid=stAlert]"),
    "account": Action("input[name=login]", "[data-testid=stAlert]", ("Tab", "x", "Enter"), typed="nobody"),
}
