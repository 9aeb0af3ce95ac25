"""What surrounds the pages: settings of the server, language, and problems nobody foresaw."""

from __future__ import annotations

import tomllib

import pytest
from streamlit.testing.v1 import AppTest

from core.settings.current import Settings
from tests.conftest import PROJECT
from tests.ui.conftest import Opener


def test_when_the_server_starts_then_its_settings_keep_to_ours() -> None:
    config = tomllib.loads((PROJECT / "app" / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["browser"]["gatherUsageStats"] is False
    assert config["server"]["headless"] is True
    assert config["server"]["maxUploadSize"] == Settings.model_fields["upload_limit_mb"].default
    assert config["client"]["showErrorDetails"] == "none"


def test_when_no_language_is_chosen_then_the_setting_decides(home, settings_from) -> None:
    settings_from(WORKBENCH_LANGUAGE="ko")
    app = AppTest.from_file(str(PROJECT / "app" / "workbench.py"), default_timeout=60).run()
    assert app.title[0].value == "개요"


def test_when_the_language_is_switched_then_the_page_follows_at_once(open_page: Opener) -> None:
    app = open_page("runs", "en")
    app.segmented_control[0].set_value("ko")
    app.run()
    assert app.title[0].value == "실행 기록"
    assert app.query_params["lang"] in ("ko", ["ko"])


def test_when_something_unforeseen_happens_then_one_sentence_without_details_is_shown(
    home, capsys: pytest.CaptureFixture[str]
) -> None:
    def script() -> None:
        from app.ui.notices import say_unexpected

        assert say_unexpected(RuntimeError("secret path /somewhere"))

    app = AppTest.from_function(script).run()
    assert "RuntimeError" in app.error[0].value
    assert "/somewhere" not in app.error[0].value
    written = capsys.readouterr().err
    assert '"RuntimeError"' in written  # its kind and where it arose; the words of an error may be a person's
    assert "/somewhere" not in written
