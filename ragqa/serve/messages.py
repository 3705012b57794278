"""A chat's messages as a conversation: the question, and the turns before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ragqa.followup import Turn, Understood, understand
from ragqa.serve.problems import Refused
from ragqa.serve.said import told_by
from ragqa.session import REMEMBERED
from ragqa.store.passages import encodable

Message = Mapping[str, Any]


def understood_last(messages: Sequence[Message], language: str, most: int) -> Understood:
    """What the user's last message asks, completed with what was asked and answered before; a completed question of
    more than ``most`` characters stays as typed. 422 without a text of the user.
    """
    said = [(message.get("role"), text_of(message)) for message in messages]
    asked = [place for place, (role, _) in enumerate(said) if role == "user"]
    typed = said[asked[-1]][1] if asked else ""
    if not typed:
        raise Refused(422, "unfit-body", "messages must have a text of the user")
    return completed(typed, _turns(said[: asked[-1]], language, most), language, most)


def completed(typed: str, turns: Sequence[Turn], language: str, most: int) -> Understood:
    """A question completed with turns; as typed where that would make more than ``most`` characters."""
    clean = encodable(typed)
    if len(clean) > most:
        return Understood(clean, clean)
    understood = understand(clean, turns, language)
    return understood if len(understood.question) <= most else Understood(clean, clean)


def text_of(message: Message) -> str:
    """The text of a message, of whose parts only text counts."""
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    return "\n".join(text for text in texts if isinstance(text, str))


def _turns(said: Sequence[tuple[Any, str]], language: str, most: int) -> list[Turn]:
    """The turns of a conversation, oldest first: each question with what was answered before the next."""
    turns: list[Turn] = []
    for question, answer in list(_exchanges(said))[-REMEMBERED:]:
        if question.strip() and len(question) <= most:
            told = told_by(encodable(answer))
            asked = completed(question, turns, language, most)
            turns.append(Turn(asked.typed, asked.question, told.answer, told.title, told.sentence))
    return turns


def _exchanges(said: Sequence[tuple[Any, str]]) -> Iterator[tuple[str, str]]:
    """(question, answer), "" where none came."""
    question: str | None = None
    answer = ""
    for role, text in said:
        if role == "user":
            if question is not None:
                yield question, answer
            question, answer = text, ""
        elif role == "assistant":
            answer = text
    if question is not None:
        yield question, answer
