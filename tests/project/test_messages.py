"""Every sentence of the core exists in both languages, with the same fields, and is used."""

from __future__ import annotations

import re
import string
import tomllib

import pytest

from core.messages import LANGUAGES, say
from core.security.policy import Permission
from tests.conftest import PROJECT

FILES = sorted((PROJECT / "core" / "messages").glob("*.toml"))
SENTENCES = {
    f"{path.stem}.{entry}": texts for path in FILES for entry, texts in tomllib.loads(path.read_text("utf-8")).items()
}


def code_of(*folders: str) -> str:
    found = (path for folder in folders for path in sorted((PROJECT / folder).rglob("*")))
    return "\n".join(path.read_text("utf-8") for path in found if path.suffix in {".py", ".ipynb"})


SOURCE = code_of("core", "app", "pages", "notebooks")
# Keys of page labels (app/ui/texts.toml) may look alike, so the pages are left out here.
WITHOUT_PAGES = code_of("core", "app/api", "notebooks")
BUILT = tuple(re.findall(r'f"([a-z_]+\.[a-z_]*)\{', SOURCE))  # keys put together, such as f"customers.rhythm_{...}"
ROOMS = "|".join(path.stem for path in FILES)


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("key", SENTENCES)
def test_when_a_sentence_exists_then_both_languages_say_it_with_the_same_fields(key: str) -> None:
    texts = SENTENCES[key]

    assert set(texts) == set(LANGUAGES)
    assert fields(texts["en"]) == fields(texts["ko"])
    assert re.search("[가-힣]", texts["ko"])
    assert not re.search("[가-힣]", texts["en"])


@pytest.mark.parametrize("key", SENTENCES)
def test_when_a_sentence_exists_then_something_says_it(key: str) -> None:
    is_said = f'"{key}"' in SOURCE or key.startswith(BUILT)

    assert is_said


def test_when_the_code_names_a_sentence_then_it_exists() -> None:
    named = set(re.findall(rf'"((?:{ROOMS})\.[a-z][a-z0-9_]*)"', WITHOUT_PAGES))
    files = {key for key in named if re.search(r"\.(toml|json|csv|py|db|log|npz|parquet)$", key)}

    actions = {key for key in named if f"audit.{key.replace('.', '_')}" in SENTENCES}  # as the audit log names them
    spans = set(re.findall(r'\b(?:span|traced)\("([a-z_.]+)"', WITHOUT_PAGES))  # steps of a trace
    assert named - files - actions - spans - set(Permission) - set(SENTENCES) == set()


def test_when_a_field_is_missing_then_it_is_a_bug_and_not_half_a_sentence() -> None:
    with pytest.raises(KeyError):
        say("artifacts.missing", "en", room="customers")
