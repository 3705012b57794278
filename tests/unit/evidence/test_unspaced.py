"""Numbers, negations and stretches of scripts without blanks."""

from __future__ import annotations

import time

import pytest

from ragqa.corpus.analyze import get_analyzer
from ragqa.evidence.unspaced import apart, number, stretch
from ragqa.wording import wording_of

CHINESE = wording_of("zh")
STEM = get_analyzer("zh").tokens


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("三百五十", "350"),
        ("十二", "12"),
        ("二〇〇七", "2007"),
        ("一千万", "10000000"),
        ("3亿5千万", "350000000"),
        ("一万亿", "1000000000000"),
        ("一百二", "120"),
        ("一百零二", "102"),
        ("两万五", "25000"),
        ("3.5万", "35000"),
        ("1,200", "1200"),
        ("三点五", "3.5"),
        ("万", "10000"),
        ("壹佰", "100"),
    ],
)
def test_numbers_in_digits(written, digits):
    assert number(written) == digits


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("保修期为三年", "保修期为 3 年"),
        ("通车于2007年5月3日", "通车于 2007年 5月 3 日"),
        ("超过5万辆", "超过 50000 辆"),
        ("350多公里以上", "350 公里 多 以上"),
        ("百分之三十", "30 %"),
        ("三分之一", "1/3"),
        ("保修期不是两年", "保修期 不是 2 年"),
        ("5千克", "5 千克"),
        ("3亿5千万元", "350000000 元"),
        ("不锈钢与其他", "不锈钢与其他"),
        ("电话400-810-1234", "电话 400-810-1234"),
        ("下午14:30", "下午 14:30"),
        ("一般", "一般"),
        ("使用Python开发", "使用 Python 开发"),
    ],
)
def test_what_tells_is_set_apart(text, words):
    assert apart(text, CHINESE).split() == words.split()


def test_a_language_with_blanks_stays_as_it_is():
    assert apart("保修期为三年", wording_of("en")) == "保修期为三年"


def left(word: str, other: str) -> str:
    own = stretch(word, CHINESE, STEM)
    return "" if own is None else "".join(word[place] for place in sorted(own.left(set(STEM(other)), own.needed)))


@pytest.mark.parametrize(
    ("word", "other", "missing"),
    [
        ("管理员为李大明", "管理员为王小明", "李大明"),
        ("王小明是管理员", "管理员为王小明", ""),
        ("通车于", "通车", ""),
        ("甲打败乙", "乙打败甲", "甲乙"),
        ("大橋通車", "大桥通车", ""),
        ("的", "是", ""),
    ],
)
def test_a_stretch_is_found_by_neighbouring_characters(word, other, missing):
    assert left(word, other) == missing


def test_time_grows_with_the_length_alone():
    for piece in ("一", "万", "不", "1,", "超过", "百分之", "的", "5 "):
        start = time.perf_counter()
        apart(f"中{piece * 20_000}", CHINESE)
        assert time.perf_counter() - start < 20
