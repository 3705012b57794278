"""A file of questions with a share of them in another form, and with questions that only look answerable."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ragqa.corpus.squad import load_squad
from ragqa.errors import ConfigError, SourceError
from ragqa.judging.collections import read_text
from ragqa.judging.questions import detect, read_questions
from ragqa.mining.forms.chinese import Chinese, is_chinese
from ragqa.mining.forms.english import English, names_in
from ragqa.mining.forms.speech import Rng, Speech
from ragqa.store.atomic import replace_file, storing
from ragqa.types import Question

_ENGLISH, _CHINESE = English(), Chinese()


def _lower(speech: Speech, rng: Rng, question: str) -> str:
    """As on a phone: lower case, often without the question mark."""
    text = question.lower()
    return text.rstrip("?？ ") if rng.random() < 0.7 else text


FORMS: Mapping[str, tuple[float, Callable[[Speech, Rng, str], str]]] = {  # the share of each, and how it is made
    "keywords": (0.55, lambda speech, rng, question: speech.keywords(rng, question)),
    "lower": (0.15, _lower),
    "typing": (0.2, lambda speech, rng, question: speech.typing_errors(rng, question)),
    "fragment": (0.1, lambda speech, rng, question: speech.asked(speech.keywords(rng, question))),
}


@dataclass(frozen=True, slots=True)
class Shares:
    """How many of the questions are written in another form, and of how many a lookalike is tried."""

    forms: float = 0.3
    lookalikes: float = 0.2

    def __post_init__(self) -> None:
        """`ConfigError` for a share below 0 or above 1."""
        if not (0.0 <= self.forms <= 1.0 and 0.0 <= self.lookalikes <= 1.0):
            raise ConfigError("the shares of forms and of lookalikes are from 0 to 1")


@dataclass(frozen=True, slots=True)
class Report:
    """How many questions were written, and how many of them have no answer."""

    questions: int
    unanswerable: int


def rewrite(questions: Sequence[Question], shares: Shares | None = None, seed: int = 1) -> list[Question]:
    """The new questions alone, in the order of those that they were made from.

    A question in another form has the answers of its original. A lookalike has one name, number or relation changed to
    one that its paragraph does not hold, and no answer. The same questions and seed give the same result.
    """
    shares, rng = shares or Shares(), np.random.default_rng(seed)
    names = _names(questions)
    made: list[Question] = []
    for question in questions:
        if rng.random() < shares.forms:
            made += _in_another_form(rng, question)
        if rng.random() < shares.lookalikes:
            made += _lookalike(rng, question, names.get(question.title, ()))
    return made


def rewrite_file(source: str | Path, target: str | Path, shares: Shares | None = None, seed: int = 1) -> Report:
    """As `rewrite`, from a file with paragraphs (see `ragqa.judging.questions`) to a SQuAD-format file (v2.0), gzipped
    if it is called so. An answer stands where the annotators found it, or, where that is not given, where its text
    stands first. The file appears when it is complete.
    """
    questions = read_questions(source)
    if not any(question.context for question in questions):
        raise SourceError(f"{source}: its questions come without paragraphs; forms are made of SQuAD-format files")
    made = rewrite(questions, shares, seed)
    articles = list(_articles(made, _found(Path(source))))
    content = json.dumps({"version": "v2.0", "data": articles}, ensure_ascii=False).encode()
    path = Path(target)
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return Report(len(made), sum(not question.answerable for question in made))


def _speech(text: str) -> Speech:
    return _CHINESE if is_chinese(text) else _ENGLISH


def _names(questions: Iterable[Question]) -> dict[str, list[str]]:
    """The names in the paragraphs of each title."""
    texts: dict[str, set[str]] = {}
    for question in questions:
        texts.setdefault(question.title, set()).add(question.context)
    return {
        title: sorted({match[0] for text in contexts for match in names_in(text)}) for title, contexts in texts.items()
    }


def _in_another_form(rng: Rng, question: Question) -> list[Question]:
    asked, speech = question.text.strip(), _speech(question.text)
    name = list(FORMS)[rng.choice(len(FORMS), p=[share for share, _ in FORMS.values()])]
    text = FORMS[name][1](speech, rng, asked)
    if text == asked or not speech.has_enough(text):
        return []
    return [replace(question, id=f"{question.id}-{name}", text=text)]


def _lookalike(rng: Rng, question: Question, names: Sequence[str]) -> list[Question]:
    asked = question.text.strip()
    found = _speech(asked).lookalikes(rng, asked, question.context, names)
    found = [text for text in found if text != asked]
    if not found:
        return []
    text = found[rng.integers(len(found))]
    return [
        Question(f"{question.id}-lookalike", text, answerable=False, context=question.context, title=question.title)
    ]


def _found(source: Path) -> dict[tuple[str, str], int]:
    """Where annotators found an answer (-1: not given), by the question's id and the answer's text; the first place
    counts. Only SQuAD-format files say it.
    """
    if detect(read_text(source), source) != "squad":
        return {}
    return {
        (question.id, answer.text): answer.start
        for paragraph in load_squad(source)
        for question in paragraph.questions
        for answer in reversed(question.answers)
    }


def _articles(questions: Sequence[Question], found: Mapping[tuple[str, str], int]) -> Iterable[dict[str, Any]]:
    """SQuAD's tables: each title once, in the order of the first question, with its paragraphs."""

    def start(question: Question, text: str) -> int:
        known = found.get((question.id.rpartition("-")[0], text), -1)
        return known if known >= 0 else question.context.find(text)

    articles: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for question in questions:
        asked = {
            "id": question.id,
            "question": question.text,
            "is_impossible": not question.answerable,
            "answers": [{"text": text, "answer_start": start(question, text)} for text in question.answers],
        }
        articles.setdefault(question.title, {}).setdefault(question.context, []).append(asked)
    for title, paragraphs in articles.items():
        yield {"title": title, "paragraphs": [{"context": text, "qas": asked} for text, asked in paragraphs.items()]}
