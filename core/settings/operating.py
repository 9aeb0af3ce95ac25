"""What an operator watches, keeps and puts by."""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr

from core.settings.fields import WebAddress, named


class Operating(BaseModel):
    """What an operator watches, keeps and puts by."""

    metrics_token: SecretStr = Field(
        SecretStr(""),
        validation_alias=named("METRICS_TOKEN"),
        description="bearer token that reads /metrics; empty wants a sign-in that may see the system",
    )
    metrics_dir: str = Field(
        "",
        validation_alias=named("METRICS_DIR"),
        description="folder through which processes count together for /metrics; empty means data/metrics",
    )
    otlp_endpoint: WebAddress = Field(
        "",
        validation_alias=named("OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        description="collector of OpenTelemetry traces, http://host:4318; empty makes none. Needs the extra `traces`",
    )
    keep_run_days: int = Field(
        0,
        ge=0,
        validation_alias=named("KEEP_RUN_DAYS"),
        description="how long files of runs that nothing uses are kept; 0 keeps them until somebody cleans up [days]",
    )
    disk_reserve_gb: float = Field(
        2.0,
        ge=0,
        validation_alias=named("DISK_RESERVE_GB"),
        description="free disk below which an alert is raised [GB]",
    )
    backup_dir: str = Field(
        "",
        validation_alias=named("BACKUP_DIR"),
        description="folder that `workbench backup` writes into; empty means data/backups",
    )
    keep_backups: int = Field(
        7, ge=1, validation_alias=named("KEEP_BACKUPS"), description="how many backups stay in that folder [files]"
    )
