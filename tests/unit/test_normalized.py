"""Text as search and models see it, and the way back to the characters of the document."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ragqa.corpus.analyze import get_analyzer
from ragqa.documents import Document, Passage
from ragqa.models.catalog import load_encoder, load_reader
from ragqa.normalized import HIDDEN, is_normal, normalized, plain

MARKS = "\u0301\u0308\u0327\u0345\u05b0\u093e\u094d"
ODD = st.text(st.sampled_from("aé5 -ﬁ½⁶①Ａ１ｶﾞ㎏…，\u00ad\u200b\u200d\u2060\ufe0f\ufeff" + MARKS), max_size=12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ver\u00adfas\u00adsungs\u00adrecht", "Verfassungsrecht"),
        ("Cafe\u0301 So\u0303 Paulo", "Café Sõ Paulo"),
        ("oﬃce ﬂoor", "office floor"),
        ("Ｔｏｋｙｏ １９６４", "Tokyo 1964"),
        ("long\u200bword zero\ufeffwidth", "longword zerowidth"),
        ("2½ cups, 3 m², H₂O, 10⁶, 10⁻⁶", "2 1/2 cups, 3 m2, H2O, 10 6, 10 −6"),
        ("½ cup", "1/2 cup"),
        ("5 ㎏ at 20 ℃", "5 kg at 20 °C"),
        ("“Well…”，said he´s", "“Well…”，said he´s"),
        ("ㅋㅋ 가", "ㅋㅋ 가"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("❤\ufe0f", "❤"),
        ("ភាសា\u200bខ្មែរ", "ភាសា ខ្មែរ"),
        ("می\u200cخواهم", "می خواهم"),
        ("Auf\u200cлage", "Aufлage"),
        ("\u00ad", ""),
    ],
)
def test_by_hand(text, expected):
    assert plain(text) == expected


@pytest.mark.parametrize("text", ["", "plain text", "Größe – Ångström “quoted” 北京，上海。", "naïve…\u00a0x", "हिन्दी"])
def test_what_needs_nothing_is_the_same_object(text):
    seen = normalized(text)
    assert seen.text is text and not seen.pieces and is_normal(text)
    offsets = np.array([[0, len(text)]], np.int64)
    assert seen.to_original(offsets) is offsets


@example("！ﾞ")
@given(st.text(max_size=30) | ODD)
def test_any_text_is_mapped_back_to_its_own_characters(text):
    """Each normalised character has a place in the text; these ascend and are those that it came from."""
    seen = normalized(text)
    places = seen.to_original(np.array([[at, at + 1] for at in range(len(seen.text))], np.int64).reshape(-1, 2))
    assert all(0 <= start < end <= len(text) for start, end in places.tolist())
    assert (np.diff(places, axis=0) >= 0).all()
    for char, (start, end) in zip(seen.text, places.tolist(), strict=True):
        if not char.isspace():
            assert char in plain(text[start:end])
    missing = set(range(len(text))) - {at for start, end in places.tolist() for at in range(start, end)}
    assert all(re.match(f"[{HIDDEN}]", text[at]) for at in missing)


@given(st.text(max_size=30) | ODD)
def test_twice_is_once_and_nothing_hidden_is_left(text):
    once = plain(text)
    assert plain(once) == once and not re.search(f"[{HIDDEN}]", once)


@given(st.text(st.characters(categories=["L", "M", "Nd", "So"], max_codepoint=0x2FFFF), max_size=20))
def test_letters_digits_and_symbols_are_in_nfkc(text):
    kept = re.sub(f"[{HIDDEN}\u3131-\u318e\uffa0-\uffdc]", "", text)
    assume(not any(unicodedata.normalize("NFKC", char)[:1].isspace() for char in kept))
    assert plain(kept) == unicodedata.normalize("NFKC", kept)


def test_what_composes_is_never_parted():
    """Every pair of code points that Unicode writes as one letter is seen as one, and mapped back as a whole."""
    for code in range(0xC0, 0x12000):
        parts = unicodedata.normalize("NFD", chr(code))
        if len(parts) == 2 and unicodedata.normalize("NFC", parts) == chr(code) and chr(code).isalpha():
            seen = normalized(f"x {parts} y")
            assert seen.text == f"x {plain(chr(code))} y"
            assert seen.to_original(np.array([[2, 3]])).tolist() == [[2, 4]]


def test_a_stretch_ends_before_what_is_hidden_and_begins_after():
    text = "a\u00adb \u200bcd\u200b e"
    seen = normalized(text)
    assert seen.text == "ab cd e"
    assert seen.to_original(np.array([[0, 2], [3, 5], [0, 1], [4, 4], [7, 7]])).tolist() == [
        [0, 3],
        [5, 7],
        [0, 1],
        [6, 6],
        [10, 10],
    ]


@pytest.mark.parametrize("whole", ["☀\ufe0f", "辻\U000e0100", "मी\u200d", "a\u034f"])
@pytest.mark.parametrize("after", ["", " x", "\u200b x", "\u00adx"])
def test_a_stretch_ends_behind_what_selects_a_form(whole, after):
    text = f"b {whole}{after}"
    seen = normalized(text)
    assert seen.to_original(np.array([[2, 2 + len(plain(whole))]])).tolist() == [[2, 2 + len(whole)]]


@pytest.mark.parametrize("between", ["\u00ad", "\u200b", "\u200c", "\u200e", "\u202c", "\u2060", "\ufeff"])
def test_a_stretch_ends_before_what_stands_between_characters(between):
    for text in (f"é{between}b", f"☀\ufe0f{between}b"):
        seen = normalized(text)
        assert seen.to_original(np.array([[0, 1]])).tolist() == [[0, text.index(between)]]


def test_bm25_finds_what_the_normalised_word_finds():
    analyzer = get_analyzer("de")
    assert analyzer.tokens("Ge\u00adbühren\u00adordnung") == analyzer.tokens("Gebührenordnung")
    assert get_analyzer("en").tokens("the con\u200btract of 2½ years") == get_analyzer("en").tokens(
        "contract 2 1 2 years"
    )


def test_a_passage_and_its_normal_form_have_equal_vectors_and_spans():
    odd, even = "The ﬂagship of the ﬂeet is the Kitti\u00adwake.", "The flagship of the fleet is the Kittiwake."
    one, other = (Passage("p", "d", text, "", 0, len(text)) for text in (odd, even))
    vectors = load_encoder("default").encode_passages([one, other])
    assert (vectors[0] == vectors[1]).all()
    spans, plainly = load_reader().read(["What is the flagship?"] * 2, [one, other])
    quotes = [odd[span.start : span.end].replace("\u00ad", "") for span in spans]
    assert [plain(quote) for quote in quotes] == [even[span.start : span.end] for span in plainly]
    assert [span.score for span in spans] == [span.score for span in plainly]
    assert any(odd[span.start : span.end] == "Kitti\u00adwake" for span in spans)


def test_an_update_takes_in_anew_what_is_normalised_and_nothing_else():
    """The sha256 is that of before for a text that search and models see as it stands."""

    def before(document: Document) -> str:
        content = json.dumps([document.title, document.text, {}], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()

    for text in ("plain", "Größe – “x”…", "北京，上海"):
        assert Document("a", text).sha == before(Document("a", text))
    for document in (Document("a", "oﬃce"), Document("a", "x", title="a\u00adb"), Document("a", "Tome\u0301")):
        assert document.sha != before(document)
