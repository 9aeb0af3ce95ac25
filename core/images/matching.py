"""From a picture's bytes to a verdict with its reasons: the one path that pages, the API and notebooks share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from core.embeddings.picture_models import image_encoder
from core.errors import BadInput, Conflict, NotFound, Unavailable, WorkbenchError
from core.images.decoding import Note, shown_name
from core.images.domains import domain_folder, list_domains, open_domain
from core.images.ingestion import ClassPicture, Ingestion, Refusal
from core.images.names import english_name, nfc
from core.images.prototypes import Prototypes, require_same_encoder
from core.images.references import Reference, nearest, references_behind
from core.images.seen_pictures import SeenPicture, look_at
from core.images.verdict import TOP_K_LIMIT, Match, claim, in_words, match_prototypes
from core.messages import say
from core.security.policy import Principal
from core.telemetry.metrics import count_match

if TYPE_CHECKING:
    from core.embeddings.onnx_runtime import Precision
    from core.embeddings.picture_models import ImageEncoder

SHOWN_CLASSES, SHOWN_PICTURES = 2, 3  # reference pictures of the best classes


@dataclass(frozen=True)
class Recognition:
    """The verdict of one domain on one picture, and the way back to what it rests on.

    names: Korean -> English, of the domain. references: the domain's own pictures most alike to it, of the best
    classes; empty for a domain that was imported without pictures. built_by, calibrated_by: run ids or None.
    """

    domain: str
    file_name: str
    sha256: str
    width: int
    height: int
    format: str
    notes: tuple[Note, ...]
    match: Match
    names: Mapping[str, str]
    references: tuple[Reference, ...]
    encoder_id: str
    built_by: str | None
    calibrated_by: str | None

    def english(self, name: str) -> str:
        """The English name of a class, else the name itself."""
        return english_name(name, self.names)

    def words(self, language: str) -> str:
        """What the domain's rule lets through, for a person."""
        key, details = in_words(self.match.thresholds)
        return say(key, language, **details)


@dataclass(frozen=True)
class Recognised:
    """One file of an archive: number (from 1) of total; a recognition or the error that kept it from one.

    class_name: the folder it lay in, "" where it lay in none.
    """

    number: int
    total: int
    class_name: str
    file_name: str
    recognition: Recognition | None
    error: WorkbenchError | None


@dataclass(frozen=True)
class EverywhereAnswer:
    """One picture asked of every domain. claimed_by: the domain that claims it most surely, or None.

    problems: the domains that could not answer, and why.
    """

    claimed_by: str | None
    recognitions: dict[str, Recognition]
    problems: dict[str, WorkbenchError]


def encoder_of(prototypes: Prototypes) -> ImageEncoder:
    """The encoder that made these prototypes; for old files, which do not name it, that of the setting.

    Raises Unavailable when it cannot be loaded, Conflict when it is not the same any more.
    """
    parts = (prototypes.encoder_id or "").split(":")
    precision = cast("Precision", parts[-2]) if prototypes.image_model and len(parts) > 2 else None
    encoder = image_encoder(prototypes.image_model, precision=precision)
    require_same_encoder(prototypes, encoder)
    return encoder


def recognise(
    content: bytes, *, name: str, domain: str | None = None, top_k: int = 3, principal: Principal
) -> Recognition:
    """The verdict on a picture. name: what the visitor calls it. domain: None asks the default domain.

    Raises BadInput or TooLarge for content that is no usable picture, NotFound for the domain, Conflict when the
    domain was built with another encoder.
    """
    prototypes = open_domain(domain, principal=principal)
    seen = look_at(content, name=name, encoder=encoder_of(prototypes))
    return _recognition(seen, prototypes, name=name, top_k=top_k)


def fetch_picture(url: str) -> tuple[bytes, str]:
    """The content behind a visitor's address, and the name to call it by."""
    from urllib.parse import unquote, urlsplit

    from core.security.outbound.fetching import fetch

    fetched = fetch(url)
    return fetched.content, shown_name(unquote(urlsplit(fetched.final_url).path))


def recognise_everywhere(content: bytes, *, name: str, top_k: int = 3, principal: Principal) -> EverywhereAnswer:
    """Ask every domain that is built; nobody may claim the picture. Raises NotFound when there is none to ask."""
    built = [one.name for one in list_domains(principal=principal) if one.is_built]
    if not built:
        raise NotFound("images.no_such_domain", domain="-", known="-")
    found: dict[str, Recognition] = {}
    problems: dict[str, WorkbenchError] = {}
    for domain in built:
        try:
            prototypes = open_domain(domain, principal=principal)
            encoder = encoder_of(prototypes)
        except (BadInput, NotFound, Conflict, Unavailable) as error:
            problems[domain] = error
            continue
        seen = look_at(content, name=name, encoder=encoder)
        found[domain] = _recognition(seen, prototypes, name=name, top_k=top_k)
    return EverywhereAnswer(claim({domain: one.match for domain, one in found.items()}), found, problems)


def recognise_archive(
    source: Path, *, name: str, domain: str | None = None, top_k: int = 3, principal: Principal
) -> Iterator[Recognised]:
    """Every file of a ZIP or folder, as it is done; one that cannot be read is told and the next one follows.

    Folders count as class names of any kind; files may also lie in none. Raises before the first file as
    `recognise` does for the domain, and UploadRejected or TooLarge for the archive as a whole.
    """
    prototypes = open_domain(domain, principal=principal)
    encoder = encoder_of(prototypes)
    if not 1 <= top_k <= TOP_K_LIMIT:
        raise BadInput("images.top_k", limit=TOP_K_LIMIT, top_k=top_k)
    with Ingestion(source, name=name, loose_class="", class_of=nfc) as ingestion:
        for number, (file, answer) in enumerate(_looked_at(ingestion, encoder), start=1):
            found = answer if isinstance(answer, SeenPicture) else None
            yield Recognised(
                number,
                ingestion.total,
                file.class_name,
                file.file_name,
                _recognition(found, prototypes, name=file.file_name, top_k=top_k) if found else None,
                None if isinstance(answer, SeenPicture) else answer,
            )


def _looked_at(
    ingestion: Ingestion, encoder: ImageEncoder
) -> Iterator[tuple[ClassPicture | Refusal, SeenPicture | BadInput]]:
    """Every file with what was seen in it or why nothing was, in their order."""
    for picture in ingestion:
        yield from ((one, one.error) for one in ingestion.newly_refused())
        try:
            yield picture, look_at(picture.content, name=picture.file_name, encoder=encoder)
        except BadInput as error:
            yield picture, error
    yield from ((one, one.error) for one in ingestion.newly_refused())


def _recognition(seen: SeenPicture, prototypes: Prototypes, *, name: str, top_k: int) -> Recognition:
    match = match_prototypes(seen.vector, prototypes, top_k=top_k)
    count_match(is_unknown=match.is_unknown)
    references = references_behind(domain_folder(prototypes.domain), prototypes)
    best = [one for one, _ in match.top[:SHOWN_CLASSES]]
    shown = nearest(seen.vector, references, prototypes, classes=best, count=SHOWN_PICTURES) if references else ()
    return Recognition(
        domain=prototypes.domain,
        file_name=shown_name(name),
        sha256=seen.sha256,
        width=seen.width,
        height=seen.height,
        format=seen.format,
        notes=seen.notes,
        match=match,
        names=prototypes.names,
        references=shown,
        encoder_id=prototypes.encoder_id or encoder_of(prototypes).id,
        built_by=prototypes.built_by,
        calibrated_by=prototypes.calibrated_by,
    )
