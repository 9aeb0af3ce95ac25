"""Every error the core raises on purpose.

    WorkbenchError
      BadInput             the visitor can mend it (422; 400 on chat routes)
        UploadRejected     a file that cannot become a dataset
        TooLarge           over a stated limit (413)
      NotSignedIn          401
      NotAllowed           403
      NotFound             404
      Conflict             the thing changed or is busy (409)
      Unavailable          something the answer needs is missing or down (503)
        ArtifactMissing    a trained model, or a file of it, is not there
        TooManyRequests    over a stated rate; later it may be asked again (429)
      StorageFull          507

An error carries a message key and its details, so that each face says it in the visitor's language.
"""

from __future__ import annotations

from core.messages import say


class WorkbenchError(Exception):
    """A problem with one clear sentence: what, which limit, and the way out."""

    def __init__(self, key: str, **details: object) -> None:
        self.key = key
        self.details = details
        super().__init__(say(key, "en", **details))

    @property
    def code(self) -> str:
        """The key as API clients see it: `uploads.too_large` becomes `UPLOADS_TOO_LARGE`."""
        return self.key.upper().replace(".", "_")

    def __reduce__(self) -> tuple[object, ...]:
        """Travels between processes by its key; the sentence is made again."""
        return _made_again, (type(self), self.key, self.details)

    def text(self, language: str = "en") -> str:
        """The sentence in `language` ("en" or "ko")."""
        return say(self.key, language, **self.details)


def _made_again(kind: type[WorkbenchError], key: str, details: dict[str, object]) -> WorkbenchError:
    return kind(key, **details)


class BadInput(WorkbenchError):
    """The visitor sent something that cannot be used and can mend it."""


class UploadRejected(BadInput):
    """A file that cannot become a dataset; nothing of it was stored."""


class TooLarge(BadInput):
    """Over a stated limit."""


class NotSignedIn(WorkbenchError):
    """No valid proof of who is asking."""


class NotAllowed(WorkbenchError):
    """Known, but without the permission."""


class NotFound(WorkbenchError):
    """No such thing, or not visible to this principal."""


class Conflict(WorkbenchError):
    """The thing changed meanwhile, is busy, or a finding stands in the way."""


class Unavailable(WorkbenchError):
    """Something the answer needs is missing or down; it may come back."""


class ArtifactMissing(Unavailable):
    """A trained model, or one file of it, is not where the champion table says."""


class TooManyRequests(Unavailable):
    """Over a stated rate; `details["retry_after"]` is the wait in whole seconds."""


class StorageFull(WorkbenchError):
    """The disk took no more; what was half written has been removed."""
