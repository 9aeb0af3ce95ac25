"""Where documents may come from, how long removed ones stay, and who proposes passages."""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr, field_validator

from core.settings.fields import CommaList, WebAddress, named


class Documents(BaseModel):
    """Where documents may come from, how long removed ones stay, and who proposes passages."""

    knowledge_keep_days: float = Field(
        30.0,
        ge=0,
        validation_alias=named("KNOWLEDGE_KEEP_DAYS"),
        description="how long removed documents and collections can be put back before they are deleted [days]",
    )
    knowledge_databases: SecretStr = Field(
        SecretStr(""),
        validation_alias=named("KNOWLEDGE_DATABASES"),
        description="databases whose rows may become documents, name=url separated by commas (sqlite:///path or "
        "postgresql://...); a comma inside a url is written %2C",
    )
    knowledge_folders: CommaList = Field(
        [],
        validation_alias=named("KNOWLEDGE_FOLDERS"),
        description="folders of this machine whose files may become documents, name=path separated by commas",
    )
    chroma_url: WebAddress = Field(
        "",
        validation_alias=named("CHROMA_URL"),
        description="Chroma server that proposes passages by their vectors, http://host:port; empty searches here",
    )

    @field_validator("knowledge_folders")
    @classmethod
    def _are_folders(cls, value: list[str]) -> list[str]:
        if any(not all(part.partition("=")[::2]) for part in value):
            raise ValueError("WORKBENCH_KNOWLEDGE_FOLDERS wants name=path, separated by commas.")
        return value

    @field_validator("knowledge_databases")
    @classmethod
    def _are_databases(cls, value: SecretStr) -> SecretStr:
        for part in filter(None, (one.strip() for one in value.get_secret_value().split(","))):
            name, _, url = part.partition("=")
            if not name or not url.startswith(("sqlite:///", "postgresql")):
                raise ValueError(  # without the value: it may hold a password
                    "WORKBENCH_KNOWLEDGE_DATABASES wants name=url, separated by commas; sqlite:/// and postgresql "
                    "are read."
                )
        return value
