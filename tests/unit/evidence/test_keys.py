"""Which key a value has, and that the value of another key loses."""

from __future__ import annotations

import time

import pytest

from ragqa.evidence.keys import fields, is_of_other_key, named_keys
from ragqa.questions import asked
from ragqa.wording import wording_of

CONTACT = (
    "Office\n\nAddress: 12 Harbour Road,\nTruro\nPhone: 01632 960000\nFax: 01632 960001\n"
    "E-mail: desk@inn.example\n\nBye."
)
TERMS = (
    "OPTIONS\n\n--timeout SECONDS\n    Seconds to wait. The default is 30.\n\n"
    "--retries NUMBER\n    How often it asks.\n\n    The default is 4.\n\nSee also other pages."
)
FEES = "What a night costs:\n\n- Dogs: 12 pounds\n- Cats: 5 pounds\n- Birds: 3 pounds\n\nFees are due on arrival."
OPTIONS = (
    "| Name | Default | Meaning |\n|---|---|---|\n| port | 6379 | The port that it listens on |\n"
    "| loglevel | notice | How much it writes |"
)
ROWS = "port | 6379 | The port\nloglevel | notice | How much it writes"


def keys(text: str, heading: str = "") -> dict[str, tuple[str, ...]]:
    return {text[one.start : one.end]: one.labels for one in fields(text, heading).all}


def is_of_other(question: str, text: str, quoted: str) -> bool:
    wanted, found, start = asked(question, "en"), fields(text), text.index(quoted)
    named = named_keys(text, found, wanted, wording_of("en"))
    return is_of_other_key(text, (start, start + len(quoted)), found, named, wanted)


def test_values_of_lines_have_their_labels():
    assert keys(CONTACT) == {
        "12 Harbour Road,\nTruro": ("Address",),
        "01632 960000": ("Phone",),
        "01632 960001": ("Fax",),
        "desk@inn.example": ("E-mail",),
    }
    assert keys(FEES) == {"12 pounds": ("Dogs",), "5 pounds": ("Cats",), "3 pounds": ("Birds",)}
    assert keys("port = 6379\ndir=/var/lib") == {"6379": ("port",), "/var/lib": ("dir",)}
    assert keys("- **Fax:** 12\n- `tel` – 13") == {"12": ("Fax",), "13": ("tel",)}
    assert keys("电话：010\n传真：011") == {"010": ("电话",), "011": ("传真",)}


def test_definitions_have_their_terms():
    assert keys(TERMS) == {
        "Seconds to wait. The default is 30.": ("--timeout",),
        "How often it asks.\n\n    The default is 4.": ("--retries",),
    }
    assert keys("Timeout\n:   300\n\nPort\n:   80\n") == {"300": ("Timeout",), "80": ("Port",)}


@pytest.mark.parametrize(
    "text",
    [
        "He said: I will come. They met at 10:30 and left.\nThen it rained.",
        "Note: one line alone has no neighbour.",
        "See https://a.example/b\nor http://c.example/d",
        "It is told below.\n    It was told before.\nIt ends here.\n    At last.",
        "a long clause of many words in a row: this\nanother clause of many words in a row: that",
    ],
)
def test_prose_has_no_fields(text):
    assert not keys(text)


def test_cells_have_the_first_cell_of_their_row_and_the_header_of_their_column():
    assert keys(OPTIONS) == dict.fromkeys(("Name", "Default", "Meaning"), ()) | {
        "port": ("Name",),
        "6379": ("port", "Default"),
        "The port that it listens on": ("port", "Meaning"),
        "loglevel": ("Name",),
        "notice": ("loglevel", "Default"),
        "How much it writes": ("loglevel", "Meaning"),
    }
    below = keys(ROWS, "Options > Name | Default | Meaning")
    assert below["notice"] == ("loglevel", "Default") and below["port"] == ("Name",)
    assert keys(ROWS)["notice"] == ("loglevel",), "where no header is known"


def test_cells_of_a_row_that_is_written_as_a_line_have_keys_too():
    row = "Planet: Mars; Moons: 2; Discovery: 1877."
    assert keys(row) == {"Mars": ("Planet",), "2": ("Mars", "Moons"), "1877": ("Mars", "Discovery")}
    assert keys(f"{row}\nPlanet: Venus; Moons: 0.")["0"] == ("Venus", "Moons")
    assert not keys("He came; she said: go away.")


@pytest.mark.parametrize(
    ("question", "text", "others", "own"),
    [
        ("What is the fax number?", CONTACT, ("01632 960000",), ("01632 960001",)),
        ("What is the e-mail address?", CONTACT, (), ("desk@inn.example", "01632 960001")),
        ("What is the fee for a bird?", FEES, ("12 pounds", "5 pounds"), ("3 pounds", "Fees are due")),
        ("What is the default of loglevel?", OPTIONS, ("6379", "How much", "Name"), ("notice",)),
        ("What does port mean?", OPTIONS, ("6379", "notice"), ("The port that",)),
        ("Which option has the default notice?", OPTIONS, (), ("loglevel", "notice")),
        ("Where does it listen?", OPTIONS, (), ("6379", "notice")),
        ("How many moons does it have?", "Planet: Mars; Moons: 2; Rings: 0.", ("0",), ("2", "Mars")),
        ("What is the default of --retries?", TERMS, ("30", "Seconds to"), ("4", "How often")),
        ("Was ist der Preis?", FEES, (), ("5 pounds",)),
    ],
)
def test_a_value_belongs_to_its_own_key(question, text, others, own):
    lost = [quoted for quoted in (*others, *own) if is_of_other(question, text, quoted)]
    assert lost == list(others)


def test_a_word_that_only_says_what_kind_of_thing_is_asked_for_is_no_key():
    text = "Date: 3 May 2020\nBorn: 1 January 1980"
    assert not is_of_other("What is the date of birth?", text, "1 January 1980")
    assert is_of_other("What is the date?", text, "1 January 1980")
    assert not is_of_other("What is the phone number?", "Fax number: 12345\nTelephone: 54321", "54321")


@pytest.mark.parametrize("unit", ["a=b\n", "a: b\n", "a\n b\n", "a: b; ", "| a ", "- a: b\n", "\n \n"])
def test_long_texts_take_time_that_grows_with_their_length(unit):
    begun = time.process_time()
    fields(unit * (40_000 // len(unit)))
    assert time.process_time() - begun < 3.0
