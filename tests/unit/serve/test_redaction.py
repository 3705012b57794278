"""What is taken out of logs, and what is left in them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.serve.redaction import CARD, EMAIL, PHONE, is_redacted, redacted

EMAILS = ("ann@example.org", "Ann.O'Neil+x@mail.example.co.uk", "jürgen@bücher.example", "b=c@d-e.fg", "1@2.de")
CARDS = ("4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "3400 000000 00009", "6011000000000000001")
PHONES = (
    *("+49 30 1234567", "+41 (0)44 123 45 67", "0049-30-1234567", "(030) 1234567", "(212) 555-0123", "030 1234567"),
    *(
        "06 12 34 56 78",
        "06.12.34.56.78",
        "0171/2345678",
        "212-555-0123",
        "1 212 555 0123",
        "4155550123",
        "020 7946 0958",
    ),
)
PLAIN = (
    *(
        "Who was born in 1914-1918?",
        "on 2024-01-15",
        "on 01.02.2024, or 05/11/2021",
        "3.14159265358979",
        "0.0301234567",
    ),
    *("@ann", "a@b", "5 @ 3.20", "ann@", "version 10.0.0.1", "ISO 8601-2:2019", "1,234,567,890 people", "12 345 678"),
    *(
        "at 10:30-11:45",
        "room 0815",
        "4111 1111 1111 1112".replace(" ", ","),
        "the years 1990 2000 2010",
        "A1234567890",
    ),
)


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_none_is_left(text):
    assert redacted(text) == text and not is_redacted(text)


@pytest.mark.parametrize(
    ("mark", "text"),
    [*((EMAIL, text) for text in EMAILS), *((CARD, text) for text in CARDS), *((PHONE, text) for text in PHONES)],
)
def test_each_is_taken_out_wherever_it_stands(mark, text):
    for before, after in (("", ""), ("Who is ", "?"), ("«", "»"), ("call (", ")."), ("Whose is it: ", " 😀")):
        if before == "call (" and text.startswith("("):
            continue
        assert redacted(before + text + after) == before + mark + after
    assert is_redacted(redacted(text))


def test_several_are_taken_out():
    asked = "Ann <ann@example.org>, 030 1234567, paid 4111 1111 1111 1111 12/26; mailto:bo@example.org"
    assert redacted(asked) == f"Ann <{EMAIL}>, {PHONE}, paid {CARD} 12/26; mailto:{EMAIL}"
    assert redacted("4111 1111 1111 1111 5500 0000 0000 0004") == f"{CARD} {CARD}"
    assert redacted("1234 4111 1111 1111 1111") == f"1234 {CARD}"


GLUE = st.text(alphabet=" .,-/()+@:;<>[]\n\tabz09", max_size=6)
FOUND = st.sampled_from((*EMAILS, *CARDS, *PHONES))


@given(st.lists(st.one_of(st.text(max_size=8), GLUE, FOUND, st.integers(0, 10**18).map(str)), max_size=12).map("".join))
def test_none_is_left_and_nothing_else_changes(text):
    once = redacted(text)
    assert redacted(once) == once
    rest = iter(text)
    kept = once.replace(EMAIL, "").replace(CARD, "").replace(PHONE, "")
    assert all(character in rest for character in kept), "what is left stands in the text in this order"


@given(st.text(alphabet=st.characters(exclude_categories=["Nd"], exclude_characters="@")))
def test_without_digits_or_at_nothing_changes(text):
    assert redacted(text) == text


@given(st.lists(st.sampled_from(["who", "Ü", "was", "?", "1914", "12", "a1b2", "…", "7.5"]), max_size=20).map(" ".join))
def test_words_and_short_numbers_are_left(text):
    assert redacted(text) == text or sum(map(str.isdecimal, text)) >= 10


@pytest.mark.parametrize(
    "unit", ["a", "1", "1 ", "a@", "@a.", "a.", "0", "+1", "(1", "0. ", "-1", "a@b.", "4111 ", "+(.-/"]
)
def test_it_takes_time_in_proportion_to_the_length(unit):
    begun = time.perf_counter()
    redacted(unit * 20_000)
    assert time.perf_counter() - begun < 20
