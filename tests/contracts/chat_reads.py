"""What the chat frontend reads, route by route and frame by frame (contract chat 1.1, 2)."""

from __future__ import annotations

from tests.contracts.reading import (
    INSTANT,
    NUMBER,
    OBJECT,
    PERCENT,
    SHARE,
    STRING,
    TEXT,
    TRUTH,
    WHOLE,
    Kind,
    Reads,
    one_of,
    or_absent,
    within,
)

WORD_OR_NUMBER = Kind("text or a number", lambda value: TEXT.fits(value) or NUMBER.fits(value))
STATES = one_of("pending", "running", "completed", "failed", "cancelled")

USER: Reads = {
    "id": TEXT, "name": TEXT, "type": one_of("personal", "organization_admin", "organization_member"),
    **dict.fromkeys(("ac_id", "sex", "productType", "state", "sessionCode"), or_absent(TEXT)),
    **dict.fromkeys(("isPaid", "isExpired"), or_absent(TRUTH)), "ins_seq": or_absent(WORD_OR_NUMBER),
}  # fmt: skip
LOGIN: Reads = {
    "success": one_of(True), "message": TEXT, **within("user", USER), "tokens.access": TEXT, "tokens.refresh": TEXT,
    "expires_at": INSTANT,
}  # fmt: skip
PAIR: Reads = {name: kind for name, kind in LOGIN.items() if not name.startswith("user.")}

REFUSED: Reads = {"message": TEXT, "code": TEXT, "details": OBJECT}
NOT_SIGNED_IN: Reads = {**REFUSED, "success": one_of(False)}
INVALID: Reads = {**REFUSED, "field_errors": OBJECT}
TOO_MANY: Reads = {**REFUSED, "retry_after": WHOLE}

SOURCE: Reads = {"id": TEXT, "type": TEXT, "title": TEXT, "preview": STRING, "relevance_score": SHARE}
ANSWER: Reads = {
    "conversation_id": TEXT, "response": TEXT, **within("retrieved_documents[]?", SOURCE), "confidence_score": SHARE,
    "processing_time": NUMBER, "timestamp": INSTANT,
}  # fmt: skip
FEEDBACK: Reads = {"feedback_id": TEXT, "message": TEXT}
PAGE: Reads = {"total": WHOLE, "page": WHOLE, "limit": WHOLE}
HISTORY: Reads = {
    **within("conversations[]", {
        "conversation_id": TEXT, "user_id": TEXT, "title": or_absent(TEXT), "created_at": INSTANT,
        "updated_at": INSTANT, "message_count": WHOLE, "last_message_preview": or_absent(STRING),
    }),
    **PAGE,
}  # fmt: skip
CONVERSATION: Reads = {
    "conversation_id": TEXT, "created_at": INSTANT, "updated_at": INSTANT,
    **within("messages[]", {
        "id": TEXT, "type": one_of("user", "assistant"), "content": TEXT, "timestamp": INSTANT,
        "confidence_score": or_absent(SHARE), "processing_time": or_absent(NUMBER),
    }),
}  # fmt: skip

JOB: Reads = {
    "job_id": TEXT, "status": STATES, "progress": PERCENT, "current_step": TEXT, "created_at": INSTANT,
    "updated_at": INSTANT, "estimated_completion_time": or_absent(INSTANT), "error_message": or_absent(TEXT),
}  # fmt: skip
JOBS: Reads = {**within("jobs[]", JOB), **PAGE}
BEGUN: Reads = {"job_id": TEXT, "progress_url": TEXT, "estimated_completion_time": or_absent(INSTANT)}
PROGRESS: Reads = {name: JOB[name] for name in JOB if name not in ("created_at", "updated_at")}
PROFILE: Reads = within("user", {
    "user_id": TEXT, "document_count": WHOLE, "conversation_count": WHOLE, "available_document_types[]?": TEXT,
    "last_conversation_at": or_absent(INSTANT), "processing_status": one_of("none", "pending", "completed", "failed"),
})  # fmt: skip
WORDS = Kind("a list of texts", lambda value: isinstance(value, list) and all(map(TEXT.fits, value)))
DOCUMENTS: Reads = {
    **within("documents[]", {
        "id": TEXT, "doc_type": TEXT, "title": TEXT, "preview.primary_tendency": or_absent(TEXT),
        "preview.top_skills": or_absent(WORDS), "preview.top_jobs": or_absent(WORDS),
        "preview.summary": or_absent(TEXT), "created_at": INSTANT, "updated_at": INSTANT,
    }),
    **PAGE,
}  # fmt: skip

FRAMES: dict[str, Reads] = {
    "status": {
        "timestamp": INSTANT, "data.status": one_of("processing", "generating", "complete"),
        "data.progress": or_absent(PERCENT), "data.message": TEXT,
    },
    "response": {"timestamp": INSTANT, **within("data", ANSWER)},
    "error": {"timestamp": INSTANT, "data.message": TEXT, "data.code": or_absent(TEXT)},
    "pong": {"timestamp": INSTANT, "data": OBJECT},
}  # fmt: skip
