"""DPR's has-answer rule."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.errors import SourceError
from ragqa.judging.matching import _SCRIPTS_WITHOUT_BLANKS, AnswerFinder, _words, has_answer, places


@pytest.mark.parametrize(
    ("text", "answer", "found"),
    [
        ("It opened in 1937.", "1937", True),
        ("It has 19375 seats.", "1937", False),
        ("the U.S. Army", "u.s.", True),
        ("Beyonce\u0301 sang", "Beyoncé", True),
        ("Beyoncé sang", "Beyonc", False),
        ("東京は日本の首都", "日本", True),
        ("a b c", "a c", False),
        ("anything", "", False),
        ("foo_bar", "foo", True),
        ("Straße", "STRASSE", False),  # lower case, not folded
        ("ÉCOLE normale", "école", True),
        ("हिन्दी भाषा", "हिन्दी", True),
        ("हिन्दी भाषा", "हिन", False),  # vowel signs belong to the word
        ("สวัสดีชาวโลก", "ชาว", True),
        ("ブラームスの", "フ", False),  # a sign of voice belongs to its character
        ("1937年5月", "1937年", True),
        ("1937年5月", "937年", False),
        ("New\u00a0York\u200b,", "new york,", True),  # what cannot be seen is not there
        ("a\x1fb", "a b", True),
        ("one two", "two one", False),
    ],
)
def test_by_hand(text, answer, found):
    assert has_answer(text, [answer]) is found


def test_patterns():
    assert has_answer("It opened on 27 May 1937.", [r"27 may \d{4}"], pattern=True)
    assert not has_answer("It opened in June.", [r"May"], pattern=True)
    with pytest.raises(SourceError, match="regular expression"):
        has_answer("text", ["(unclosed"], pattern=True)
    assert has_answer("first\nMay 27", [r"^may \d+$"], pattern=True)
    assert not has_answer("a\nb", ["a.b"], pattern=True)
    assert has_answer("Beyoncé", ["BEYONCÉ"], pattern=True)
    assert not has_answer("text", ["(?=text)"], pattern=True) and has_answer("text", ["x*"], pattern=True)


@pytest.mark.parametrize(
    ("text", "answers", "quotes"),
    [
        ("about 10 % more", ["10%"], ["10 %"]),
        ("about 10% more, or 110%", ["10 %"], ["10%"]),
        ("1937 was dry; in 1937 and 11937", ["1937"], ["1937", "1937"]),
        ("Ho ho ho!", ["ho ho"], ["Ho ho", "ho ho"]),  # they overlap
        ("the Rhine, the rhine", ["Rhine", "the Rhine"], ["the Rhine", "Rhine", "the rhine", "rhine"]),
        ("by Beyonce\u0301 and Beyoncé.", ["beyoncé"], ["Beyonce\u0301", "Beyoncé"]),
        ("Émile Zola, Ǻngström", ["zola", "ångström"], ["Zola"]),
        ("a\u0323\u0301, ạ́, ọ́ vẽ", ["ạ\u0301", "vẽ"], ["a\u0323\u0301", "ạ́", "vẽ"]),
        ("İzmir and İstanbul", ["İSTANBUL", "i\u0307zmir"], ["İzmir", "İstanbul"]),
        ("a ≠ b", ["="], ["≠"]),  # NFD takes it apart; a place has whole characters
        ("東京は日本の首都。日本人", ["日本", "首都"], ["日本", "首都", "日本"]),
        ("北京2008年奥运会", ["2008", "2008年", "08年", "奥运"], ["2008", "2008年", "奥运"]),
        ("สวัสดีชาวโลก", ["ชาว", "โลก"], ["ชาว", "โลก"]),
        ("ที่นี่", ["ที"], []),  # a tone mark belongs to its character
        ("서울은 한국의 수도", ["한국의", "한국"], ["한국의"]),  # Korean has blanks
        ("anything", ["", " "], []),
    ],
)
def test_places_by_hand(text, answers, quotes):
    found = places(text, answers)
    assert [text[start:end] for start, end in found] == quotes
    assert found == sorted(set(found)) and bool(found) is has_answer(text, answers)


def test_places_of_patterns():
    text = "Beyonce\u0301 sang on May 27,\nMAY 1937; Élan"
    found = places(text, [r"may \d+", r"^may", "BEYONCÉ", "x*", "lan", "e"], pattern=True)
    quotes = [text[start:end] for start, end in found]
    assert quotes == ["Beyonce\u0301", "e", "e\u0301", "May 27", "MAY", "MAY 1937", "É", "lan"]
    with pytest.raises(SourceError, match="regular expression"):
        places("text", ["(unclosed"], pattern=True)


@pytest.mark.parametrize(
    "answer", ["(unclosed", "*", "[z-a]", "(?<name", "a{99999999999}", "a{" + "9" * 5000 + "}", "\\"]
)
def test_what_is_no_pattern_is_named(answer):
    with pytest.raises(SourceError) as raised:
        has_answer("text", ["text", answer], pattern=True)
    assert repr(answer) in str(raised.value)


def test_rows_come_back_in_the_order_asked_for():
    finder = AnswerFinder(["the Rhine", "the Rhône", "both: Rhine, Rhône"])
    assert finder.contains([2, 0, 1, 0], ["Rhine"]).tolist() == [True, True, False, True]
    assert finder.contains([0, 1], ["Rhône", "Elbe"]).tolist() == [False, True]
    assert finder.contains([1, 0], ["rh.ne", "elbe"], pattern=True).tolist() == [False, True]
    nothing = finder.contains([], ["Rhine"])
    assert nothing.shape == (0,) and nothing.dtype == bool
    assert not finder.contains([0, 1], []).any() and not finder.contains([0, 1], [], pattern=True).any()


def category_words(text):
    """DPR's rule by Unicode categories, character by character; no scripts without blanks."""
    words, joined = [], False
    for char in unicodedata.normalize("NFD", text).lower():
        kind = unicodedata.category(char)[0]
        if kind in "LNM":
            words[len(words) :] = [] if joined else [""]
            words[-1] += char
        elif kind not in "ZC":
            words.append(char)
        joined = kind in "LNM"
    return words


def without_blanks(char):
    return any(low <= ord(char) <= high for low, high in _SCRIPTS_WITHOUT_BLANKS)


def test_every_character_is_sorted_as_its_category_says():
    """A word is one that stands alone between two others; so each character, after and before a letter."""
    for code in [*range(0x32000), *range(0xE0000, 0xE0200), 0x10FFFF]:
        char = chr(code)
        if not any(map(without_blanks, unicodedata.normalize("NFD", char))):
            assert _words().findall(unicodedata.normalize("NFD", f"x{char}y").lower()) == category_words(f"x{char}y")


@given(st.text(max_size=20), st.text(max_size=4))
def test_against_words_by_category(text, answer):
    if any(map(without_blanks, unicodedata.normalize("NFD", text + answer))):
        return
    wanted, own = category_words(answer), category_words(text)
    held = bool(wanted) and any(own[at : at + len(wanted)] == wanted for at in range(len(own)))
    assert has_answer(text, [answer]) is held
    start, end = len(text) // 4, len(text) - len(text) // 3
    wanted = category_words(text[start:end])
    held = bool(wanted) and any(own[at : at + len(wanted)] == wanted for at in range(len(own)))
    assert has_answer(text, [text[start:end]]) is held


def test_lower_case_changes_no_lengths_after_nfd():
    """`places` counts on it."""
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:
            normal = unicodedata.normalize("NFD", chr(code))
            assert len(normal.lower()) == len(normal), hex(code)


MIXED = st.text(
    st.sampled_from("aAbé\u0301\u0323ạİΣς10% ,≠日本のがชาที่서울\u00a0\u200b\x1f_") | st.characters(), max_size=24
)


@given(MIXED, MIXED, st.data())
def test_places_are_there_exactly_if_the_answer_is(text, other, data):
    start = data.draw(st.integers(0, len(text)))
    cut = text[start : data.draw(st.integers(start, len(text)))]
    for answer in (cut, other, other[:1]):
        words = [_words().findall(unicodedata.normalize("NFD", one).lower()) for one in (text, answer)]
        starts = [at for at in range(len(words[0])) if words[1] and words[0][at : at + len(words[1])] == words[1]]
        found = places(text, [answer])
        assert bool(found) is bool(starts) is has_answer(text, [answer])
        assert len(found) <= len(starts) and found == sorted(found)
        for first, last in found:
            assert 0 <= first < last <= len(text) and has_answer(text[first:last], [answer])
            assert not unicodedata.category(text[last : last + 1] or " ").startswith("M")
    both = places(text, [cut, other])
    assert both == sorted({*places(text, [cut]), *places(text, [other])})


@given(MIXED, st.sampled_from(["a.", "é", "^a", "b$", "x*", "[日本]+", "(?=a)", "\\w+ "]))
def test_places_of_patterns_are_there_exactly_if_one_matches(text, expression):
    found = places(text, [expression], pattern=True)
    assert bool(found) is has_answer(text, [expression], pattern=True)
    assert all(0 <= start < end <= len(text) for start, end in found)


ASCII_TEXT = st.text("ab1 .,-'", max_size=30)


@given(st.lists(ASCII_TEXT, min_size=1, max_size=4), ASCII_TEXT)
def test_against_lists_of_words(texts, answer):
    def words(text):
        return re.findall(r"[a-z0-9]+|[^a-z0-9\s]", text.lower())

    def holds(text):
        wanted, own = words(answer), words(text)
        return bool(wanted) and any(own[at : at + len(wanted)] == wanted for at in range(len(own)))

    found = AnswerFinder(texts).contains(range(len(texts)), [answer])
    assert found.tolist() == [holds(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("大桥经过四年的施工，于2019年五月通车。", "五月"),
        ("สะพานเปิดให้สัญจรในเดือนพฤษภาคมหลังจากก่อสร้างสี่ปี", "พฤษภาคม"),
        ("ស្ពាននេះត្រូវបានបើកឱ្យប្រើប្រាស់", "បើក"),
        ("ຂົວໄດ້ເປີດໃຫ້ສັນຈອນ", "ເປີດ"),
        ("တံတားကိုမေလတွင်ဖွင့်လှစ်ခဲ့သည်", "မေလ"),
    ],
)
def test_answers_stand_inside_texts_without_blanks(text, answer):
    assert has_answer(text, [answer])
    assert [text[start:end] for start, end in places(text, [answer])] == [answer]
