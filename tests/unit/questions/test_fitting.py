"""Which quotations have the form of what is asked for."""

from __future__ import annotations

import pytest

from ragqa.questions import asked, may_answer
from ragqa.wording import ENGLISH, wording_of


@pytest.mark.parametrize(
    ("question", "fitting", "contrary"),
    [
        ("How long is the code valid?", ["30 days", "two weeks", "a fortnight"], ["length of time", "the code"]),
        ("How many rooms are there?", ["12", "twelve", "half", "several dozen"], ["the upper rooms"]),
        ("How much does it cost? ", ["£40", "5 euros", "free"], ["the fee"]),
        ("What percentage of members voted?", ["40 %", "40 percent"], ["the members"]),
        ("In which year was it founded?", ["1887", "March 1887", "the 12th century"], ["the founders"]),
        ("What is the fax number?", ["+41 44 632 11 11"], ["Fax", "the office"]),
        ("What is the email address of the office?", ["office@fenn.example"], ["the office", "office"]),
        ("What port does it listen on?", ["8080"], ["localhost"]),
        ("Who wrote it?", ["Ada Byron"], ["1843", "a founder"]),
        ("What is the salary of a clerk?", ["£31,000", "$9"], ["Level 5", "generous", "1.23.4"]),
        ("What is the account id of the office?", ["26121943"], ["the account of the office"]),
        ("What is the postal address of the office?", ["4 Mill Lane, Fenn"], ["Fenn"]),
        ("What is the IP address of the gateway?", ["192.168.0.1", "::1", "localhost"], ["the gateway", "3.2.1"]),
        ("What is the path of the log file?", ["/var/log/fenn.log", r"C:\Fenn", "fenn.conf"], ["the folder"]),
        ("What time does it close?", ["5 pm", "noon", "17:00"], ["the gate"]),
        ("Where is it?", [], ["1843"]),
    ],
)
def test_forms(question, fitting, contrary):
    own = asked(question, "en")
    assert own.kinds
    assert [text for text in fitting if not may_answer(text, own, ENGLISH)] == []
    assert [text for text in contrary if may_answer(text, own, ENGLISH)] == []


@pytest.mark.parametrize(
    "question", ["Which material is it?", "Why is it closed?", "Is it open?", "When was it opened?"]
)
def test_where_the_form_does_not_tell(question):
    assert all(may_answer(text, asked(question, "en"), ENGLISH) for text in ("12", "the rooms", "Ada", ""))


@pytest.mark.parametrize(
    ("question", "language", "fitting", "contrary"),
    [
        ("这座桥是哪一年建成的？", "zh", "1937年", "工程师"),
        ("門票多少錢？", "zh", "五十元", "門票"),
        ("Wie lange ist der Ausweis gültig?", "de", "zwei Wochen", "der Ausweis"),
        ("Combien de jours dure la visite ?", "fr", "trois jours", "la visite"),
        ("¿Cuántos años tiene?", "es", "doce años", "la casa"),
        ("Quantas cordas tem a guitarra?", "pt", "doze cordas", "a guitarra"),
        ("Quante corde ha lo strumento?", "it", "dodici corde", "lo strumento"),
        ("Hoeveel snaren heeft het instrument?", "nl", "twaalf snaren", "het instrument"),
        ("Câte corzi are vioara?", "ro", "patru corzi", "vioara"),
        ("Сколько струн у скрипки?", "ru", "тридцатью двумя", "у скрипки"),
        ("Bağlamanın kaç teli var?", "tr", "yedi", "bağlama"),
        ("كم يوماً تسري البطاقة؟", "ar", "شهراً كاملاً", "البطاقة"),
        ("Đàn có bao nhiêu dây?", "vi", "mười hai dây", "đàn"),
        ("Πόσες χορδές έχει;", "el", "δώδεκα χορδές", "το όργανο"),
        ("इसमें कितने तार हैं?", "hi", "बारह तार", "सितार"),
        ("มีกี่สาย", "th", "สิบสองสาย", "ซอ"),
    ],
)
def test_other_languages(question, language, fitting, contrary):
    own, wording = asked(question, language), wording_of(language)
    assert may_answer(fitting, own, wording) and not may_answer(contrary, own, wording)


def test_words_for_numbers_that_are_not_known_are_not_missed():
    own = asked("How many strings does it have?", "sv")
    assert own.kinds and may_answer("tolv strängar", own, wording_of("sv"))


def test_people_are_told_by_capital_letters_only_where_that_is_known():
    for language, answer in (("ru", "наймодатель"), ("ar", "المؤجرة"), ("pt", "a turma"), ("sv", "hyresvärden")):
        own = asked("Who pays for it?", language)
        assert own.kinds and may_answer(answer, own, wording_of(language))
