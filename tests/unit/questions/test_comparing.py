"""Questions that compare two things become a question for each."""

from __future__ import annotations

import time

import pytest

from ragqa.questions import compared

TOLD = (
    "what is the diff",
    "difference",
    "how do",
    "qual é",
    "compare",
    "tin vs",
    "was ist der",
    "quelle",
    "¿cuál",
    "锡",
)


@pytest.mark.parametrize(
    ("question", "language", "questions"),
    [
        ("Which is older, the mill or the tower?", "en", ("How old is the mill?", "How old is the tower?")),
        ("Which bridge is longer: Fenn or Ostry?", "en", ("How long is Fenn?", "How long is Ostry?")),
        ("Is the Kelda faster than the Sarn?", "en", ("How fast is the Kelda?", "How fast is the Sarn?")),
        ("Which is cheaper, tin or lead?", "en", ("How much does tin cost?", "How much does lead cost?")),
        ("What is the difference between a mole and a vole?", "en", ("What is a mole?", "What is a vole?")),
        (
            "What is the difference between TERM and QUIT for the master process?",
            "en",
            ("What is TERM for the master process?", "What is QUIT for the master process?"),
        ),
        (
            "Is the fee for dogs higher than for cats?",
            "en",
            ("How high is the fee for dogs?", "How high is the fee for cats?"),
        ),
        (
            "Is the fee for dogs higher than that for cats?",
            "en",
            ("How high is the fee for dogs?", "How high is the fee for cats?"),
        ),
        ("Is a dog more expensive than a cat?", "en", ("How much does a dog cost?", "How much does a cat cost?")),
        ("Is the fee higher than for cats?", "en", None),
        ("How does tin differ from lead?", "en", ("What is tin?", "What is lead?")),
        ("How do tin and lead differ?", "en", ("What is tin?", "What is lead?")),
        ("difference tin lead", "en", ("What is tin?", "What is lead?")),
        ("difference between tin", "en", None),
        ("Ist die Mühle älter als der Turm?", "de", ("Wie alt ist die Mühle?", "Wie alt ist der Turm?")),
        ("Qual é a diferença entre o estanho e o chumbo?", "pt", ("O que é o estanho?", "O que é o chumbo?")),
        ("Compare tin with lead.", "en", ("What is tin?", "What is lead?")),
        ("tin vs lead", "en", ("What is tin?", "What is lead?")),
        ("Was ist älter, die Mühle oder der Turm?", "de", ("Wie alt ist die Mühle?", "Wie alt ist der Turm?")),
        ("Was ist der Unterschied zwischen Zinn und Blei?", "de", ("Was ist Zinn?", "Was ist Blei?")),
        (
            "Quelle est la différence entre l'étain et le plomb ?",
            "fr",
            ("Qu'est-ce que l'étain ?", "Qu'est-ce que le plomb ?"),
        ),
        ("¿Cuál es la diferencia entre el estaño y el plomo?", "es", ("¿Qué es el estaño?", "¿Qué es el plomo?")),
        ("锡和铅有什么区别？", "zh", ("什么是锡？", "什么是铅？")),
        ("Is the mill red or white?", "en", None),
        ("Which is better, tea or coffee?", "en", None),
        ("Who is older?", "en", None),
        ("Which mill was built in 1887?", "en", None),
        ("", "en", None),
    ],
)
def test_a_question_for_each(question, language, questions):
    sides = compared(question, language)
    assert (sides and sides.questions) == questions
    assert sides is None or sides.told == question.lower().startswith(TOLD)


def test_long_questions_take_no_longer():
    begin = time.process_time()
    for unit in ("difference between a and ", "which is older, a or ", " or ", "compare ", "x versus "):
        compared(unit * 5_000, "en"), compared((unit * 20)[:400], "en")
    assert time.process_time() - begin < 10
