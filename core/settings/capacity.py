"""How much runs at once, and what it may use."""

from __future__ import annotations

from pydantic import BaseModel, Field

from core.settings.fields import named


class Capacity(BaseModel):
    """How much runs at once, and what it may use."""

    jobs_parallel: int = Field(
        1,
        ge=1,
        le=64,
        validation_alias=named("JOBS_PARALLEL"),
        description="notebooks that run at the same time [jobs]",
    )
    heartbeat_s: float = Field(
        2.0,
        gt=0,
        validation_alias=named("HEARTBEAT_S"),
        description="how often a running job says that it lives [s]",
    )
    job_timeout_s: float = Field(
        3600.0,
        gt=0,
        validation_alias=named("JOB_TIMEOUT_S"),
        description="longest a single notebook may run [s]",
    )
    warm_runners: int = Field(
        1,
        ge=0,
        le=16,
        validation_alias=named("WARM_RUNNERS"),
        description="fresh kernels kept started for the next jobs, each used once [kernels]",
    )
    model_memory_mb: int = Field(
        2048,
        ge=16,
        validation_alias=named("MODEL_MEMORY_MB"),
        description="memory for models kept loaded in one process [MB]",
    )
    table_memory_mb: int = Field(
        4096,
        ge=64,
        validation_alias=named("TABLE_MEMORY_MB"),
        description="memory for one table; a longer one is checked, trained and scored in parts [MB]",
    )
    threads: int = Field(
        1,
        ge=1,
        validation_alias=named("THREADS", "OMP_NUM_THREADS"),
        description="numeric threads of one process [threads]",
    )
