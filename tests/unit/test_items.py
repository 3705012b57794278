"""Items of lists, parts of "a, b and c", and columns of tables."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.enumerations import column, series, table
from ragqa.items import items


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Bring (a) a lamp, (b) a rope and (c) bread. The hut has water.", ["a lamp", "a rope", "bread"]),
        ("The steps: 1) stop the pump, 2) open the valve; 3) wait.", ["stop the pump", "open the valve", "wait"]),
        ("It takes (i) a name; (ii) an address; and (iii) a fee", ["a name", "an address", "a fee"]),
        ("需要：（一）护照；（二）照片；（三）申请表。其他不需要。", ["护照", "照片", "申请表"]),
        ("步骤：①停泵，②开阀，③等待。", ["停泵", "开阀", "等待"]),
        ("1. one\n2. two (a) x (b) y\n3. three", ["one", "two", "x", "y", "three"]),
        ("(a) first (b) second\n(c) third", ["first", "second", "third"]),
        ("- one\n- two, see (b) there", ["one", "two, see (b) there"]),
        ("See (a) here, in 1987) and (c) there.", []),
        ("Under (b) and (c) it says so.", []),
        ("We saw a) nothing.\n\nOr b) all.", []),
        ("f(a) and g(b) are functions.", []),
    ],
)
def test_items_that_follow_one_another_in_a_line(text, words):
    assert [text[item.words : item.end] for item in items(text)] == words


@given(st.text("(ab1)2i. \n-,x", max_size=80))
def test_items_stand_in_order_and_do_not_overlap(text):
    found = items(text)
    assert len(found) != 1
    assert all(item.start < item.words <= item.end <= len(text) for item in found)
    assert all(one.end <= other.start for one, other in zip(found, found[1:], strict=False))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Ada Roth, Ivo Lenz and Nora Quill", ["Ada Roth", "Ivo Lenz", "Nora Quill"]),
        ("tin, lead, and zinc", ["tin", "lead", "zinc"]),
        ("Wien, Graz und Linz", ["Wien", "Graz", "Linz"]),
        ("红、黄、蓝", ["红", "黄", "蓝"]),
        ("27 May, 1937", []),
        ("Fenn and Ostry", []),
        ("rock and roll", []),
        ("a, , b", []),
        ("Ada, who came to Fenn from the far town of Ostry long ago, Ivo", []),
        ("", []),
    ],
)
def test_series(text, parts):
    assert [text[start:end] for start, end in series(text, 0, len(text))] == parts


MARKDOWN = "Signals:\n\n| Name | No |\n|---|---|\n| SEGV | 11 |\n| BUS | 7 |\n\nOne bar | alone"
PLAIN = "Town | Year\nFenn | 1887\nOstry | \nSarn | 1900"


@pytest.mark.parametrize(
    ("text", "at", "cells"),
    [
        (MARKDOWN, "BUS", ["SEGV", "BUS"]),
        (MARKDOWN, "11", ["11", "7"]),
        (MARKDOWN, "Signals", []),
        (MARKDOWN, "alone", []),
        (PLAIN, "1887", ["Year", "1887", "1900"]),
        (PLAIN, "Sarn", ["Town", "Fenn", "Ostry", "Sarn"]),
    ],
)
def test_columns(text, at, cells):
    assert [text[start:end] for start, end in column(text, text.index(at))] == cells


@given(st.text("ab|-\n ", max_size=60), st.integers(0, 60))
def test_a_cell_has_no_bar_and_stands_in_the_table(text, at):
    found, rows = column(text, at), table(text, at)
    assert all("|" not in text[start:end] and text[start:end].strip() for start, end in found)
    assert all(any(first <= start and end <= last for first, last in rows) for start, end in found)


@pytest.mark.parametrize("unit", ["(a) ", "(a) x (b) y ", "(a) \n\n b) b) ", "a | b\n", " ", "①", ", and "])
def test_time_grows_with_the_text_and_no_faster(unit):
    def seconds(length):
        text = (unit * length)[:length]
        begin = time.process_time()
        items(text), column(text, length // 2), series(text, 0, length)
        return time.process_time() - begin

    seconds(1_000)
    assert seconds(80_000) < 60 * max(seconds(10_000), 0.02)
