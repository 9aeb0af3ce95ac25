"""What the pages and the API listen on, show and take in."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from core.settings.fields import CommaList, named


class PagesAndApi(BaseModel):
    """What the pages and the API listen on, show and take in."""

    api_host: str = Field(
        "127.0.0.1", validation_alias=named("API_HOST", "API_HOST"), description="address the API listens on"
    )
    api_port: int = Field(
        8000,
        ge=1,
        le=65535,
        validation_alias=named("API_PORT", "API_PORT"),
        description="port of the API; the existing frontends expect 8000",
    )
    api_workers: int = Field(
        1,
        ge=1,
        le=64,
        validation_alias=named("API_WORKERS"),
        description="processes that answer requests to the API; nothing is kept in the memory of one alone [processes]",
    )
    ui_host: str = Field("127.0.0.1", validation_alias=named("UI_HOST"), description="address the pages listen on")
    ui_port: int = Field(8501, ge=1, le=65535, validation_alias=named("UI_PORT"), description="port of the pages")
    lab_port: int = Field(
        8888, ge=1, le=65535, validation_alias=named("LAB_PORT"), description="port of JupyterLab (`workbench lab`)"
    )
    routes: CommaList = Field(
        ["customers", "ctr", "images", "chat", "fragrance"],
        validation_alias=named("ROUTES"),
        description="capabilities the API mounts, separated by commas",
    )
    preload: CommaList = Field(
        ["customers", "images", "chat", "fragrance"],
        validation_alias=named("PRELOAD"),
        description="what the API loads in the background after it listens; chat counts for the pages too",
    )
    cors_origins: CommaList = Field(
        ["http://localhost:3000", "http://localhost:5173"],
        validation_alias=named("CORS_ORIGINS", "CORS_ORIGINS", "ALLOWED_ORIGINS"),
        description="origins that may call the API from a browser, separated by commas; never *",
    )
    language: Literal["auto", "ko", "en"] = Field(
        "auto",
        validation_alias=named("LANGUAGE"),
        description="language of the pages; auto follows the browser",
    )
    upload_limit_mb: int = Field(
        500,
        ge=1,
        le=8192,
        validation_alias=named("UPLOAD_LIMIT_MB"),
        description="largest file an upload may have [MB]",
    )
    batch_limit: int = Field(
        10_000,
        ge=1,
        validation_alias=named("BATCH_LIMIT"),
        description="most profiles in one batch call [profiles]",
    )
    brand_name: str = Field(
        "Analyst Workbench", validation_alias=named("BRAND_NAME"), description="name on the cover of PDF reports"
    )
    pdf_font: str = Field(
        "",
        validation_alias=named("PDF_FONT"),
        description=".ttf file with Hangul that PDF reports embed; empty means NanumGothic of koreanize-matplotlib",
    )

    @property
    def upload_limit_bytes(self) -> int:
        """The largest upload in bytes; 1 MB is 2**20 of them, as Streamlit's own file field counts."""
        return self.upload_limit_mb * 2**20
