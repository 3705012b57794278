"""The parts of a question, found by word order and function words; there is no tagger and no parser here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ragqa.followup.words import (
    AUXILIARIES,
    DETERMINERS,
    FUNCTION,
    PARTICIPLES,
    PREPOSITIONS,
    PRONOUNS,
    WH,
    Token,
    content,
    names,
    tokens,
    vocabulary,
)

_CONTRACTED = re.compile(r"^(what|who|where|when|how)['’]s\b", re.IGNORECASE)
_OF_SUBJECTS = frozenset(("has", "have", "had", "can", "could", "will"))
_MODALS = frozenset(("may", "might", "must", "should", "shall", "would"))


@dataclass(frozen=True, slots=True)
class Shape:
    """A question in parts: ``wh`` is the phrase with the question word ("In which year"), ``asks`` the question word
    itself, ``auxiliary`` the auxiliary verb after it, and ``rest`` what follows.
    """

    wh: str
    asks: str
    auxiliary: str
    rest: str

    @property
    def subject(self) -> bool:
        """Whether the question word is the subject."""
        return bool(self.asks) and not self.auxiliary

    @property
    def place(self) -> bool:
        """Whether it asks for a place, a time or another circumstance; later questions seldom refer to such an
        answer.
        """
        return self.asks in ("when", "why", "how", "where") or (self.asks in ("which", "what") and self._oblique)

    @property
    def _oblique(self) -> bool:
        return self.wh.split()[0].lower() in PREPOSITIONS


@lru_cache(64)
def shape(question: str) -> Shape:
    """The parts of a question. If it does not begin with a question word, all of it is ``rest``."""
    text = _CONTRACTED.sub(r"\1 is", question.strip().rstrip("?.! "))
    parts = tokens(text)
    head = next((place for place, part in enumerate(parts[:2]) if part.low in WH), None)
    if head is None or (head == 1 and parts[0].low not in PREPOSITIONS):
        return Shape("", "", "", text)
    end = head + 1
    for place in range(head + 1, min(len(parts), head + 6)):
        if parts[place].low in AUXILIARIES:
            end = place
            break
        if parts[place].low in WH or not parts[place].is_word:
            break
    else:
        place = len(parts)
    asks = parts[head].low
    if end < len(parts) and parts[end].low in AUXILIARIES:
        wh, auxiliary = text[: parts[end].start].strip(), parts[end].text
        subject = asks in ("who", "what", "which") and auxiliary.lower() in _OF_SUBJECTS
        subject = subject or (asks == "who" and auxiliary.lower() in _MODALS)
        if not subject or _inverted(parts[end + 1 :]):
            return Shape(wh, asks, auxiliary, text[parts[end].end :].strip())
        return Shape(wh, asks, "", text[parts[end].start :].strip())
    if asks in ("which", "what", "how", "whose"):
        end = _noun_end(parts, head + 1)
    cut = parts[end].start if end < len(parts) else len(text)
    return Shape(text[:cut].strip(), asks, "", text[cut:].strip())


def focus(question: str) -> str:
    """The noun phrase that a question is about, as far as word order tells; "" if it does not tell."""
    form = shape(question)
    if not form.asks:
        return ""
    parts = tokens(form.rest)
    start = 0
    if form.subject:  # Who discovered | penicillin
        start = 2 if parts and parts[0].low in {"first", "last", "once", "also"} | _MODALS else 1
        while start < len(parts) and (parts[start].low in PREPOSITIONS | AUXILIARIES or not parts[start].is_word):
            start += 1
    if start < len(parts) and parts[start].low in DETERMINERS and parts[start].low not in ("that", "this"):
        end = start + 1
    elif start < len(parts) and parts[start].low not in FUNCTION and not _predicate(form, parts[start]):
        end = start
    else:
        return ""
    end = _phrase_end(parts, form, start, end)
    capital = parts[start].text[0].isupper() or form.auxiliary.lower() in ("do", "does", "did")
    named = next((name for name in names(f". {form.rest}") if name.start - 2 == parts[start].start), None)
    if capital and named is not None:
        return form.rest[named.start - 2 : named.end - 2]
    phrase = form.rest[parts[start].start : parts[end - 1].end].strip() if end > start else ""
    return phrase if content(phrase) else ""


def _predicate(form: Shape, first: Token) -> bool:
    """Whether a word without an article says how somebody is: "Who is entitled", "Who was responsible"."""
    return form.asks == "who" and form.auxiliary in ("is", "was", "are", "were") and first.text.islower()


def _inverted(parts: Sequence[Token]) -> bool:
    """Whether the words after an auxiliary are its subject: true of "has | Mars got", false of "has | visited Mars"."""
    return bool(parts) and (parts[0].low in DETERMINERS | PRONOUNS or parts[0].text[0].isupper())


def _noun_end(parts: Sequence[Token], start: int) -> int:
    """Where the noun of "which" or "how many" ends: after one word, or after two if the first is no noun by itself."""
    end = start
    while end < len(parts) and parts[end].low in (
        "many",
        "much",
        "long",
        "often",
        "far",
        "kind",
        "of",
        "type",
        "other",
    ):
        end += 1
    return min(end + 1, len(parts)) if end < len(parts) and parts[end].low not in FUNCTION else end


def _phrase_end(parts: Sequence[Token], form: Shape, start: int, end: int) -> int:
    """Where a noun phrase ends: before the verb, a clause or a circumstance. "of", "about" and the links within names
    do not end it.
    """
    auxiliary = form.auxiliary.lower()
    place = max(end, start + 1) if end == start else end
    while place < len(parts):
        part = parts[place]
        if not part.is_word or part.low in WH | AUXILIARIES | PRONOUNS | _ENDS:
            break
        if part.low in PREPOSITIONS and part.low not in ("of", "about", "off"):
            break
        if part.low.endswith("ed") and part.text.islower() and auxiliary in ("is", "was", "are", "were", ""):
            break
        place += 1
    told = place < len(parts) and parts[place].low in AUXILIARIES  # What does the timer | do
    if auxiliary in ("do", "does", "did") and place - start > 1 and not told:
        return verb_ends(parts, start, place)
    if auxiliary in ("was", "were", "is", "are") and place == len(parts) and place - start > 1:
        return place - 1 if _participle(parts[place - 1], form) else place
    return place


# Verbs in their plain form that are no nouns, for what "does" and "can" leave behind their subject.
_VERBS = vocabulary(
    "cover include require allow contain provide offer cause serve accept produce reach win find know mean eat drink "
    "live own sell buy carry keep send give get make take need begin belong exist happen become apply expire protect "
    "prevent treat replace remove consist depend need affect improve reduce increase raise receive become remain"
)


def verb_ends(parts: Sequence[Token], start: int, stop: int) -> int:
    """Where the subject after "did" ends and its verb begins. After a name or a bare noun, the verb is the next word in
    small letters. After an article, where adjectives may stand before the noun, the last word is taken for the verb.
    """
    if parts[start].low in DETERMINERS:
        for place in range(start + 2, stop):
            if parts[place].low in _VERBS:
                return place
        told = stop < len(parts) and parts[stop].low in ("ever", "that")
        return stop if told or stop - start < 3 else stop - 1
    for place in range(start + 1, stop):
        before, part = parts[place - 1], parts[place]
        if part.text.islower() and part.low not in FUNCTION and before.low not in DETERMINERS | PREPOSITIONS:
            return place
    return stop


_ENDS = frozenset(("that", "and", "or", "to", "ever", "if", "while", "because", "although", "unless", "than"))


def _participle(part: Token, form: Shape) -> bool:
    """Whether a last word is a participle ("When was it made"), not a noun ("What is the capital")."""
    asks = form.asks in ("when", "where", "how", "why")
    return asks and part.text.islower() and (part.low.endswith("ed") or part.low in PARTICIPLES)
