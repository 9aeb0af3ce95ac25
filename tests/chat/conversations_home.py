"""Questions that tests of the chat begin with."""

from __future__ import annotations

from typing import Any

from core.chat.answering import ask, wait_for
from core.chat.messages import Message
from core.chat.stored_questions import Asked
from core.security.policy import Principal
from tests.knowledge.collections_home import ANA

REFUND = "구매 후 며칠 안에 환불할 수 있습니까?"
UNKNOWN = "화성의 위성은 몇 개입니까?"
PATIENCE_S = 30.0
# Passages about other things: with hardly any others no word is rare.
OTHERS = """
# 근무 시간

출근은 오전 아홉 시, 퇴근은 오후 여섯 시입니다.

# 휴가

연차 휴가는 해마다 열다섯 날이며 석 달 전에 신청합니다.

# 식당

구내식당은 지하 일 층에 있고 점심은 무료입니다.

# 주차

주차장은 건물 뒤에 있으며 방문객은 두 시간까지 무료입니다.
""".encode()


def answered(question: str = REFUND, *, principal: Principal = ANA, **more: Any) -> tuple[Asked, Message]:
    """Ask and wait."""
    asked = ask(question, principal=principal, **more)
    return asked, wait_for(asked.answer_id, principal=principal, timeout_s=PATIENCE_S)
