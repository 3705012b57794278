"""Sets of characters, and patterns for Pythons whose possessive quantifiers are faulty."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.characters import char_class, greedy


@given(
    st.sets(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40), st.characters(exclude_categories=["Cs"])
)
def test_a_class_holds_its_characters_and_no_others(characters: set[str], other: str) -> None:
    pattern = re.compile(f"[{char_class(characters)}]")
    assert all(pattern.fullmatch(char) for char in characters)
    assert bool(pattern.fullmatch(other)) == (other in characters)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"a*+b++c?+d{2,3}+", "a*b+c?d{2,3}"),
        (r"[*+?]++[=^×·*+]\+\*+(?:x)+", r"[*+?]+[=^×·*+]\+\*+(?:x)+"),
        (r"[]+]+[^]*+]?+", "[]+]+[^]*+]?"),
        (r"(?<=a)(?!b+)c", "(?<=a)(?!b+)c"),
    ],
)
def test_possessive_quantifiers_become_greedy(pattern: str, expected: str) -> None:
    assert greedy(pattern) == expected
    re.compile(expected)
