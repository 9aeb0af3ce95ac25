"""What is checked, who is told, and how long predictions are kept for it."""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr

from core.settings.fields import CommaList, MailServer, SecretWebAddress, named


class Notices(BaseModel):
    """What is checked, who is told, and how long predictions are kept for it."""

    smtp_url: MailServer = Field(
        SecretStr(""),
        validation_alias=named("SMTP_URL"),
        description="mail server, smtp://user:password@host:587 or smtps://...:465; empty means no e-mail",
    )
    notify_email: str = Field(
        "", validation_alias=named("NOTIFY_EMAIL"), description="address that notices by e-mail go to"
    )
    notify_from: str = Field(
        "workbench@localhost", validation_alias=named("NOTIFY_FROM"), description="sender of notices by e-mail"
    )
    slack_webhook_url: SecretWebAddress = Field(
        SecretStr(""),
        validation_alias=named("SLACK_WEBHOOK_URL"),
        description="incoming webhook that notices go to; empty means no Slack",
    )
    check_every_s: float = Field(
        10.0,
        gt=0,
        validation_alias=named("CHECK_EVERY_S"),
        description="how often models, answers and the machine are checked for alerts [s]",
    )
    alert_channels: CommaList = Field(
        [],
        validation_alias=named("ALERT_CHANNELS"),
        description="where alerts are sent: email, push, slack, log, separated by commas; empty: pages only",
    )
    prediction_log_days: int = Field(
        90,
        ge=1,
        validation_alias=named("PREDICTION_LOG_DAYS"),
        description="how long logged predictions are kept [days]",
    )
    prediction_log_rows: int = Field(
        2_000_000,
        ge=1000,
        validation_alias=named("PREDICTION_LOG_ROWS"),
        description="most logged predictions that are kept; the oldest go first [rows]",
    )
