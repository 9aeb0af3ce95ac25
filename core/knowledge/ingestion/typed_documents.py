"""Structured records become documents of stated types, by a mapping that is data (a TOML file)."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import BadInput
from core.knowledge.ingestion.sources import Listed, Origin, SourceItem, constant

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """A heading with its lines; each: the list of the record whose entries repeat them."""

    heading: str
    lines: tuple[str, ...]
    each: str | None = None


@dataclass(frozen=True)
class DocumentKind:
    """One type of document. needs: fields without which there is none. preview: name -> template or path."""

    type: str
    title: str
    needs: tuple[str, ...]
    sections: tuple[Section, ...]
    preview: Mapping[str, str]


@dataclass(frozen=True)
class RecordMapping:
    """How records become documents. key: the field that names a record, the same next time."""

    name: str
    key: str
    kinds: tuple[DocumentKind, ...]

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(kind.type for kind in self.kinds)


@dataclass(frozen=True)
class TypedDocument:
    """A document made from a record: Markdown, headings and sentences."""

    key: str
    type: str
    title: str
    markdown: str
    preview: Mapping[str, Any]


def read_mapping(text: str, *, name: str) -> RecordMapping:
    """Raises BadInput for a mapping that is not TOML, lacks a part, or reaches beyond plain fields."""
    try:
        data = tomllib.loads(text)
        kinds = tuple(_kind(one, name) for one in data["documents"])
        return RecordMapping(str(data["name"]), str(data["key"]), kinds)
    except tomllib.TOMLDecodeError as error:
        raise BadInput("knowledge.bad_mapping", name=name, reason=str(error)) from error
    except KeyError as error:
        raise BadInput("knowledge.bad_mapping", name=name, reason=f"{error.args[0]} is missing") from error


def table_rows(rows: Sequence[Record], *, key: str, title: str, name: str) -> Listed:
    """One document for each row of a table: a line for each column. key, title: columns.

    Raises BadInput for a column that is not there; once it is read, for a row without its key.
    """
    columns = list(rows[0]) if rows else []
    for wanted in (key, title):
        if rows and wanted not in columns:
            raise BadInput("knowledge.no_such_column", name=name, column=wanted, known=", ".join(columns)[:300])
    # Columns may be called anything, also what means something in a template.
    fields = {column: f"column_{number}" for number, column in enumerate(columns)}
    lines = tuple(f"{_literal(column)}: {{{field}}}" for column, field in fields.items())
    kind = DocumentKind("RECORD", "{title}", ("key",), (Section("", lines),), {})
    named = ({"key": row[key], "title": row[title], **{fields[one]: row[one] for one in columns}} for row in rows)
    return records(list(named), RecordMapping("rows", "key", (kind,)), name=name, origin="database")


def typed_documents(record: Record, mapping: RecordMapping) -> Iterator[TypedDocument]:
    """The documents that a record has the fields for."""
    for kind in mapping.kinds:
        if missing_fields(record, kind):
            continue
        title = _filled(kind.title, record) or kind.type
        sections = [found for one in kind.sections if (found := _section(one, record))]
        if sections:
            preview = {name: value for name, one in kind.preview.items() if (value := _shown(one, record))}
            markdown = "\n\n".join((f"# {title}", *sections)) + "\n"
            yield TypedDocument(f"{record[mapping.key]}/{kind.type}", kind.type, title, markdown, preview)


def missing_fields(record: Record, kind: DocumentKind) -> tuple[str, ...]:
    """Which of the fields that the kind needs are absent or empty."""
    return tuple(name for name in kind.needs if _is_absent(record.get(name)))


def records(rows: Iterable[Record], mapping: RecordMapping, *, name: str, origin: Origin = "records") -> Listed:
    """A source of typed documents; records that are gone take their documents with them.

    Raises BadInput, once it is read, for a row without its key.
    """
    prefix = f"{mapping.name}/{name}/"

    def listed() -> Iterator[SourceItem]:
        for number, row in enumerate(rows, start=1):
            if _is_absent(row.get(mapping.key)):
                raise BadInput("knowledge.row_without_key", name=name, row=number, field=mapping.key)
            for one in typed_documents(row, mapping):
                metadata = {"preview": dict(one.preview), "record": str(row[mapping.key])}
                read = constant(one.markdown.encode())
                name_of_file = f"{one.type.lower()}.md"
                yield SourceItem(prefix + one.key, name_of_file, origin, read, one.title, one.type, metadata)

    return Listed(name, listed, is_whole=True, origin=origin, prefix=prefix)


def _kind(data: Mapping[str, Any], name: str) -> DocumentKind:
    sections = tuple(Section(one["heading"], tuple(one["lines"]), one.get("each")) for one in data["sections"])
    kind = DocumentKind(data["type"], data["title"], tuple(data["needs"]), sections, data.get("preview", {}))
    for template in (kind.title, *(line for one in sections for line in one.lines), *kind.preview.values()):
        for field in _fields(template, name):
            if not field.replace("_", "").isalnum():  # "{person.__class__}" is no field of a record
                raise BadInput("knowledge.bad_mapping", name=name, reason=f"{{{field}}} is not a plain field")
    return kind


def _fields(template: str, name: str) -> list[str]:
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise BadInput("knowledge.bad_mapping", name=name, reason=f"{template}: {error}") from error
    return [field for _, field, _, _ in parts if field is not None]


def _section(section: Section, record: Record) -> str:
    entries: list[Record] = [record]
    if section.each is not None:
        found = record.get(section.each) or []
        entries = [{"rank": rank, **entry} for rank, entry in enumerate(found, start=1)]
    lines = [text for entry in entries for line in section.lines if (text := _filled(line, entry))]
    heading = [f"## {section.heading}"] if section.heading else []
    return "\n\n".join((*heading, "\n".join(f"- {line}" for line in lines))) if lines else ""


def _filled(template: str, record: Record) -> str:
    """The template with its fields; empty when one of them is absent."""
    named = {field: record.get(field) for _, field, _, _ in string.Formatter().parse(template) if field}
    if any(_is_absent(value) for value in named.values()):
        return ""
    return string.Formatter().vformat(template, (), {name: _one_line(value) for name, value in named.items()})


def _shown(template: str, record: Record) -> Any:
    """A preview: a filled template, else the value at a path such as `jobs.0.name` or `jobs.*.name`."""
    if "{" in template:
        return _filled(template, record)
    value: Any = record
    for step in template.split("."):
        if step == "*":
            return [entry.get(template.rpartition(".")[2]) for entry in value]
        value = value[int(step)] if step.isdigit() else value.get(step)
        if value is None:
            return None
    return value


def _one_line(value: object) -> str:
    """A value that opens no heading, list or table of its own."""
    return " ".join(str(value).split())


def _is_absent(value: object) -> bool:
    return value is None or value in ("", [], {})


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
