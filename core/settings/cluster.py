"""Where work runs and where files lie once one machine is not enough; empty means this one."""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr, field_validator

from core.settings.fields import WebAddress, check_address, named

FILE_SCHEMES = ("file", "s3")


class Cluster(BaseModel):
    """Where work runs and where files lie once one machine is not enough; empty means this one."""

    dask_address: str = Field(
        "",
        validation_alias=named("DASK_ADDRESS"),
        description="scheduler of a Dask cluster that runs notebooks and spreads work, tcp://host:8786; empty runs "
        "everything here. Needs the extra `cluster`",
    )
    files_url: str = Field(
        "",
        validation_alias=named("FILES_URL"),
        description="where machines share datasets, models and runs: file:///folder or s3://bucket/folder; empty keeps "
        "them in the home folder alone",
    )
    s3_endpoint: WebAddress = Field(
        "",
        validation_alias=named("S3_ENDPOINT", "AWS_ENDPOINT_URL_S3"),
        description="address of an S3-compatible server; empty means Amazon's",
    )
    s3_key: str = Field(
        "", validation_alias=named("S3_KEY", "AWS_ACCESS_KEY_ID"), description="access key of that server"
    )
    s3_secret: SecretStr = Field(
        SecretStr(""),
        validation_alias=named("S3_SECRET", "AWS_SECRET_ACCESS_KEY"),
        description="secret that belongs to the access key",
    )
    pgvector: bool = Field(
        False,
        validation_alias=named("PGVECTOR"),
        description="propose passages by their vectors from PostgreSQL with the extension pgvector",
    )

    @field_validator("dask_address")
    @classmethod
    def _is_scheduler(cls, value: str) -> str:
        check_address(value, ("tls", "tcp"))
        return value

    @field_validator("files_url")
    @classmethod
    def _is_place_for_files(cls, value: str) -> str:
        if value and value.partition("://")[0] not in FILE_SCHEMES:
            raise ValueError("WORKBENCH_FILES_URL must look like file:///folder or s3://bucket/folder")
        return value
