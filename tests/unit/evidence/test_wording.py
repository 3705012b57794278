"""Answers are compared by the words of their language; a language without a list has neutral rules."""

from __future__ import annotations

import math
import unicodedata

import pytest

import ragqa
from ragqa.asking import Ask
from ragqa.config import IndexConfig
from ragqa.documents import Document, Passage
from ragqa.evidence.answers import rank_answers
from ragqa.evidence.calibration import ScoreModel
from ragqa.evidence.masses import Evidence
from ragqa.evidence.phrases import near, phrase
from ragqa.index.writer import update
from ragqa.pipeline import Pipeline
from ragqa.testing import HashEncoder, WordReader
from ragqa.types import Hit, Span
from ragqa.wording import ENGLISH, NEUTRAL, Wording, wording_of

SPANISH = Wording(
    language="es",
    articles=frozenset({"el", "la", "los", "las"}),
    loose=frozenset({"en", "de"}),
    months={"mayo": 5},
    numbers={"cinco": 5},
)


def same(one: str, other: str, wording: Wording) -> bool:
    first, second = phrase(one, wording), phrase(other, wording)
    return first.key == second.key or near(first, second, wording)


@pytest.mark.parametrize(
    ("one", "other", "english", "neutral"),
    [
        ("die Elbe", "die Elbe.", True, True),
        ("«Elbe»", "„Elbe“", True, True),
        ("1.5", "15", False, False),
        ("O’Hara", "O'Hara", True, True),
        ("Zu\u0308rich", "Z\u00fcrich", True, True),
        ("an der Elbe", "der Elbe", True, False),
        ("Mai 1990", "1990", False, False),
        ("may 1990", "1990", True, False),
        ("Johannes Kepler", "Kepler", True, False),
        ("nördlich von Paris", "Paris", True, False),
        ("in 1937", "1937", True, False),
        ("five", "5", True, False),
        ("¿Elbe?", "Elbe", True, True),
        ("東京。", "東京", True, True),
        ("New York Times", "New York", False, False),
    ],
)
def test_english_and_neutral(one, other, english, neutral):
    assert same(one, other, ENGLISH) is english
    assert same(one, other, NEUTRAL) is neutral


@pytest.mark.parametrize("text", ["हिन्दी", "ไทยนี้", "מִלָּה", "العربيّة"])
def test_marks_that_belong_to_letters_stay(text):
    assert phrase(f"({text})", NEUTRAL).key == unicodedata.normalize("NFC", text)


def test_a_language_with_a_list():
    assert same("la casa", "casa", SPANISH) and not same("la casa", "casa", NEUTRAL)
    assert phrase("5 mayo 1990", SPANISH).key == phrase("mayo 5 1990", SPANISH).key == "1990-05-05"
    assert same("cinco", "5", SPANISH) and same("en 1937", "1937", SPANISH) and not same("in 1937", "1937", SPANISH)


@pytest.mark.parametrize(
    ("language", "one", "other", "equal"),
    [
        ("de", "der 3. Oktober 1990", "3 oktober 1990", True),
        ("de", "im Jahr 1937", "1937", True),
        ("de", "einundzwanzig", "21", True),
        ("de", "kein Geld", "Geld", False),
        ("de", "vor 1937", "1937", False),
        ("es", "5 de mayo de 1990", "1990", True),
        ("es", "veintidós", "22", True),
        ("es", "Miguel de Cervantes", "Cervantes", False),
        ("fr", "en août 1944", "août 1944", True),
        ("fr", "vingt-deux", "22", True),
        ("fr", "1er mai 1990", "1 mai 1990", True),
        ("ru", "в 1937 году", "1937", True),
        ("ru", "9 мая 1945", "мая 9 1945", True),
        ("ru", "Александр Пушкин", "Пушкин", True),
        ("ru", "после 1945", "1945", False),
        ("ru", "Южная Корея", "Корея", False),
        ("ru", "двадцать один", "21", True),
        ("es", "Nuevo México", "México", False),
        ("es", "don Miguel Cervantes", "Miguel Cervantes", True),
        ("es", "-5", "5", False),
        ("fr", "Haute Savoie", "Savoie", False),
        ("fr", "1 000", "1\u202f000", True),
        ("de", "1,5", "15", False),
        ("de", "„Alte Brücke“", "»Alte Brücke«", True),
        ("ar", "في عام 1937", "1937", True),
        ("ar", "خمسة", "5", True),
        ("de", "1.500 Tonnen", "1500 Tonnen", True),
        ("de", "1,5 Millionen", "15 Millionen", False),
        ("de", "2 Millionen", "2000000", True),
        ("es", "dos millones", "2 millones", True),
        ("es", "treinta y dos", "32", False),  # told by blanks, it stays three words
        ("es", "Nueva York", "York", False),
        ("fr", "trois cent", "300", True),
        ("fr", "Nouvelle Zélande", "Zélande", False),
        ("ru", "5 тысяч", "5000", True),
        ("ru", "Великий Новгород", "Новгород", False),
        ("zh", "1937年", "1937", True),
        ("zh", "五十六", "56", True),
        ("zh", "十二", "十三", False),
    ],
)
def test_each_language_has_its_words(language, one, other, equal):
    assert same(one, other, wording_of(language)) is equal


def test_the_language_of_an_index_names_them():
    assert wording_of("en") is ENGLISH and wording_of("fi") is wording_of("auto") is NEUTRAL
    assert all(wording_of(language).language == language for language in ("ar", "de", "es", "fr", "ru", "zh"))


def answers(wording: Wording, *texts: str) -> list[str]:
    hits = [
        Hit(Passage(f"p{n}", f"d{n}", text, "", 0, len(text)), 1.0 / n, n, {"bm25": 1.0})
        for n, text in enumerate(texts, 1)
    ]
    evidence = Evidence(hits, wording=wording)
    for text in texts:
        evidence.add([Span(0, len(text), math.log(0.8)), Span(0, 0, math.log(0.2))])
    return [answer.text for answer in rank_answers(evidence, ScoreModel(), 5)]


def test_evidence_merges_what_its_wording_does():
    assert answers(ENGLISH, "1937", "in 1937") == ["1937"] and answers(NEUTRAL, "1937", "in 1937") == [
        "1937",
        "in 1937",
    ]
    assert answers(SPANISH, "1937", "en 1937") == ["1937"]


@pytest.mark.parametrize(
    ("language", "wording"),
    [("en", ENGLISH), ("fi", NEUTRAL), ("de", wording_of("de")), ("auto", wording_of("de"))],
)
def test_a_pipeline_takes_that_of_its_index(tmp_path, language, wording):
    encoder = HashEncoder()
    update(
        tmp_path,
        IndexConfig(language=language),
        encoder,
        [Document("a", "Die Elbe fließt nach Hamburg und in die Nordsee.")],
    )
    with Pipeline(ragqa.Snapshot.open(tmp_path), encoder, WordReader()) as pipeline:
        request = pipeline.answering.request(Ask("Elbe"))
        (seen,) = pipeline.answering.weigh([request], pipeline.answering.find([request]))
        assert seen.wording is wording
