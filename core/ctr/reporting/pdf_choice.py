"""Which parts of the PDF somebody asked for, kept beside the run: the order and the download are two requests."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from core.ctr.reporting.pdf import Sections
from core.security.policy import Principal
from core.settings.current import get_settings


def keep_choice(run_id: str, choice: Sections, *, principal: Principal) -> None:
    """Remember the choice of this principal for this run, which must exist; a later one replaces it."""
    place = _place(run_id, principal)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=place.parent, prefix=".writing-", delete=False) as unfinished:
        json.dump(asdict(choice), unfinished)
    Path(unfinished.name).replace(place)


def choice_of(run_id: str, *, principal: Principal) -> Sections:
    """What this principal asked for last; everything when nothing was."""
    try:
        return Sections(**json.loads(_place(run_id, principal).read_text("utf-8")))
    except FileNotFoundError:
        return Sections()


def _place(run_id: str, principal: Principal) -> Path:
    # Ids of people come from outside and may hold anything; a checksum is always a file name.
    owner = hashlib.sha256(principal.id.encode()).hexdigest()[:16]
    return get_settings().data_dir / "report_choices" / f"{run_id}-{owner}.json"
