"""What is left of an answer, by language, against each benchmark's rule written out step by step."""

from __future__ import annotations

import re
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.judging.normalize import answer_tokens, normalize

# CMRC 2018's list of what it takes out, its last entry a pair that no single character equals.
CMRC = [*"-:_*^/\\~`+=", *"，。：？！“”；’《》·、「」（）－～『』", "……"]
CHINESE = st.text("红楼梦京1a. ,-:%…，。《》（x）'", max_size=12)


@given(st.text("aAnthe 1.5-’'é", max_size=12) | st.text(max_size=30))
def test_english_is_squads(text):
    """Lower case, then ASCII punctuation, then articles, then white space, as the official script does it."""
    kept = "".join(char for char in text.lower() if char not in string.punctuation)
    expected = " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split())
    assert normalize(text) == normalize(text, "en") == expected
    assert answer_tokens(text) == tuple(expected.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Eiffel Tower!", "eiffel tower"),
        ("a.b.c.", "abc"),
        ("An apple a day", "apple day"),
        ("the", ""),
        ("北京", "北京"),
        ("1.5", "15"),
    ],
)
def test_english_by_hand(text, expected):
    assert normalize(text) == expected


@given(CHINESE)
def test_chinese_is_that_of_cmrc(text):
    assert normalize(text, "zh") == "".join(char for char in text.lower().strip() if char not in CMRC)


@given(CHINESE)
def test_chinese_segments_are_all_that_is_left_but_blanks(text):
    segments = answer_tokens(text, "zh")
    assert "".join(segments) == "".join(normalize(text, "zh").split())
    assert all(len(segment) == 1 for segment in segments if any("\u4e00" <= char <= "\u9fa5" for char in segment))


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("在1937年 May", ["在", "1937", "年", "may"]),
        ("《红楼梦》，1.5%", ["红", "楼", "梦", "1.5", "%"]),
        ("1,000人", ["1,000", "人"]),
        ("a-b c_d", ["ab", "cd"]),  # what is taken out does not part words
        ("Hong Kong (HK).", ["hong", "kong", "(", "hk", ")", "."]),
        ("It's, e.g.", ["it", "'s", ",", "e.g", "."]),
        ("naïve café…", ["naïve", "café…"]),
        ("«ab»", ["«", "ab", "»"]),
        ("nai\u0308ve", ["nai\u0308ve"]),
        ("。", []),
        ("", []),
    ],
)
@pytest.mark.parametrize("language", ["zh", "zh-hans", "zh-hant"])
def test_chinese_segments_by_hand(text, segments, language):
    assert list(answer_tokens(text, language)) == segments


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("¡A  La\tCasa!", "es", "a la casa"),
        ("the house", "de", "the house"),
        ("l’«été»", "fr", "lété"),
        ("5 € + 3", "de", "5 € + 3"),  # signs are no punctuation
        ("१९३७।", "hi", "१९३७"),
        ("٪50،", "ar", "50"),
    ],
)
def test_other_languages_by_hand(text, language, expected):
    assert normalize(text, language) == expected
    assert answer_tokens(text, language) == tuple(expected.split())


@given(st.text(max_size=30), st.sampled_from(["de", "ar", "th"]))
def test_other_languages_lose_punctuation_and_nothing_else(text, language):
    kept = "".join(char for char in text.lower() if unicodedata.category(char)[0] != "P")
    assert normalize(text, language) == " ".join(kept.split())


@given(st.text(max_size=30))
def test_twice_is_once(text):
    once = normalize(text, "es")
    assert normalize(once, "es") == once
