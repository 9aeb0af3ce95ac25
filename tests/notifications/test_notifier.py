"""Notices are stored, delivered over real sockets, and say truthfully what became of them."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import update

from core.errors import BadInput, NotFound
from core.notifications.inbox import Notice, list_notices, mark_read
from core.notifications.notifier import CLAIM_HOLDS, deliver_queued, notify, store
from core.security.policy import Principal, Role
from core.storage.database import utc_now, writing
from core.storage.tables import notifications
from tests.notifications.conftest import MailServer, Webhook
from tests.workers import free_port

ANALYST = Principal("analyst", Role.ANALYST)
COLLEAGUE = Principal("colleague", Role.ANALYST)
Configure = Callable[..., object]


def tell(*channels: str, subject: str = "CTR 학습이 끝났습니다", text: str = "본문 <b> & more") -> tuple[Notice, ...]:
    return notify(ANALYST, channels=channels, subject=subject, text=text, about="run-1")


def mail(server: MailServer) -> EmailMessage:
    (envelope,) = server.arrived
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def queue(channel: str) -> Notice:
    with writing() as connection:
        (notice,) = store(connection, "analyst", channels=[channel], subject="s", text="t", about="run-1")
    return notice


def test_when_all_channels_are_configured_then_each_delivers(
    configured: Configure, mail_server: MailServer, webhook: Webhook
) -> None:
    notices = tell("email", "slack", "push")

    assert [(one.channel, one.state, one.problem()) for one in notices] == [
        ("email", "sent", None),
        ("slack", "sent", None),
        ("push", "sent", None),
    ]
    assert all(one.sent_at is not None for one in notices)
    message = mail(mail_server)
    assert (message["Subject"], message["To"], message["From"]) == (
        "CTR 학습이 끝났습니다",
        "analyst@example.com",
        "workbench@example.com",
    )
    assert message.get_content().strip() == "본문 <b> & more"
    assert webhook.posted == [{"text": "*CTR 학습이 끝났습니다*\n본문 &lt;b&gt; &amp; more"}]


def test_when_nothing_is_configured_then_only_the_inbox_has_it_and_the_rest_says_so(home: Path) -> None:
    notices = tell("email", "slack", "push")

    assert [one.state for one in notices] == ["not_configured", "not_configured", "sent"]
    assert "WORKBENCH_SMTP_URL" in (notices[0].problem("ko") or "")
    assert "WORKBENCH_SLACK_WEBHOOK_URL" in (notices[1].problem() or "")


def test_when_the_mail_server_is_away_then_the_notice_failed_and_the_others_went_out(
    configured: Configure, webhook: Webhook
) -> None:
    configured(WORKBENCH_SMTP_URL=f"smtp://desk:hidden@127.0.0.1:{free_port()}")

    by_mail, by_slack = tell("email", "slack")

    assert (by_mail.state, by_slack.state) == ("failed", "sent")
    assert by_mail.error is not None
    assert by_mail.error["key"] == "resilience.unavailable"
    assert "hidden" not in str(by_mail.error)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"WORKBENCH_NOTIFY_EMAIL": "nobody@example.com"}, "SMTPRecipientsRefused"),
        ({"wrong_password": "yes"}, "SMTPAuthenticationError"),
    ],
)
def test_when_the_mail_server_says_no_then_it_is_asked_once_and_the_reason_is_kept(
    configured: Configure, mail_server: MailServer, change: dict[str, str], reason: str
) -> None:
    if "wrong_password" in change:
        change = {"WORKBENCH_SMTP_URL": f"smtp://desk:guess@127.0.0.1:{mail_server.port}"}
    configured(**change)

    (notice,) = tell("email")

    assert notice.state == "failed"
    assert notice.error == {"key": "notifications.mail_refused", "details": {"reason": reason}}
    assert mail_server.arrived == []


def test_when_a_subject_holds_a_line_break_then_no_header_is_smuggled_in(
    configured: Configure, mail_server: MailServer
) -> None:
    tell("email", subject="done\r\nBcc: everybody@example.com")

    assert mail(mail_server)["Bcc"] is None
    assert mail(mail_server)["Subject"] == "done Bcc: everybody@example.com"


def test_when_a_password_would_travel_in_clear_to_another_machine_then_it_does_not(
    configured: Configure, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.notifications.channels.LOOPBACK", set())

    (notice,) = tell("email")

    assert notice.error is not None
    assert notice.error["key"] == "notifications.mail_in_clear"
    assert mail_server.arrived == []


def test_when_slack_stumbles_once_then_the_notice_arrives_after_a_retry(
    configured: Configure, webhook: Webhook
) -> None:
    webhook.statuses = [503, 200]

    (notice,) = tell("slack")

    assert (notice.state, len(webhook.posted)) == ("sent", 2)


def test_when_slack_does_not_know_the_webhook_then_the_notice_failed_without_showing_its_address(
    configured: Configure, webhook: Webhook
) -> None:
    webhook.statuses = [404]

    (notice,) = tell("slack")

    assert notice.error == {"key": "notifications.slack_refused", "details": {"status": 404}}
    assert len(webhook.posted) == 1
    assert "secret-part" not in (notice.problem() or "")


def test_when_a_channel_is_unknown_then_nothing_is_stored(home: Path) -> None:
    with pytest.raises(BadInput, match=r"fax.*email, slack, push"):
        tell("push", "fax")

    assert list_notices(ANALYST) == ()


def test_when_a_channel_is_named_twice_then_it_is_told_once(home: Path) -> None:
    assert len(tell("push", "push")) == 1


def test_when_a_notice_is_read_then_it_leaves_the_unread_ones(home: Path) -> None:
    first, second = tell("push", subject="first") + tell("push", subject="second")

    read = mark_read(first.id, principal=ANALYST)

    assert read.read_at is not None
    assert [one.id for one in list_notices(ANALYST, unread_only=True)] == [second.id]
    assert [one.id for one in list_notices(ANALYST, channel="push")] == [second.id, first.id]
    assert mark_read(first.id, principal=ANALYST).read_at == read.read_at


def test_when_a_notice_is_somebody_elses_then_it_does_not_exist(home: Path) -> None:
    (notice,) = tell("push")

    assert list_notices(COLLEAGUE) == ()
    with pytest.raises(NotFound):
        mark_read(notice.id, principal=COLLEAGUE)
    assert list_notices(ANALYST, unread_only=True) == (notice,)


def test_when_notices_wait_then_each_is_delivered_once(configured: Configure, webhook: Webhook) -> None:
    notice = queue("slack")

    assert (deliver_queued(), deliver_queued()) == (1, 0)
    assert len(webhook.posted) == 1
    assert [(one.id, one.state) for one in list_notices(ANALYST)] == [(notice.id, "sent")]


def test_when_another_process_has_taken_a_notice_then_it_is_left_to_it_for_a_while(
    configured: Configure, webhook: Webhook
) -> None:
    notice = queue("slack")

    def taken(ago: timedelta) -> None:
        with writing() as connection:
            changed = update(notifications).where(notifications.c.id == notice.id)
            connection.execute(changed.values(claimed_at=utc_now() - ago))

    taken(timedelta(seconds=1))
    assert deliver_queued() == 0
    taken(CLAIM_HOLDS + timedelta(seconds=1))
    assert deliver_queued() == 1
    assert len(webhook.posted) == 1


def test_when_a_notice_is_being_sent_then_the_database_is_not_held(
    configured: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def send(notice: Notice) -> None:
        queue("push")  # takes the write lock: would wait for ever inside a transaction
        seen.append(notice.id)

    monkeypatch.setattr("core.notifications.notifier.send", send)

    (notice,) = tell("slack")

    assert (seen, notice.state) == ([notice.id], "sent")


@pytest.mark.parametrize(
    "values",
    [
        {"WORKBENCH_SMTP_URL": "mail.example.com"},
        {"WORKBENCH_SMTP_URL": "smtp://mail.example.com:many"},
        {"WORKBENCH_SLACK_WEBHOOK_URL": "ftp://hooks.example.com/x"},
    ],
)
def test_when_an_address_is_malformed_then_the_process_refuses_to_start_without_showing_it(
    values: dict[str, str], settings_from: Configure
) -> None:
    with pytest.raises(ValueError, match="must look like") as refused:
        settings_from(**values)

    assert next(iter(values.values())) not in str(refused.value)
