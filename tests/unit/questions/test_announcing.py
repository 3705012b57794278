"""What only announces an answer is none, and loses to what it announces."""

from __future__ import annotations

import pytest

from ragqa.documents import Passage
from ragqa.evidence.calibration import NO_FORM, Weights
from ragqa.evidence.masses import Evidence
from ragqa.questions import ANYTHING, announces, asked
from ragqa.types import Hit, Span
from ragqa.wording import wording_of


def told(text, language="en", question=""):
    wanted = asked(question, language) if question else ANYTHING
    return announces(text, 0, len(text), wanted, wording_of(language))


ANNOUNCEMENTS = {
    "en": (
        "The following people",
        "the following three documents:",
        "with all of these tools",
        "calculated as follows",
        "these",
        "the documents listed below",
        "the table below",
    ),
    "de": (
        "Folgende Personen",
        "die folgenden drei Unterlagen:",
        "wie folgt",
        "diese Geräte",
        "nachstehende Formulare",
    ),
    "fr": (
        "les documents suivants :",
        "les personnes suivantes",
        "comme suit",
        "ces trois outils",
        "la liste ci-dessous",
    ),
    "es": ("los siguientes documentos:", "las personas siguientes", "estas herramientas", "a continuación"),
    "ru": ("следующие документы:", "эти люди"),
    "ar": ("الوثائق التالية:", "ما يلي"),
    "zh": ("以下人员", "下列文件：", "计算方法如下："),
    "pl": ("the following people",),
}


@pytest.mark.parametrize(("language", "text"), [(key, text) for key, texts in ANNOUNCEMENTS.items() for text in texts])
def test_announcements(language, text):
    assert told(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "the foreman"),
        ("en", "the following people: the foreman and the fire warden"),
        ("en", "These Boots"),
        ("en", "the following year"),
        ("en", "those who hold a licence"),
        ("en", "ten degrees below zero"),
        ("en", "these are the foreman and the fire warden"),
        ("en", ""),
        ("de", "am folgenden Tag"),
        ("de", "der Vorarbeiter"),
        ("fr", "le directeur"),
        ("es", "el director"),
        ("zh", "厂长"),
        ("en", "the following " + "word " * 30),
    ],
)
def test_what_says_something_announces_nothing(language, text):
    assert not told(text, language)


def test_a_time_may_be_told_by_what_it_follows():
    assert not told("the following round", question="When did she retire?")
    assert told("the following round", question="What did she lose?")


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("en", "Visitors must bring the following documents:\n\n- a passport", "documents"),
        ("en", "The following people may open the valve: the foreman", "people"),
        ("en", "Bring these three old forms: a, b and c.", "old forms"),
        ("de", "Besucher müssen folgende Unterlagen mitbringen:\n- einen Ausweis", "Unterlagen"),
        ("fr", "Il faut les documents suivants : un passeport", "les documents"),
    ],
)
def test_what_is_announced_before_a_colon_announces_too(language, text, said):
    start = text.index(said)
    assert announces(text, start, start + len(said), ANYTHING, wording_of(language))


@pytest.mark.parametrize(
    "text", ["The following people came by bus.", "Of these people, one came. Note: rain.", "Old people: none"]
)
def test_without_a_colon_or_a_pointing_word_it_is_a_thing_as_others(text):
    start = text.index("people")
    assert not announces(text, start, start + 6, ANYTHING, wording_of("en"))


def test_an_announcement_loses_to_what_it_announces():
    text = "The following people may open the valve: the foreman."
    passage = Passage("p", "d", text, "", 0, len(text))
    spans = [Span(0, 0, -4.0), Span(0, 20, -0.5), Span(41, 52, -1.2)]
    for weights, best in ((Weights(), "the foreman"), (NO_FORM, "The following people")):
        evidence = Evidence.on("Who may open the valve?", [Hit(passage, 1.0, 1)], weights, "en")
        evidence.add(spans)
        place = evidence.best_forms(1)[0].places[0]
        assert text[place.span.start : place.span.end] == best
