"""What may leave the workbench as a file: who may take it, and the note in the audit log that it was taken.

Every download of a page and every file of the API names one of these. What a page shows can be copied from the screen
as well: an export is the way that is counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.security.policy import Permission, Principal, is_allowed, require
from core.storage.audit import note_now


@dataclass(frozen=True)
class Export:
    """A kind of file. needs: every permission that taking it asks for. forms: endings of the files.

    noun: what it is, of `<noun>.exported` in the audit log.
    """

    noun: str
    needs: tuple[Permission, ...]
    forms: tuple[str, ...]

    @property
    def action(self) -> str:
        return f"{self.noun}.exported"


_OUT = Permission.DATA_EXPORT

AUDIT_LOG = Export("audit_log", (_OUT, Permission.AUDIT_READ), ("csv",))
CATALOGUE = Export("catalogue", (_OUT, Permission.FRAGRANCE_READ), ("csv",))  # materials: whoever may read formulas
CHART = Export("chart", (_OUT, Permission.JOBS_READ), ("csv",))
CLUSTERED_CUSTOMERS = Export("clustered_customers", (_OUT, Permission.CUSTOMERS_LOOKUP), ("csv",))
CONVERSATION = Export("conversation", (_OUT, Permission.CHAT_USE), ("md", "pdf", "json"))
CUSTOMER_SEGMENTS = Export("customer_segments", (_OUT, Permission.JOBS_READ), ("json",))
DICTIONARY = Export("dictionary", (_OUT, Permission.DATASETS_READ), ("csv",))
DOCUMENT = Export("document", (_OUT, Permission.KNOWLEDGE_READ), ("as it was brought",))
FORMULA = Export("formula", (_OUT, Permission.FRAGRANCE_FORMULA), ("pdf", "csv", "json"))
IMAGE_REFUSALS = Export("image_refusals", (_OUT, Permission.IMAGES_READ), ("csv",))
IMAGE_VERDICTS = Export("image_verdicts", (_OUT, Permission.IMAGES_READ), ("csv",))
INGESTED_FILES = Export("ingested_files", (_OUT, Permission.KNOWLEDGE_READ), ("csv",))
# The CTR report is what clients without a token come for, so reading is all it asks.
REPORT = Export("report", (Permission.CTR_READ,), ("pdf",))
RUN_REPORT = Export("run_report", (_OUT, Permission.JOBS_READ), ("html", "ipynb"))

EXPORTS: tuple[Export, ...] = tuple(one for one in tuple(globals().values()) if isinstance(one, Export))


def may_take(principal: Principal, export: Export) -> bool:
    """Whether a principal may take such a file."""
    return all(is_allowed(principal, permission) for permission in export.needs)


def hand_out(export: Export, target: str, *, principal: Principal, form: str = "") -> None:
    """Note that a file is taken, just before it is. target: the id of what is in it. Raises NotAllowed."""
    for permission in export.needs:
        require(principal, permission)
    note_now(principal, export.action, target, **({"form": form} if form else {}))
