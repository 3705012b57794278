"""When two quotations say the same."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragqa.evidence.phrases import agree, near, phrase


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("27 May 1937", "May 27, 1937"),
        ("27th of May", "27th of May"),
        ("Sep 3", "3rd September"),
        ("five", "5"),
        ("the Rhine", "rhine."),
        ("5,000", "5000"),
        ("May 1937", "1937 May"),
        ("Siobhán O’Dowd", "Siobha\u0301n O'Dowd"),
        ("“Why Me?”", '"Why Me?"'),
        ("1914–1918", "1914-1918"),
        ("1914 – 1918", "1914-1918"),
        ("12 500", "12,500"),
        ("12\u202f500", "12500"),
        ("1’250’000", "1,250,000"),
        ("10,00,000", "1000000"),
        ("thirty-four", "34"),
        ("thirty four years", "34 years"),
        ("three hundred and twelve", "312"),
        ("2.5 million", "2,500,000"),
        ("two thousand", "2000"),
        ("−40 °C", "-40°C"),
        ("oﬃce", "office"),
        ("Ｈ２", "H2"),
        ("40 %", "40 percent"),
        ("Smith & Sons", "Smith and Sons"),
        ("2½", "2 1/2"),
        ("e-mail", "email"),
        ("15km", "15 km"),
        ("U.K.", "UK"),
        ("so\u00adlar panel", "solar panel"),
        ("7 km", "7 kilometres"),
        ("7 kg", "7 kilograms"),
        ("12 lbs", "12 pounds"),
        ("12 per cent", "12%"),
        ("0.70", "0.7"),
        ("3.0", "3"),
        ("2.50 m", "2.5 metres"),
        ("4th", "fourth"),
        ("more than 8", "over 8"),
        ("less than 8 km", "under 8 kilometers"),
        ("at least 8", "8 or more"),
        ("a minimum of 8 days", "8 days or more"),
        ("21+", "at least 21"),
        ("8 km or less", "≤ 8 km"),
        ("one third", "1/3"),
        ("three quarters", "3/4"),
        ("3–4", "3 to 4"),
        ("30 to 40 km", "30–40 kilometres"),
        ("7 Mb", "7 megabits"),
        ("D♯", "D#"),
    ],
)
def test_equal_answers_share_a_key(one, other):
    assert phrase(one).key == phrase(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("27 May 1937", "27 May 1938"),
        ("May 1937", "27 May 1937"),
        ("five", "fifty"),
        ("3 May", "5 March"),
        ("12 1937", "1937"),
        ("may", "march"),
        ("2.5", "25"),
        ("−40", "40"),
        ("+3", "-3"),
        ("±3", "3"),
        ("1/4", "14"),
        ("1/4", "4/1"),
        ("2.10", "21.0"),
        ("6'2", "62"),
        ("14:30", "1430"),
        ("10⁶", "106"),
        ("2-4", "24"),
        ("$40", "40"),
        ("40%", "40"),
        ("<40", "40"),
        ("D", "D++"),
        ("D#", "D"),
        ("A+", "A"),
        ("vitamin A", "vitamin"),
        (".NET", "net"),
        ("ten five", "15"),
        ("zero five", "5"),
        ("007", "7"),
        ("7+", "7"),
        ("21+", "over 21"),
        ("B-", "B"),
        ("AB−", "AB"),
        ("grade C-", "grade C"),
        ("D♯", "D"),
        ("E♭", "E"),
        ("7 MB", "7 Mb"),
        ("7 MW", "7 mW"),
        ("HTTP 3.0", "HTTP 3"),
        ("2.10", "2.1"),
        ("over 8", "8 or more"),
        ("more than 8", "8"),
        ("8 or 9", "8"),
        ("one third", "13"),
        ("3 to 4", "34"),
        ("two seconds", "2"),
    ],
)
def test_other_answers_do_not(one, other):
    assert phrase(one).key != phrase(other).key


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("in October 1973", "1973", True),
        ("October 1973", "1973", True),
        ("Johannes Kepler", "Kepler", True),
        ("about 500", "500", True),
        ("5 million", "5", False),
        ("New York Times", "New York", False),
        ("Elizabeth I", "Elizabeth II", False),
        ("north of Paris", "Paris", False),
        ("1973 barrels", "1973", False),
        ("the tall tower", "tower", False),
        ("Kepler", "Kepler", False),
        ("", "Kepler", False),
        ("South Holland", "Holland", False),
        ("New Jersey", "Jersey", False),
        ("St Helena", "Helena", False),
        ("before 1066", "1066", False),
        ("until 1066", "1066", False),
        ("late 1066", "1066", False),
        ("over 65", "65", False),
        ("under 65", "over 65", False),
        ("hepatitis C", "hepatitis", False),
        ("hepatitis C", "C", False),
        ("World War II", "II", False),
        ("Apollo 11 Aldrin", "Aldrin", False),
        ("about 500 years", "500", True),
        ("~500", "500", True),
        ("around 500", "about 500", True),
        ("in 1937", "the year 1937", True),
        ("man of war", "man in war", False),
        ("President Lincoln", "Lincoln", True),
    ],
)
def test_near_duplicates(one, other, same):
    assert near(phrase(one), phrase(other)) is same is near(phrase(other), phrase(one))


@pytest.mark.parametrize("piece", ["a-b ", "a-b", "1aa", "twenty-one-", "a ", "1.", "U."])
def test_a_long_text_is_compared_in_linear_time(piece):
    """A stored answer is one phrase as a whole, however long it is."""
    text = piece * (40_000 // len(piece))
    begun = time.process_time()
    assert phrase(text).key
    assert time.process_time() - begun < 3.0


@pytest.mark.parametrize(
    ("text", "key"),
    [("hundred " * 16, "1" + 32 * "0"), ("999999999999999.5 " + "hundred " * 8, "9999999999999995" + 15 * "0")],
)
def test_numbers_of_any_size_are_compared(text, key):
    assert phrase(text).key == key


@given(st.lists(st.sampled_from(["hundred", "million", "two", "twenty", "and", "1.5", "0.001", "9" * 15]), max_size=20))
def test_any_row_of_number_words_is_a_phrase(words):
    assert phrase(" ".join(words)).key or not words


@given(st.text(max_size=30))
def test_any_text_is_a_phrase_and_no_near_duplicate_of_itself(text):
    assert phrase(text).key or not text
    assert not near(phrase(text), phrase(text))


@given(st.text(max_size=20), st.text(max_size=20))
def test_near_is_symmetric(one, other):
    assert near(phrase(one), phrase(other)) is near(phrase(other), phrase(one))


@given(st.integers(-999_999, 999_999), st.integers(-999_999, 999_999))
def test_whole_numbers_are_equal_if_their_values_are(one, other):
    forms = [f"{number:,}" for number in (one, other)], [str(number).replace("-", "−") for number in (one, other)]
    for first, second in ((forms[0][0], forms[1][1]), (forms[1][0], forms[0][1])):
        assert (phrase(first).key == phrase(second).key) is (one == other)


@given(st.decimals(0, 1000, places=2), st.decimals(0, 1000, places=2))
def test_decimals_are_equal_if_their_digits_are(one, other):
    assert (phrase(str(one)).key == phrase(str(other)).key) is (one == other)


@pytest.mark.parametrize(
    ("one", "other", "leader", "same"),
    [
        ("October 1973", "in October 1973", "1973", True),
        ("October 1973", "12 October 1973", "1973", True),
        ("October 1973", "May 1973", "1973", False),
        ("Johannes Kepler", "J. Kepler", "Kepler", True),
        ("Johannes Kepler", "Friedrich Kepler", "Kepler", False),
        ("President Lincoln", "Abraham Lincoln", "Lincoln", True),
        ("Kepler", "Johannes Kepler", "Kepler", True),
    ],
)
def test_what_two_phrases_add_to_a_third(one, other, leader, same):
    said = [phrase(one), phrase(other)]
    assert agree(*said, phrase(leader)) is same is agree(*reversed(said), phrase(leader))
