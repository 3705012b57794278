"""References are replaced by what they stand for, with an account of where the words come from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ragqa.followup.mentions import Mention, Turn, mentions
from ragqa.followup.questions import shape
from ragqa.followup.references import NEEDS, Reference, best, naming, references
from ragqa.followup.words import PREPOSITIONS, content, is_date, raised, tokens, vocabulary, words

_MOTION = vocabulary(
    "led lead go goes went gone come came bring brought sail sailed travel travelled fly flew send sent"
)


@dataclass(frozen=True, slots=True)
class Carried:
    """Words that were carried over from the "question", the "answer" or the "title" of an earlier turn. ``turn`` counts
    back from the last one, which is 1. ``reason`` says which words of the question they replace, or why they were
    added.
    """

    text: str
    source: str
    turn: int
    reason: str

    def to_dict(self) -> dict[str, str | int]:
        """The JSON form."""
        return {"text": self.text, "source": self.source, "turn": self.turn, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Understood:
    """``question`` is what is asked, ``typed`` what was typed; they are equal if nothing was ``carried``.

    ``note`` says in a few words how a question in a language without rules was treated, or that nothing said before
    fits it; otherwise it is empty.
    """

    question: str
    typed: str
    carried: tuple[Carried, ...] = ()
    note: str = ""


def resolve(question: str, history: Sequence[Turn]) -> tuple[str, tuple[Carried, ...]]:
    """The question with its references replaced; a reference stays as it is if nothing suits it."""
    edits: list[tuple[Reference, Mention]] = []
    behind: list[Carried] = []
    for reference in references(question):
        if reference.need == "deed":
            behind.append(Carried(_done(history[-1]), "question", 1, NEEDS["deed"]))
            continue
        if reference.need == "time":
            behind += _dated(history)
            continue
        mention = naming(reference.noun, history) if reference.noun else None
        mention = mention or best(reference.need, history, owner=reference.possessive)
        if mention is not None and not any(mention.text == other.text for _, other in edits):
            edits.append((reference, mention))
    text = question
    for reference, mention in sorted(edits, key=lambda edit: -edit[0].start):
        text = replaced(text, reference, mention.text)
    carried = [
        carry(mention, f"“{question[reference.start : reference.end]}”: {NEEDS[reference.need]}")
        for reference, mention in edits
    ]
    if behind:
        text = f"{text.rstrip('?. ')} ({', '.join(one.text for one in behind)})?"
    return text, (*carried, *behind)


def carry(mention: Mention, reason: str) -> Carried:
    """A mention as something carried."""
    return Carried(mention.text, mention.source, mention.turn, reason)


def subject(history: Sequence[Turn], *, needed: bool = False) -> Mention | None:
    """What the conversation is about: what the title of the last answer's document names, worded as the question worded
    it; None if the question spoke of something else.

    A title is the subject only if the question named no thing, or a special kind of what the title names ("the queen
    bee" under "Honey bees"), or if the document is about the answer. If a subject is ``needed``, a thing that the
    question named is one, whatever the title.
    """
    title = set(content(history[-1].title))
    last = list(mentions(history[-1:]))
    asked = [mention for mention in last if mention.source == "question"]
    topical = [mention for mention in asked if _is_about(mention, title)]
    if topical:
        return min(topical, key=lambda mention: (mention.text.islower(), len(content(mention.text))))
    if not title:
        return next(iter(asked), None)
    answered = [mention for mention in last if mention.source == "answer" and set(content(mention.text)) & title]
    things = [mention for mention in asked if mention.person < 0]
    named = not things or any(content(mention.text)[-1:] and content(mention.text)[-1] in title for mention in things)
    titled = [mention for mention in last if mention.source == "title"] if named else []
    return next(iter((*answered, *titled, *(things if needed else ()))), None)


def _is_about(mention: Mention, title: set[str]) -> bool:
    """Whether a mention speaks of a title: a name shares a word with it, any other phrase has no word beyond it."""
    told = set(content(mention.text))
    return bool(told & title) and (told <= title or not mention.text.islower())


def replaced(text: str, reference: Reference, by: str) -> str:
    """A question with a reference replaced, in the form that its place in the sentence asks for."""
    if reference.need == "event":
        return f"{text.rstrip('?. ')} ({by})?"
    if reference.possessive:
        by += "'" if by.endswith("s") else "'s"
    elif reference.need == "there" and not reference.noun:
        before = tokens(text[: reference.start])
        if not (before and before[-1].low in PREPOSITIONS):
            by = f"to {by}" if _MOTION & set(words(text)) else f"in {by}"
    whole = text[: reference.start] + by + text[reference.end :]
    return raised(whole) if reference.start == 0 else whole


def _dated(history: Sequence[Turn]) -> list[Carried]:
    """A list with the latest answer that is a date; empty if there was none."""
    for back, turn in enumerate(reversed(history), 1):
        if is_date(turn.answer) and re.search(r"\d", turn.answer):
            return [Carried(turn.answer, "answer", back, NEEDS["time"])]
    return []


def _done(turn: Turn) -> str:
    """What a question says was done, without its question word if that is the subject."""
    form = shape(turn.understood)
    return form.rest if form.asks else turn.understood.rstrip("?. ")
