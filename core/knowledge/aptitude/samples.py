"""Generated, seeded aptitude results: nobody is described, and every name says that it was made up."""

from __future__ import annotations

from typing import Any

import numpy as np

SAMPLE_SEED, SAMPLE_COUNT = 5, 30
NO_PREFERENCES, FEW_PREFERENCES = 7, 5  # every 7th has not answered, every 5th only some of the questions
TENDENCIES = {
    "탐구형": "원리를 캐묻고 자료를 모아 스스로 답을 찾으려 합니다.",
    "예술형": "새로운 표현을 즐기고 틀에 매이지 않습니다.",
    "사회형": "사람을 돕고 함께 일할 때 힘을 얻습니다.",
    "진취형": "목표를 세우고 앞장서서 이끌려 합니다.",
    "관습형": "정해진 절차를 지키고 꼼꼼하게 정리합니다.",
    "현실형": "손으로 만들고 몸으로 익히는 일을 좋아합니다.",
}
SKILLS = ("사실적 사고력", "추리적 사고력", "수직적 사고력", "수평적 사고력", "창의적 사고력", "분석적 사고력")
JOBS: dict[str, tuple[str, ...]] = {
    "탐구형": ("데이터 분석가", "화학 연구원", "기상 연구원"),
    "예술형": ("시각 디자이너", "게임 기획자", "향료 조향사"),
    "사회형": ("초등 교사", "상담사", "간호사"),
    "진취형": ("영업 관리자", "방송 연출가", "창업 기획자"),
    "관습형": ("회계사", "사서", "품질 관리자"),
    "현실형": ("기계 설계자", "항공 정비사", "조경 기술자"),
}
MAJORS: dict[str, tuple[str, ...]] = {
    "탐구형": ("통계학과", "화학과"), "예술형": ("디자인학과", "문예창작학과"), "사회형": ("교육학과", "간호학과"),
    "진취형": ("경영학과", "미디어학과"), "관습형": ("회계학과", "문헌정보학과"), "현실형": ("기계공학과", "조경학과"),
}  # fmt: skip
STYLES = {
    "시각형": ("그림과 도표로 정리하기", "조용하고 밝은 방"),
    "청각형": ("소리 내어 읽고 설명하기", "말소리를 내도 되는 공간"),
    "체험형": ("직접 만들고 실험하기", "움직일 수 있는 넓은 공간"),
}
COMPETENCIES = ("의사소통", "문제 해결", "자기 관리", "협업", "정보 활용")
FIELDS = ("자연과 환경", "기계와 기술", "사람과 교육", "숫자와 자료", "음악과 미술", "운동과 활동")
STRENGTHS = ("끈기 있게 매듭짓는 힘", "새로운 생각을 내는 힘", "다른 사람의 말을 듣는 힘")
WEAKNESSES = ("한꺼번에 많은 일을 벌이는 버릇", "결정을 오래 미루는 버릇", "세부를 지나치는 버릇")
EDUCATION = ("고등학교 재학", "대학교 재학", "대학교 졸업")


def sample_name(number: int) -> str:
    """`학생 017`: no person is called that."""
    return f"학생 {number:03d}"


def sample_records(*, count: int = SAMPLE_COUNT, seed: int = SAMPLE_SEED) -> tuple[dict[str, Any], ...]:
    """Records that `documents.aptitude_mapping` reads, numbered from 1.

    Each has draws of its own: record 3 is the same however many are asked for. Some lack their preferences, wholly or
    in part, so that a diagnosis of missing ones has something true to find.
    """
    return tuple(_record(number, np.random.default_rng([seed, number])) for number in range(1, count + 1))


def _record(number: int, rng: np.random.Generator) -> dict[str, Any]:
    tendencies = _drawn(rng, tuple(TENDENCIES), 3)
    first, second = tendencies[:2]
    style = _drawn(rng, tuple(STYLES), 1)[0]
    method, place = STYLES[style]
    skills = sorted(((int(rng.integers(35, 100)), name) for name in SKILLS), reverse=True)
    record: dict[str, Any] = {
        "person": f"sample-{number:03d}",
        "name": sample_name(number),
        "age": int(rng.integers(16, 30)),
        "education": _drawn(rng, EDUCATION, 1)[0],
        "tested_on": f"2025-{int(rng.integers(1, 13)):02d}-{int(rng.integers(1, 29)):02d}",
        "test_name": "적성 검사 (생성한 표본)",
        "tendencies": [
            {"name": one, "percentile": 95 - 12 * at - int(rng.integers(0, 10)), "meaning": TENDENCIES[one]}
            for at, one in enumerate(tendencies)
        ],
        "strength": _drawn(rng, STRENGTHS, 1)[0],
        "weakness": _drawn(rng, WEAKNESSES, 1)[0],
        "thinking_skills": [{"name": name, "score": score, "top_percent": 101 - score} for score, name in skills],
        "jobs": [
            {"name": job, "fit": 96 - 6 * at - int(rng.integers(0, 5)), "reason": f"{kind} 성향과 {skills[0][1]}"}
            for at, (kind, job) in enumerate((kind, job) for kind in (first, second) for job in JOBS[kind])
        ],
        "majors": [{"name": one} for one in (*MAJORS[first], MAJORS[second][0])],
        "learning_style": style,
        "learning_method": method,
        "learning_place": place,
        "competencies": [_competency(name, int(rng.integers(40, 100))) for name in COMPETENCIES],
    }
    return record | _preferences(number, rng)


def _competency(name: str, score: int) -> dict[str, Any]:
    return {"name": name, "score": score, "level": "높은" if score >= 80 else "보통" if score >= 60 else "낮은"}


def _preferences(number: int, rng: np.random.Generator) -> dict[str, Any]:
    if number % NO_PREFERENCES == 0:
        return {"preferences": [], "preference_answered": 0}
    kept = 1 if number % FEW_PREFERENCES == 0 else 3
    chosen = _drawn(rng, FIELDS, kept)
    shares = sorted((int(rng.integers(30, 100)) for _ in chosen), reverse=True)
    preferences = [{"name": name, "share": share} for name, share in zip(chosen, shares, strict=True)]
    return {"preferences": preferences, "preference_answered": 40 * kept}


def _drawn(rng: np.random.Generator, names: tuple[str, ...], count: int) -> tuple[str, ...]:
    return tuple(names[int(at)] for at in rng.permutation(len(names))[:count])
