"""The columns of a customer file: four that clusters are made of, and what the segment file also tells."""

from __future__ import annotations

from core.customers.vocabulary import AGE, AMOUNT, FREQUENCIES, FREQUENCY, OLDEST, SUBSCRIPTION
from core.datasets.schemas import ExpectedColumn, Schema

CUSTOMER_SCHEMA = Schema(
    "customers",
    (
        ExpectedColumn("Customer ID", "text", required=False, aliases=("id", "customer", "고객 ID", "고객번호")),
        ExpectedColumn(AGE, "integer", minimum=0, maximum=OLDEST, aliases=("age years", "나이", "연령")),
        ExpectedColumn("Gender", "category", required=False, aliases=("sex", "성별")),
        ExpectedColumn("Item Purchased", "category", required=False, aliases=("item", "product", "구매 상품", "상품")),
        ExpectedColumn("Category", "category", required=False, aliases=("item category", "카테고리", "분류")),
        ExpectedColumn(
            AMOUNT, "number", minimum=0,
            aliases=("purchase amount", "amount", "spend", "amount usd", "구매 금액", "결제 금액"),
        ),
        ExpectedColumn("Location", "category", required=False, aliases=("region", "state", "지역")),
        ExpectedColumn("Size", "category", required=False, aliases=("사이즈",)),
        ExpectedColumn("Color", "category", required=False, aliases=("colour", "색상")),
        ExpectedColumn("Season", "category", required=False, aliases=("계절",)),
        ExpectedColumn(
            "Review Rating", "number", required=False, minimum=0, maximum=5, aliases=("rating", "평점", "리뷰 평점")
        ),
        ExpectedColumn(
            SUBSCRIPTION, "category", levels=("Yes", "No"),
            aliases=("subscribed", "subscription", "구독", "구독 여부", "구독 상태"),
        ),
        ExpectedColumn("Payment Method", "category", required=False, aliases=("결제 수단",)),
        ExpectedColumn("Shipping Type", "category", required=False, aliases=("shipping", "배송 방식")),
        ExpectedColumn("Discount Applied", "category", required=False, aliases=("discount", "할인 적용")),
        ExpectedColumn("Promo Code Used", "category", required=False, aliases=("promo code", "쿠폰 사용")),
        ExpectedColumn(
            "Previous Purchases", "integer", required=False, minimum=0, aliases=("이전 구매 횟수",)
        ),
        ExpectedColumn("Preferred Payment Method", "category", required=False, aliases=("선호 결제 수단",)),
        ExpectedColumn(
            FREQUENCY, "category", levels=tuple(FREQUENCIES),
            aliases=("purchase frequency", "frequency", "구매 주기", "구매 빈도"),
        ),
    ),
)  # fmt: skip
