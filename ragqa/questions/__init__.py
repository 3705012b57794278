"""What a question asks for, and whether a quotation can be an answer to it by its form."""

from __future__ import annotations

from ragqa.questions.announcing import announces
from ragqa.questions.asked import ANYTHING, Asked, as_question, asked, asking_words, compared
from ragqa.questions.fitting import may_answer
from ragqa.questions.kinds import Kind
from ragqa.questions.stating import Replaced, Stating

__all__ = [
    "ANYTHING",
    "Asked",
    "Kind",
    "Replaced",
    "Stating",
    "announces",
    "as_question",
    "asked",
    "asking_words",
    "compared",
    "may_answer",
]
