"""The planted effects of the synthetic impressions in words, and what was planted to mean nothing."""

from __future__ import annotations

from core.ctr.data.schema import BLOCKS
from core.ctr.samples.effects import Effect

EFFECTS = (
    Effect("inventory", "static", ("inventory_id",), {
        "en": "Each of the 18 inventories has its own click rate, evenly spread over 2.0 log-odds.",
        "ko": "지면 18곳마다 클릭률이 다르며, 로그 오즈로 2.0 범위에 고르게 퍼져 있습니다.",
    }),
    Effect("age_gender", "static", ("age_group", "gender"), {
        "en": "The youngest click most; gender matters in opposite directions for young and old.",
        "ko": "가장 어린 연령대가 가장 많이 클릭하고, 성별의 영향은 연령이 낮을 때와 높을 때 반대로 나타납니다.",
    }),
    Effect("hour", "static", ("hour",), {
        "en": "A daily wave: most clicks per impression at 3 o'clock, fewest at 15 o'clock.",
        "ko": "하루 주기가 있어 3시에 클릭률이 가장 높고 15시에 가장 낮습니다.",
    }),
    Effect("placement", "static", ("l_feat_4", "inventory_id"), {
        "en": "Each pair of l_feat_4 and inventory has an effect of its own (standard deviation 0.4).",
        "ko": "l_feat_4와 지면의 조합마다 고유한 효과가 있습니다(표준편차 0.4).",
    }),
    Effect("ad_set", "static", ("l_feat_14",), {
        "en": "Each ad set has an effect of its own (standard deviation 0.3); most ad sets are rare.",
        "ko": "광고 세트마다 고유한 효과가 있으며(표준편차 0.3), 대부분의 광고 세트는 드물게 나타납니다.",
    }),
    Effect("numbers", "static", ("history_a_1", "feat_b_4", "feat_d_3", "feat_e_1", "history_b_2"), {
        "en": "Two linear numbers, one threshold (feat_d_3 above 1.2) and one product (feat_e_1 with history_b_2).",
        "ko": "선형 효과 두 개, 문턱값 하나(feat_d_3이 1.2 초과), 곱 하나(feat_e_1과 history_b_2)가 있습니다.",
    }),
    Effect("hot_ids", "bag", ("seq",), {
        "en": "How often 20 hot ids occur anywhere in the sequence (per unit of log count); order is irrelevant.",
        "ko": "인기 ID 20개가 시퀀스 전체에 몇 번 나오는지가 영향을 줍니다(로그 횟수당). 순서는 상관없습니다.",
    }),
    Effect("recent_pair", "order", ("seq",), {
        "en": "One of 12 pairs of ids side by side in the last 10: more clicks in one order, fewer in the other.",
        "ko": "최근 10개 안에 12개 ID 쌍 중 하나가 나란히 있을 때, 한 순서면 클릭이 늘고 반대 순서면 줄어듭니다.",
    }),
    Effect("last_id", "order", ("seq",), {
        "en": "The most recent id: 60 ids raise the click rate, 60 lower it.",
        "ko": "가장 최근 ID의 영향입니다. ID 60개는 클릭률을 높이고 60개는 낮춥니다.",
    }),
    Effect("trend", "order", ("seq",), {
        "en": "Whether 40 ids became more frequent: their log count in the last 20 events against the 20 before.",
        "ko": "ID 40개가 더 잦아졌는지가 영향을 줍니다. 최근 20개 이벤트와 그 앞 20개의 로그 횟수를 비교합니다.",
    }),
    Effect("return_after_gap", "order", ("seq",), {
        "en": "The last id comes back after 20 to 60 events: more clicks; repeated within 3 events: fewer (-0.6).",
        "ko": "마지막 ID가 20~60개 이벤트 만에 다시 나오면 클릭이 늘고, 3개 이벤트 안에 반복되면 줄어듭니다(-0.6).",
    }),
    Effect("drift", "time", ("day_of_week", "hour", "inventory_id"), {
        "en": "From the first to the last row the click rate sinks by 0.4 log-odds, two thirds of the inventory "
              "effect fade, and a third of the traffic moves to inventory 36.",
        "ko": "첫 행에서 마지막 행까지 클릭률이 로그 오즈로 0.4 낮아지고, 지면 효과의 3분의 2가 사라지며, "
              "트래픽의 3분의 1이 36번 지면으로 옮겨 갑니다.",
    }),
)  # fmt: skip
STATIC_AND_ORDER = tuple(effect.id for effect in EFFECTS if effect.id != "drift")  # what a sample has by default
ORDER_EFFECTS = tuple(effect.id for effect in EFFECTS if effect.group == "order")

# Structure without any effect on clicks, for the gate and the importance methods to see through.
NOISE_COLUMNS = (*BLOCKS["feat_a"], *BLOCKS["feat_c"])  # independent of everything
COLLINEAR_COLUMNS = BLOCKS["history_b"][2:]  # history_b_3..30: one quantity, 28 times (correlations above 0.98)
CONSTANT_COLUMNS = ("l_feat_20", "l_feat_23")
COPIES = {"l_feat_16": "l_feat_3", "l_feat_17": "l_feat_9"}  # the first is cell by cell the second
