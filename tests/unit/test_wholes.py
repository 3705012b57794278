"""No quotation is cut inside what belongs together."""

from __future__ import annotations

import math
import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.documents import Passage
from ragqa.models.catalog import load_reader
from ragqa.seen import Seen, seen
from ragqa.spans import Decoded, whole_spans
from ragqa.types import Span
from ragqa.wholes import LONGEST, Wholes

LINES = st.sampled_from(["\n1. ", "\n2) ", "\n- ", "\n• ", "\n一、", "\n", "\n  ", *"ab5 .,()-“”"])
LISTED = st.lists(LINES, max_size=16).map("".join)
ODD = st.text(st.sampled_from('ab1 .,-–+@/:()[]"“”«»%€$#_é\n\u0301\u200d\u00ad北'), max_size=40)
# lines with no more than a marker: items without words, and the next item
MARKERS_ALONE = re.compile(r"^\s*\(?(\w{1,3}|[ivxlc]+)[.)、．）]?\W*$", re.MULTILINE)


def widened(text: str, cut: str, before: str = "") -> str:
    """What becomes of the first ``cut`` after ``before``."""
    start = text.index(cut, text.index(before) + len(before))
    start, end = Wholes(text).widen(start, start + len(cut))
    return text[start:end]


@pytest.mark.parametrize(
    ("text", "cut", "whole"),
    [
        # addresses, paths, names of files
        ("Write to j.doe+news@mail.example.org, please.", "doe+news@mail", "j.doe+news@mail.example.org"),
        ("Write to j.doe@example.org.", "example", "j.doe@example.org"),
        ("See https://docs.example.org/a/b?c=d#e, then.", "docs.example", "https://docs.example.org/a/b?c=d#e"),
        ("(see http://example.org/x_(y)).", "example", "http://example.org/x_(y)"),
        ("at www.example.org.", "example.org", "www.example.org"),
        ("in example.co.uk now", "co.uk", "example.co.uk"),
        ("edit /etc/ssh/sshd_config first", "ssh/sshd", "/etc/ssh/sshd_config"),
        ("in C:\\Data\\new.csv.", "Data", "C:\\Data\\new.csv"),
        ("open report-2020_v2.pdf now", "2020", "report-2020_v2.pdf"),
        ("see src/ragqa/spans.py", "ragqa", "src/ragqa/spans.py"),
        ("pass --dry-run to it", "run", "--dry-run"),
        ("in .gitignore", "gitignore", ".gitignore"),
        ("for .NET only", "NET", ".NET"),
        ("from @alice today", "alice", "@alice"),
        ("set max_open_files to", "open", "max_open_files"),
        # numbers and their signs
        ("it was −12.5 °C there", "12", "−12.5 °C"),
        ("it was -12 there", "12", "-12"),
        ("a debt of –300 euros", "300", "–300"),
        ("is 3.141 or so", "141", "3.141"),
        ("about 3/4 of it", "4", "3/4"),
        ("at 14:45 sharp", "14", "14:45"),
        ("is 1,250,000 in all", "250", "1,250,000"),
        ("is 1\u202f250 in all", "250", "1\u202f250"),
        ("takes 2½ hours", "2", "2½"),
        ("costs US$40 now", "40", "US$40"),
        ("costs $-40 now", "40", "$-40"),
        ("costs 40 € now", "40", "40 €"),
        ("is 85% full", "85", "85%"),
        ("is ≤ 5 mm", "5", "≤ 5"),
        ("(p < 0.05)", "0.05", "< 0.05"),
        ("on 2021-03-04 at", "03", "2021-03-04"),
        ("ISBN 978-3-16-148410-0.", "3", "978-3-16-148410-0"),
        ("is 6.02 × 10²³ of", "6.02", "6.02 × 10²³"),
        ("the 1970s were", "1970", "1970s"),
        ("version 1.10.2 is", "1.10", "1.10.2"),
        ("call +44 20 7946 0018 now", "20 7946", "+44 20 7946 0018"),
        ("call +1 (212) 555-0100.", "555", "+1 (212) 555-0100"),
        ("call (040) 555-0100 now", "555", "(040) 555-0100"),
        ("at 51°28′38″N, in", "28", "51°28′38″N"),
        ("at 51° 28' 38\" N, in", "51", "51° 28' 38\" N"),
        ("on 2021-03-04T09:30:00Z it", "2021-03-04T09", "2021-03-04T09:30:00Z"),
        ("by § 7(2)(b) of", "§ 7", "§ 7(2)(b)"),
        ("release 4.1.0-rc2 is", "4.1.0", "4.1.0-rc2"),
        ("as v2.0-beta is", "2.0", "v2.0-beta"),
        ("see doi:10.5555/abc-12-3_4.", "abc", "doi:10.5555/abc-12-3_4"),
        ("edit $HOME/.profile now", "profile", "$HOME/.profile"),
        ("edit ~/.profile now", "profile", "~/.profile"),
        # names, formulas
        ("in C++20 and", "C", "C++20"),
        ("in C++20 and", "C+", "C++20"),
        ("by Mary O'Hara in", "Hara", "O'Hara"),
        ("by O’Hara’s hand", "Hara", "O’Hara"),
        ("written in C++ and", "C", "C++"),
        ("an F-16 flew", "16", "F-16"),
        ("the U.S. Senate", "U.S", "U.S."),
        ("is Mg(OH)2 in", "Mg", "Mg(OH)2"),
        ("group B− is rare", "B", "B−"),
        ("calls os.getcwd() once", "getcwd", "os.getcwd()"),
        ("calls main() once", "main", "main()"),
        ("see cupsd.conf(5) and", "5", "cupsd.conf(5)"),
        ("by cups-snmp(8).", "8", "cups-snmp(8)"),
        ("the mill (8) is", "8", "8"),
        ("a std::map<K,V> holds", "std", "std::map<K,V>"),
        ("by § 12 of", "12", "§ 12"),
        ("where E=mc² holds", "mc", "E=mc²"),
        ("Na⁺ ions", "Na", "Na⁺"),
        ("H₂O is", "H", "H₂O"),
        ("where $a_1 + b$ is", "a_1", "$a_1 + b$"),
        ("the Kittiwake sank", "wake", "Kittiwake"),
        ("die Ge\u00adbühr ist", "Ge", "Ge\u00adbühr"),
        # characters as one sees them
        ("by Renata Tome\u0301 in", "Renata Tome", "Renata Tome\u0301"),
        ("a 👩\u200d🚀 flew", "👩", "👩\u200d🚀"),
        ("a 👍🏽 was", "👍", "👍🏽"),
        ("with ☀\ufe0f today", "☀", "☀\ufe0f"),
        ("は辻\U000e0100です", "辻", "辻\U000e0100"),
        ("यह मी\u200d है", "मी", "मी\u200d"),
        ("यह भक्ति है", "भक्", "भक्ति"),
        # pairs
        ("by Seal (band) in", "Seal (ba", "Seal (band)"),
        ("call (212) 555-0100 now", "212) 555-0100", "(212) 555-0100"),
        ("f(x, g(y)) is", "f(x, g", "f(x, g(y))"),
        ("the so-called “red list” of", "so-called “red", "so-called “red list”"),
        ('known as the "Dog Pound" now', 'the "Dog', 'the "Dog Pound"'),
        ("das „alte Haus“ dort", "das „alte", "das „alte Haus“"),
        ("名は「青い鳥」です", "名は「青い", "名は「青い鳥」"),
    ],
)
def test_widened_to_the_whole(text, cut, whole):
    assert widened(text, cut) == whole


@pytest.mark.parametrize(
    ("text", "cut", "kept"),
    [
        ("from 1914–1918 on", "1914", "1914"),
        ("from 1914-1918 on", "1918", "1918"),
        ("the New York-based firm", "New York", "New York"),
        ("Newton's laws", "Newton", "Newton"),
        ("and/or", "or", "or"),
        ("pris à L'Inde en", "Inde", "Inde"),
        ("in 1.5-litre cans", "1.5", "1.5"),
        ("since 2005(1) it", "2005", "2005"),
        ("is 20° warm", "20", "20°"),
        ("rose +5 2019 tons", "2019", "2019"),
        ("see (2020) 123-145 there", "145", "145"),
        ("می\u200cخواهم", "می", "می"),
        ("the end.Next line", "end", "end"),
        ("in 1990.The next", "1990", "1990"),
        ("東京都に住む", "東京", "東京"),
        ("1937年に", "1937", "1937"),
        ("well-known", "known", "known"),
        ("Holt (1999) says", "Holt", "Holt"),
        ("one::", "one", "one"),
        ("costs $5 or $6", "$5", "$5"),
        ("It is 5. Then 6", "5", "5"),
        ("a) first b) second", "first", "first"),
        ("x " * 10 + "(" + "y " * LONGEST + ")", "x x (y", "x x (y"),
    ],
)
def test_not_widened(text, cut, kept):
    assert widened(text, cut) == kept


@pytest.mark.parametrize(
    ("text", "cut", "kept"),
    [
        ("in Rome, Italy.", "Rome,", "Rome"),
        ("in Rome.", "Rome.", "Rome"),
        ("by Holt Inc. in", "Holt Inc.", "Holt Inc."),
        ("the U.S. Senate", "U.S.", "U.S."),
        ("is (Rome) now", "(Rome", "Rome"),
        ("is (Rome) now", "(Rome)", "(Rome)"),
        ("is Rome) now", "Rome)", "Rome"),
        ('is "Rome" now', 'Rome"', "Rome"),
        ("is “Rome” now", "“Rome", "Rome"),
        ("| Rome | 5 |", "| Rome |", "Rome"),
        ("• Rome", "• Rome", "Rome"),
        ("asks “Who?” now", "“Who?", "Who?"),
        ("ab\u200b cd", "ab\u200b", "ab"),
        ("a , b", " , ", " , "),
    ],
)
def test_loose_marks_at_the_ends_go(text, cut, kept):
    assert widened(text, cut) == kept


@given(st.text(max_size=40) | ODD | LISTED, st.data())
def test_what_is_widened_holds_what_it_was_but_for_loose_marks(text, data):
    if not text:
        return
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    wholes = Wholes(text)
    first, last = wholes.widen(start, end)
    assert 0 <= first < last <= len(text)
    lost = text[start : max(start, first)] + MARKERS_ALONE.sub("", text[min(end, last) : end])
    assert not any(unicodedata.category(char)[0] in "LN" for char in lost)
    assert wholes.widen(first, last) == (first, last)


@given(st.text(st.characters(categories=["L", "M", "Zs"]), min_size=1, max_size=30), st.data())
def test_no_mark_follows(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    first, last = Wholes(text).widen(start, data.draw(st.integers(start + 1, len(text))))
    assert last == len(text) or unicodedata.category(text[last])[0] != "M" or last - first >= 32


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a.",
        "-",
        "1,",
        "(",
        '"',
        "a/",
        "$a",
        "a@",
        "__a",
        "a-",
        "http://",
        "a=",
        "<≤",
        "é",
        "/",
        "a+",
        "A-1",
        "$5 ",
    ],
)
def test_time_grows_with_the_text_and_no_faster(unit):
    text = (unit * 40_000)[:40_000]
    begin = time.perf_counter()
    Wholes(text).widen(10, 15)
    assert time.perf_counter() - begin < 5


def test_probabilities_of_spans_that_become_equal_add_up():
    text = "It was -17 °C, they say."
    cuts = [("17 °C", 0.4), ("17", 0.2), ("-17 °C,", 0.1), ("they", 0.1)]
    spans = [Span(text.index(cut), text.index(cut) + len(cut), math.log(share)) for cut, share in cuts]
    found = whole_spans(Seen(text), Decoded(spans, math.log(0.2)))
    assert [text[span.start : span.end] for span in found.spans] == ["-17 °C", "they"]
    assert [math.exp(span.score) for span in found.spans] == pytest.approx([0.7, 0.1])
    assert found.null == math.log(0.2) and found.spans[1].score == spans[3].score


@pytest.mark.parametrize(
    ("text", "cut", "whole"),
    [
        ("Use the [mill (A)](#mill-a) and the [press](#press-b).", "mill", "mill"),
        ('They <i class="x">let it graze on the <b id="y">meadow</b></i>.', "graze on the meadow", None),
        ('Say <span class="n">(a)</span><span class="p">who you are</span>, then.', "(a) who", "(a)</span>"),
        ("It is **-17** °C.", "17", "-17** °C"),
    ],
)
def test_what_is_not_seen_is_neither_widened_to_nor_cut(text, cut, whole):
    view = seen(text, "a.md")
    start = view.text.index(cut)
    (span,) = whole_spans(view, Decoded([Span(start, start + len(cut), -1.0)], -1.0)).spans
    quote = text[span.start : span.end]
    assert quote.count("<") == quote.count(">") and quote.count('"') % 2 == 0
    assert quote.startswith(whole or "graze") and (whole is None or quote.startswith(whole))


def test_a_reader_gives_whole_spans_and_the_logits_that_they_come_from():
    text = "Send parcels for the Kestrel workshop to parcels@kestrel.co.uk before two."
    reader, passage = load_reader(), Passage("p", "d", text, "", 0, len(text))
    question = "Where are parcels for the Kestrel workshop sent?"
    (spans,) = reader.read([question], [passage])
    quotes = [text[span.start : span.end] for span in spans if span.end > span.start]
    assert quotes[0] == "parcels@kestrel.co.uk"
    assert len(set(quotes)) == len(quotes)
    best = next(span for span in spans if span.end > span.start)
    (raw,) = reader.read_texts([question], [text])
    assert text[raw.spans[0].start : raw.spans[0].end] == "@kestrel.co.uk"
    (logits,) = reader.logits(question, passage, best)
    assert logits.margin == pytest.approx(raw.spans[0].score - raw.null, abs=1e-4)


CREW = "The members of the crew are:\n\n{}Ada Roth\n{}Ivo Lenz\n{}Nora Quill\n\nThe captain is Otto Kvist.\n"
MARKERS = [
    ("1. ", "2. ", "3. "),
    ("1) ", "2) ", "3) "),
    ("(a) ", "(b) ", "(c) "),
    ("a. ", "b. ", "c. "),
    ("i) ", "ii) ", "iii) "),
    ("- ", "- ", "- "),
    ("* ", "* ", "* "),
    ("• ", "• ", "• "),
    ("一、", "二、", "三、"),
    ("（一）", "（二）", "（三）"),
    ("1、", "2、", "3、"),
    ("①", "②", "③"),
]


@pytest.mark.parametrize("markers", MARKERS)
def test_words_of_several_items_are_given_to_the_ends_of_the_items(markers):
    text = CREW.format(*markers)
    begin, end = text.index("Ada"), text.index("Nora Quill") + len("Nora Quill")
    for cut in (text.index("Nora") - 1, text.index("Nora") - len(markers[2]) + 1, text.index("Nora") + 4, end):
        assert Wholes(text).widen(begin, cut)[1] in (end, text.index("Ivo Lenz") + len("Ivo Lenz"))
    assert Wholes(text).widen(begin, text.index("Nora") + 4) == (begin, end)
    assert Wholes(text).widen(begin + 4, text.index("Ivo") + 3) == (begin, text.index("Ivo Lenz") + len("Ivo Lenz"))
    assert Wholes(text).widen(begin, text.index(" is Otto")) == (begin, end)  # what follows the list is no part of it
    marked = text[slice(*Wholes(text).widen(begin - len(markers[0]), text.index("Nora") + 4))]
    assert marked.endswith("Nora Quill") and marked.startswith(("Ada Roth", markers[0].strip()))


@pytest.mark.parametrize("markers", [found for found in MARKERS if found[1][0].isalnum()])
def test_an_answer_that_ends_in_a_marker(markers):
    text = CREW.format(*markers)
    first, cut = text.index("Ada"), text.index("Nora") - len(markers[2]) + 1
    assert text[slice(*Wholes(text).widen(first, cut))].endswith("Ivo Lenz\n" + markers[2] + "Nora Quill")
    cut = text.index("Ivo") - len(markers[1]) + 1
    assert text[slice(*Wholes(text).widen(first, cut))] == "Ada Roth"
    assert widened(text, "crew are:\n\n" + markers[0][0]) == "crew are"


@pytest.mark.parametrize(
    ("text", "cut", "whole"),
    [
        ("1. Fill it\n   to the mark.\n2. Close it.\n", "mark.\n2. Close", "Fill it\n   to the mark.\n2. Close it"),
        ("1. Ada Roth\n\n2. Ivo Lenz\n", "Roth\n\n2. Ivo", "Ada Roth\n\n2. Ivo Lenz"),
        ("- Ada Roth\n- Ivo Lenz\n", "Ivo", "Ivo"),
        ("- Ada Roth\n- Ivo Lenz\n", "Ada Roth\n-", "Ada Roth"),
        ("1. Ada Roth\n2. Ivo Lenz\n", "2", "2"),
        ("It began in\n12. The rest is lost.", "in\n12", "in\n12"),
        ("A. Smith\nB. Jones\n", "A. Smith\nB. Jo", "A. Smith\nB. Jones"),
        ("1. " + "x " * LONGEST + "\n2. Ivo Lenz\n", "x \n2. Ivo", "x \n2. Ivo"),
    ],
)
def test_items_of_lists(text, cut, whole):
    assert widened(text, cut) == whole
