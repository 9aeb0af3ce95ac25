"""How a notice leaves the house: e-mail by SMTP, Slack by its incoming webhook; `push` stays in the inbox."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import uuid4

from core.errors import Unavailable
from core.notifications.inbox import Notice
from core.resilience.guarded_call import guarded_call
from core.settings.current import get_settings

if TYPE_CHECKING:  # pages and API read notices far more often than anything is sent
    import smtplib
    from email.message import EmailMessage

CHANNELS = ("email", "slack", "push")
NOT_CONFIGURED: Mapping[str, str] = MappingProxyType(
    {"email": "notifications.email_not_configured", "slack": "notifications.slack_not_configured"}
)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def is_configured(channel: str) -> bool:
    """Whether the settings say where notices of this channel go."""
    settings = get_settings()
    if channel == "email":
        return bool(settings.smtp_url.get_secret_value() and settings.notify_email)
    if channel == "slack":
        return bool(settings.slack_webhook_url.get_secret_value())
    return channel == "push"


def send(notice: Notice) -> None:
    """Hand the notice over. Raises Unavailable when the other side does not answer or does not want it."""
    if notice.channel == "email":
        _send_email(notice)
    elif notice.channel == "slack":
        _send_slack(notice)


def can_mail() -> bool:
    """Whether letters to single people can be sent."""
    return bool(get_settings().smtp_url.get_secret_value())


def mail_to(address: str, subject: str, text: str) -> None:
    """Send a letter to one address. Raises Unavailable as `send` does."""
    _deliver_email(_email(str(uuid4()), address, subject, text))


def _send_email(notice: Notice) -> None:
    _deliver_email(_email(notice.id, get_settings().notify_email, notice.subject, notice.text))


def _deliver_email(message: EmailMessage) -> None:
    import smtplib
    import ssl

    server = urlsplit(get_settings().smtp_url.get_secret_value())

    def deliver(timeout_s: float) -> None:
        with _smtp(server, timeout_s) as smtp:
            smtp.ehlo()
            if server.scheme == "smtp" and smtp.has_extn("starttls"):
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
            elif server.scheme == "smtp" and server.username and server.hostname not in LOOPBACK:
                raise Unavailable("notifications.mail_in_clear", host=server.hostname)
            try:
                if server.username:
                    smtp.login(unquote(server.username), unquote(server.password or ""))
                smtp.send_message(message)
            except (
                smtplib.SMTPAuthenticationError,
                smtplib.SMTPRecipientsRefused,
                smtplib.SMTPSenderRefused,
                smtplib.SMTPNotSupportedError,  # an address in letters that this server does not take
            ) as no:
                raise Unavailable("notifications.mail_refused", reason=type(no).__name__) from no

    # smtplib's own errors derive from OSError, as do refused and timed-out connections.
    guarded_call("mail", deliver, failures=(OSError,))


def _smtp(server: SplitResult, timeout_s: float) -> smtplib.SMTP:
    import smtplib
    import ssl

    host = server.hostname or "localhost"
    if server.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, server.port or 465, timeout=timeout_s, context=context)
    return smtplib.SMTP(host, server.port or 25, timeout=timeout_s)


def _email(message_id: str, address: str, subject: str, text: str) -> EmailMessage:
    from email.message import EmailMessage
    from email.utils import formatdate

    message = EmailMessage()
    message["Subject"] = " ".join(subject.split())  # a line break would begin a new header
    message["From"] = get_settings().notify_from
    message["To"] = address
    message["Date"] = formatdate()
    # The same at each retry, so that a mail system that took it twice shows it once.
    message["Message-ID"] = f"<{message_id}@workbench>"
    message.set_content(text)
    return message


def _send_slack(notice: Notice) -> None:
    import httpx

    text = f"*{_slack_text(' '.join(notice.subject.split()))}*\n{_slack_text(notice.text)}"

    def deliver(timeout_s: float) -> None:
        url = get_settings().slack_webhook_url.get_secret_value()
        answer = httpx.post(url, json={"text": text}, timeout=timeout_s)
        if answer.status_code == 429 or answer.status_code >= 500:
            answer.raise_for_status()
        if answer.status_code != 200:
            raise Unavailable("notifications.slack_refused", status=answer.status_code)

    guarded_call("slack", deliver, failures=(httpx.HTTPError,))


def _slack_text(text: str) -> str:
    """Slack's three special characters, escaped as it asks; names in a notice may be anything."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
