"""What a question asks for, and whether a quotation can be an answer to it by its form."""

from __future__ import annotations

from ragqa.questions.announcing import announces
from ragqa.questions.asked import ANYTHING, Asked, as_question, asked, compared
from ragqa.questions.comparing import Sides
from ragqa.questions.fitting import may_answer, tells_form
from ragqa.questions.kinds import Kind
from ragqa.questions.stating import Replaced, Stating
from ragqa.questions.tongues import asking_words

__all__ = [
    "ANYTHING",
    "Asked",
    "Kind",
    "Replaced",
    "Sides",
    "Stating",
    "announces",
    "as_question",
    "asked",
    "asking_words",
    "compared",
    "may_answer",
    "tells_form",
]
