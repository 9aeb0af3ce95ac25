"""Whether a message sounds content or annoyed: a count of telling words, nothing more, and it says so."""

from __future__ import annotations

import unicodedata
from typing import Literal

Sentiment = Literal["positive", "neutral", "negative"]
METHOD = "words"
PLEASED = (
    "감사", "고마", "좋아", "좋네", "좋았", "최고", "만족", "마음에 들", "훌륭", "예뻐",
    "thank", "great", "love", "perfect", "happy", "wonderful", "excellent", "nice",
)  # fmt: skip
ANNOYED = (
    "불만", "짜증", "화가", "화나", "최악", "실망", "환불", "파손", "문제", "불편", "엉망", "늦", "안 좋", "별로",
    "angry", "terrible", "worst", "disappoint", "broken", "complain", "refund", "problem", "annoy", "bad", "awful",
    "unhappy", "not happy", "not good",
)  # fmt: skip


def sentiment(message: str) -> Sentiment:
    """Annoyed where more annoyed words than pleased ones stand in it; a word within another's is counted once."""
    text = unicodedata.normalize("NFC", message).casefold()
    annoyed = [word for word in ANNOYED if word in text]
    pleased = [word for word in PLEASED if word in text and not any(word in other for other in annoyed)]
    if len(annoyed) == len(pleased):
        return "neutral"
    return "negative" if len(annoyed) > len(pleased) else "positive"
