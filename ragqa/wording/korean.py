"""Korean. Particles and endings are written to their words, and most negations stand behind what they deny."""

from __future__ import annotations

from ragqa.wording.words import Wording, forms, words

_MEASURES = forms(
    "km 킬로미터 킬로, m 미터, cm 센티미터, mm 밀리미터, kg 킬로그램, g 그램, tonne 톤, % % ％ 퍼센트 프로, 원 "
    "원, $ 달러, € 유로, "
    "년 년 년간, 살 살 세, 개월 개월 달, 주 주 주일, 일 일 일간, 시 시, 시간 시간, 분 분, 초 초, 세기 세기, 명 "
    "명 사람 인, 번 번 회, 배 배, "
    "층 층, 대 대, 권 권, 장 장, 개 개, 건 건, 곳 곳, 호 호"
)

KOREAN = Wording(
    language="ko",
    months={f"{number}월": number for number in range(1, 13)},
    ordinals=("년",),
    negations=words("않 아니 아닌 아닙 없 못 불가 금지 안된"),
    bounds=forms("제 제, >= 최소 적어도, <= 최대, nearly 약 거의, bc 기원전, - 영하"),
    units=_MEASURES,
    pronouns=words("그는 그가 그의 그녀 그들 이는 이것 그것 이곳 그곳"),
    joined=True,
    bounds_behind=forms("> 이상 초과 넘, < 이하 미만 이내, before 이전 전 까지, after 이후 후, since 부터"),
    fillers=words(
        "은 는 이 가 을 를 에 에서 의 와 과 도 로 으로 이다 입니다 했다 하였다 되었다 된다 한다 있다 있습니다 "
        "였다 이었다 및 그리고 다 지"
    ),
    negations_last=True,
)
