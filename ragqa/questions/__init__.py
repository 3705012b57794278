"""What a question asks for, and whether a quotation has the form of an answer to it."""

from __future__ import annotations

from ragqa.questions.asked import ANYTHING, Asked, as_question, asked
from ragqa.questions.fitting import Fit, fit
from ragqa.questions.kinds import Kind

__all__ = ["ANYTHING", "Asked", "Fit", "Kind", "as_question", "asked", "fit"]
