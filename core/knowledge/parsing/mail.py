"""A mail: who wrote to whom and when, its words, and the files that came with it, each a document of its own."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from core.errors import BadInput
from core.knowledge.parsing.composing import Composer, one_line
from core.knowledge.parsing.documents import Attachment, ParsedDocument
from core.knowledge.parsing.plain import add_plain

SHOWN = ("From", "To", "Cc", "Date", "Subject")
# Every way in which the standard library says that a header or a part is broken.
BROKEN = (AttributeError, IndexError, KeyError, LookupError, TypeError, ValueError, AssertionError, RecursionError)
Parse = Callable[[bytes, str], ParsedDocument]


def add_mail(content: bytes, composer: Composer, parse_attached: Parse) -> tuple[str, tuple[Attachment, ...]]:
    """Subject and attachments; headers and words go to `composer`.

    Where a mail brings the same words as plain text and as a page, the plain text is taken.
    An attachment that cannot be read is listed with its reason and holds up nothing.
    """
    try:
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        headers = [f"{label}: {one_line(str(message[label]))}" for label in SHOWN if message[label]]
        subject = one_line(str(message["Subject"] or ""))
        body = message.get_body(("plain", "html"))
        parts = [] if body is message else list(message.iter_attachments())
        words = _words(body) if body is not None else ""
    except BROKEN as error:
        raise BadInput("knowledge.damaged", name=composer.name, format="EML") from error
    composer.add("paragraph", "\n".join(headers))
    if body is not None and body.get_content_type() == "text/html":
        from core.knowledge.parsing.web import add_page

        add_page(words, composer)
    else:
        add_plain(words, composer)
    if len(parts) > composer.limits.max_attachments:
        composer.note("knowledge.too_many_attachments", limit=composer.limits.max_attachments, count=len(parts))
    taken = parts[: composer.limits.max_attachments]
    return subject, tuple(_attached(part, number, parse_attached) for number, part in enumerate(taken, 1))


def _attached(part: Any, number: int, parse_attached: Parse) -> Attachment:
    name = f"attachment-{number}"
    try:
        is_mail = part.get_content_type() == "message/rfc822"
        name = one_line(part.get_filename() or f"{name}{'.eml' if is_mail else ''}")
        inner = part.get_payload(0) if is_mail else part
        content = inner.as_bytes() if is_mail else inner.get_payload(decode=True)
    except BROKEN:
        return Attachment(name, None, BadInput("knowledge.damaged", name=name, format="EML"))
    try:
        return Attachment(name, parse_attached(content or b"", name))
    except BadInput as problem:
        return Attachment(name, None, problem)


def _words(body: Any) -> str:
    """The words of a part; letters that its stated encoding does not know are marked, none is dropped."""
    content = body.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    from core.knowledge.parsing.text_encodings import MEANT

    charset = str(body.get_content_charset() or "utf-8")
    for encoding in (charset, MEANT.get(charset.lower(), "utf-8"), "utf-8"):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("utf-8", "replace")
