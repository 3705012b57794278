"""Short answers stay in one cell or line, and have the form that is asked for."""

from __future__ import annotations

import math

import pytest

from ragqa.documents import Passage
from ragqa.evidence.calibration import Weights
from ragqa.evidence.keys import fields
from ragqa.evidence.masses import Evidence
from ragqa.evidence.narrowing import narrowed
from ragqa.questions import asked
from ragqa.types import Hit, Span
from ragqa.wording import wording_of

LINES = "Office\n\nPhone: 01632 960000\nFax: 01632 960001\nE-mail: desk@inn.example\nAddress: 12 Harbour Road,\nTruro"
FEES = "A night costs:\n\n- Dogs: 12 pounds.\n- Cats: 5 pounds.\n- Birds: 3 pounds."
TABLE = (
    "| Name | Default | Meaning |\n|---|---|---|\n"
    "| dir | /var/lib | Where files are |\n| timeout | 300 | Seconds to wait |"
)


@pytest.mark.parametrize(
    ("question", "text", "cut", "kept"),
    [
        ("What is the e-mail address?", LINES, LINES[LINES.index("01632 960001") :], "desk@inn.example"),
        ("What is the phone number?", LINES, "01632 960000\nFax", "01632 960000"),
        ("What is the fax number?", LINES, "Phone: 01632 960000\nFax: 01632 960001", "01632 960001"),
        ("Where is it?", LINES, "12 Harbour Road,\nTruro", "12 Harbour Road,\nTruro"),
        ("What is the fax number?", LINES, "Fax: 01632 960001", "01632 960001"),
        ("On which floor is it?", "Room: Elm; Beds: 2; Floor: 1.", "Floor: 1", "1"),
        (
            "How many retries are there?",
            "--time S\n    It is 3.\n\n--retries N\n    It is 4.",
            "3.\n\n--retries N\n    It is 4",
            "It is 4",
        ),
        ("What is there?", LINES, "Fax: 01632 960001", "Fax: 01632 960001"),
        ("What is the fee for a bird?", FEES, FEES[FEES.index("Dogs") :], "3 pounds"),
        (
            "What are the fees for animals?",
            FEES,
            "Dogs: 12 pounds.\n- Cats: 5 pounds",
            "Dogs: 12 pounds.\n- Cats: 5 pounds",
        ),
        ("What is the default of dir?", TABLE, "dir | /var/lib", "/var/lib"),
        ("What is the default of timeout?", TABLE, "300 | Seconds to wait", "300"),
        ("What does timeout mean?", TABLE, "300 | Seconds to wait", "Seconds to wait"),
        ("List the options.", TABLE, "dir | /var/lib", "dir | /var/lib"),
        ("On which port does it listen?", "It listens on port 6379 by default.", "port 6379 by default", "6379"),
        ("On which port does it listen?", "It uses ports 80 and 443.", "80 and 443", "80 and 443"),
        ("What is the phone number?", "Call us (tel. +44 1632 960000).", "tel. +44 1632 960000", "+44 1632 960000"),
        (
            "What is the URL?",
            "Go to https://a.example/b, please.",
            "to https://a.example/b, please",
            "https://a.example/b",
        ),
        ("Who wrote it?", "Ann wrote it.\nBen read it.", "Ann wrote it.\nBen", "Ann wrote it.\nBen"),
    ],
)
def test_what_is_kept_of_a_quotation(question, text, cut, kept):
    wanted, start = asked(question, "en"), text.index(cut)
    first, last = narrowed(text, (start, start + len(cut)), fields(text), wanted, wording_of("en"))
    assert text[first:last] == kept
    assert narrowed(text, (first, last), fields(text), wanted, wording_of("en")) == (first, last)


def test_cuts_that_become_equal_add_up_and_stored_answers_stay_whole():
    hit = Hit(Passage("p", "d", LINES, "", 0, len(LINES)), 1.0, 1, {"dense": 0.5})
    evidence = Evidence.on("What is the fax number?", [hit], Weights(), "en")
    start, end = LINES.index("01632 960001"), LINES.index("\nE-mail")
    spans = [Span(0, 0, math.log(0.3)), Span(start, end, math.log(0.4)), Span(start, end + 7, math.log(0.2))]
    (found,) = evidence.cut(hit.passage, spans)
    assert (found.start, found.end) == (start, end) and math.exp(found.score) == pytest.approx(0.6)
    evidence.add(spans)
    assert [form.phrase.key for form in evidence.best_forms(5)] == ["01632 960001"]
    stored = Passage("f", "f", LINES, "How?", 0, len(LINES), meta={"ragqa.kind": "faq"})
    assert evidence.cut(stored, [Span(0, len(LINES), -0.1)]) == [Span(0, len(LINES), -0.1)]


def test_the_value_of_another_key_loses_mass():
    hit = Hit(Passage("p", "d", LINES, "", 0, len(LINES)), 1.0, 1, {"dense": 0.5})

    def best(weights):
        evidence = Evidence.on("What is the fax number?", [hit], weights, "en")
        places = (LINES.index("01632 960000"), 0.6), (LINES.index("01632 960001"), 0.2)
        evidence.add([Span(0, 0, math.log(0.2)), *(Span(at, at + 12, math.log(share)) for at, share in places)])
        return evidence.best_forms(1)[0].phrase.key

    assert best(Weights()) == "01632 960001" and best(Weights(other_key=0.0)) == "01632 960000"
