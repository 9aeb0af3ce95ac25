"""Letters to one person: the link to a new password, and the one to an account by invitation.

They are sent beside whoever asked for them: how long an answer takes must not tell whether there was a letter.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from urllib.parse import urlencode

from core.errors import WorkbenchError
from core.notifications.channels import can_mail, mail_to
from core.settings.current import get_settings
from core.telemetry.logs import get_logger

log = get_logger("letters")


def link_to(**parameters: str) -> str:
    """The address of the pages with something to hand over, e.g. `reset`."""
    settings = get_settings()
    base = settings.public_url or f"http://localhost:{settings.ui_port}"
    return f"{base.rstrip('/')}/?{urlencode(parameters)}"


def post(address: str, subject: str, text: str) -> bool:
    """Have a letter sent soon; False where no mail server is configured. What becomes of it is in the log."""
    if not can_mail():
        return False
    _postman().submit(_send, address, subject, text)
    return True


def wait_until_sent() -> None:
    """Return once every letter so far is handed to the mail server, or given up."""
    _postman().submit(lambda: None).result()


def _send(address: str, subject: str, text: str) -> None:
    try:
        mail_to(address, subject, text)
    except WorkbenchError as error:
        log.warning("letter_failed", reason=error.code)  # neither the address nor the link belongs into a log


@cache
def _postman() -> ThreadPoolExecutor:
    """One at a time: a crowd of letters must not open a crowd of connections."""
    return ThreadPoolExecutor(1, thread_name_prefix="letters")
