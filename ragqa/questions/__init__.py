"""What a question asks for, and whether a quotation can be an answer to it by its form."""

from __future__ import annotations

from ragqa.questions.asked import ANYTHING, Asked, as_question, asked
from ragqa.questions.fitting import may_answer
from ragqa.questions.kinds import Kind

__all__ = ["ANYTHING", "Asked", "Kind", "as_question", "asked", "may_answer"]
