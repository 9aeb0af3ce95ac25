"""Writes .env.example from the settings class: `python -m tests.project.env_example`."""

from __future__ import annotations

from pydantic import SecretStr

from core.settings.current import Settings, names_of
from core.settings.paths import PROJECT

HEADER = "# Every setting with its default. Environment > .env > profile file of APP_ENV > default.\n"


def env_example() -> str:
    lines = [HEADER]
    for field, info in Settings.model_fields.items():
        name, *aliases = names_of(field)
        also = [alias for alias in aliases if alias != name]
        default = info.default
        if isinstance(default, SecretStr):
            default = ""
        elif isinstance(default, list):
            default = ",".join(default)
        elif isinstance(default, bool):
            default = str(default).lower()
        elif default is not None and str(default).startswith(str(PROJECT)):
            default = "." + str(default).removeprefix(str(PROJECT))
        lines.append(f"# {info.description}" + (f" (also: {', '.join(also)})" if also else ""))
        lines.append(f"# {name}={default}\n")
    return "\n".join(lines)


if __name__ == "__main__":
    (PROJECT / ".env.example").write_text(env_example(), "utf-8")
