"""Slices: properties of questions by which results are broken down."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ragqa.judging.normalize import answer_tokens

Record = Mapping[str, Any]
_FIRST_WORDS = re.compile(r"\b(who|whom|whose|what|when|where|which|why|how many|how much|how)\b", re.IGNORECASE)
_MONTH = (
    r"\b(january|february|march|april|may|june|july|august|september|october|november|december)\b.*\d"
    r"|\d.*\b(january|february|march|april|may|june|july|august|september|october|november|december)\b"
)
_DATE = re.compile(rf"{_MONTH}|\b(1\d|20)\d\ds?\b|\d+(st|nd|rd|th) centur|\b\d+ (bc|ad|bce|ce)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|hundred|thousand|million|"
    r"billion|dozen|half|third|quarter)s?\b",
    re.IGNORECASE,
)
_SMALL = "a an and as at by de for from in la of on or the to van von with"
_FREQUENT = (
    "a about after an and are as at be been before by can could did do does during for from had has have how in into "
    "is it its many much of on or that the their there these they this to was were what when where which who whom "
    "whose why will with would"
)
SMALL_WORDS, FREQUENT = frozenset(_SMALL.split()), frozenset(_FREQUENT.split())
MOST_VALUES = 20


def question_word(question: str) -> str:
    """The first question word in the text: "who" (with whom and whose), "what", …, "how many", or "other"."""
    found = _FIRST_WORDS.search(question)
    word = found.group(1).lower() if found else "other"
    return {"whom": "who", "whose": "who", "how much": "how many"}.get(word, word)


def answer_type(text: str) -> str:
    """The type of an answer by its form: "date", "number", "name" (all words but function words are capitalised),
    "phrase".
    """
    if _DATE.search(text):
        return "date"
    if _NUMBER.search(text):
        return "number"
    words = [word for word in re.findall(r"[^\W\d_]+", text) if word.lower() not in SMALL_WORDS]
    return "name" if words and all(word[0].isupper() for word in words) else "phrase"


def overlap(question: str, passage: str) -> float:
    """The share of the question's words, not counting frequent ones, that occur in the passage."""
    wanted = {word for word in re.findall(r"\w+", question.lower()) if word not in FREQUENT}
    return len(wanted & set(re.findall(r"\w+", passage.lower()))) / len(wanted) if wanted else 0.0


def slices_of(records: Sequence[Record], gold_texts: Sequence[str | None]) -> dict[str, list[str | None]]:
    """For each slice the value of each question; None for questions without one (no reference, no gold passage).

    Metadata keys become slices when they have from 2 to `MOST_VALUES` values.
    """
    references = [
        record["references"][0] if record["references"] and not record["pattern"] else None for record in records
    ]
    languages = [record["language"] for record in records]
    lengths = [
        None if reference is None else len(answer_tokens(reference, language))
        for reference, language in zip(references, languages, strict=True)
    ]
    overlaps = [
        None if text is None else overlap(record["question"], text)
        for record, text in zip(records, gold_texts, strict=True)
    ]
    table: dict[str, list[str | None]] = {
        "question word": [question_word(record["question"]) for record in records],
        "answer type": _each(references, answer_type),
        "answer words": _each(lengths, lambda count: _range(count, (1, 2, 3, 5), "")),
        "words shared with the passage": _each(overlaps, lambda share: _range(round(100 * share), (25, 50, 75), " %")),
        "passage words": _each(gold_texts, lambda text: _range(len(text.split()), (60, 100, 150), "")),
        "language": languages,
        "answerable": ["yes" if record["answerable"] else "no" for record in records],
    }
    for key in sorted({key for record in records for key in record["meta"]}):
        table[key] = [None if key not in record["meta"] else str(record["meta"][key]) for record in records]
    return {name: values for name, values in table.items() if 2 <= len(set(values) - {None}) <= MOST_VALUES}


def _each(values: Sequence[Any], name: Callable[[Any], str]) -> list[str | None]:
    return [None if value is None else name(value) for value in values]


def _range(value: int, bounds: Sequence[int], unit: str) -> str:
    """The name of the range of a value; for bounds 25 and 50: "≤ 25 %", "26–50 %", "> 50 %"."""
    low = None
    for bound in bounds:
        if value <= bound:
            exact = low is not None and low + 1 == bound
            return f"≤ {bound}{unit}" if low is None else f"{bound}{unit}" if exact else f"{low + 1}–{bound}{unit}"
        low = bound
    return f"> {low}{unit}"
