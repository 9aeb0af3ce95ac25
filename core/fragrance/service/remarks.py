"""What customers say of recipes, perfumes and conversations, and how they rate them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import func, insert, select

from core.errors import BadInput
from core.security.policy import Permission, Principal, require
from core.storage.database import reading, utc_now, writing
from core.storage.perfumery_tables import fragrance_remarks as remarks

LONGEST = 2000  # letters of a comment that are kept


@dataclass(frozen=True)
class Rated:
    """How a recipe or perfume was rated: by how many, and the mean of 1 to 5."""

    subject_id: str
    count: int
    mean: float


def remark(subject: str, subject_id: str, *, rating: int | None, comment: str, principal: Principal) -> str:
    """Keep a remark on a recipe, a perfume or a service conversation; its id.

    rating: 1 to 5, None for words alone. Raises BadInput.
    """
    require(principal, Permission.FRAGRANCE_READ)
    if rating is not None and not 1 <= rating <= 5:
        raise BadInput("fragrance_service.rating_out_of_range", rating=rating)
    if rating is None and not comment.strip():
        raise BadInput("fragrance_service.empty_remark")
    made = str(uuid4())
    row = {"id": made, "owner": principal.id, "subject": subject, "subject_id": subject_id[:120], "rating": rating}
    with writing() as connection:
        connection.execute(insert(remarks).values(**row, comment=comment.strip()[:LONGEST], created_at=utc_now()))
    return made


def best_rated(subject: str, *, most: int, principal: Principal) -> tuple[Rated, ...]:
    """Those with the highest mean rating, more ratings first among equals; () where nobody rated any."""
    require(principal, Permission.FRAGRANCE_READ)
    mean, count = func.avg(remarks.c.rating), func.count(remarks.c.rating)
    rated = remarks.c.subject == subject, remarks.c.rating.is_not(None)
    chosen = select(remarks.c.subject_id, count, mean).where(*rated).group_by(remarks.c.subject_id)
    ordered = chosen.order_by(mean.desc(), count.desc(), remarks.c.subject_id).limit(most)
    with reading() as connection:
        return tuple(Rated(name, int(number), float(value)) for name, number, value in connection.execute(ordered))
