"""Documents in other languages, with the packaged multilingual pair: found, read and quoted with their place."""

from __future__ import annotations

import pytest

import ragqa
from ragqa.config import Config, IndexConfig

DOCUMENTS = {
    "zh": (
        "青山电器股份有限公司成立于1987年，总部位于浙江省宁波市，创始人是陈建国。\n\n"
        "洗衣机自购买之日起整机保修三年，电机保修十年。\n\n客服电话为400-810-1234，每天早上八点至晚上十点接听。\n"
    ),
    "de": (
        "Die Stadtbücherei wurde 1904 von Clara Wendt gegründet.\n\n"
        "Bücher kann man vier Wochen lang ausleihen, Filme nur zwei Wochen.\n\nSie liegt am Neumarkt.\n"
    ),
    "es": (
        "El molino de San Roque fue construido en 1732 por Tomás Herrera.\n\n"
        "El museo abre de martes a domingo. La entrada cuesta cuatro euros.\n"
    ),
    "ru": (
        "Обсерватория была основана в 1839 году астрономом Василием Струве.\n\n"
        "Экскурсии проводятся по субботам. Билет стоит триста рублей.\n"
    ),
    "ar": "تأسست مكتبة المدينة في عام 1921 على يد سليم حداد.\n\nتفتح المكتبة أبوابها من الساعة التاسعة صباحا.\n",
}
QUESTIONS = [
    ("zh", "洗衣机整机保修多久？", "三年"),
    ("zh", "公司的创始人是谁？", "陈建国"),
    ("zh", "公司的創始人是誰？", "陈建国"),  # traditional characters
    ("zh", "Who founded the company?", "陈建国"),
    ("de", "Wer gründete die Stadtbücherei?", "Clara Wendt"),
    ("de", "Wie lange kann man Bücher ausleihen?", "vier Wochen"),
    ("es", "¿Quién construyó el molino?", "Tomás Herrera"),
    ("ru", "В каком году была основана обсерватория?", "1839"),
    ("ar", "متى تأسست مكتبة المدينة؟", "1921"),
]


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory):
    root, opened = tmp_path_factory.mktemp("languages"), {}
    for language, text in DOCUMENTS.items():
        (root / language).mkdir()
        (root / language / "text.txt").write_text(text, encoding="utf-8")
        ragqa.build(root / language, root / f"{language}-index", Config(index=IndexConfig(language=language)))
        opened[language] = ragqa.Pipeline.load(root / f"{language}-index")
    return opened


@pytest.mark.parametrize(("language", "question", "wanted"), QUESTIONS)
def test_a_question_is_answered_in_the_words_of_its_documents(pipelines, language, question, wanted):
    best = pipelines[language].ask(question, min_score=0.0, form="span").answers[0]
    start, end = best.document_span
    assert wanted in best.text and len(best.text) <= len(wanted) + 8
    assert DOCUMENTS[language][start:end] == best.text
