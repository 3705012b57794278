"""The words of a question that stand for something said before, and what they may stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragqa.followup.expletive import expletive, is_impersonal
from ragqa.followup.mentions import Mention, Turn, mentions
from ragqa.followup.questions import Shape, shape
from ragqa.followup.words import (
    AUXILIARIES,
    FUNCTION,
    PARTICIPLES,
    PREPOSITIONS,
    Token,
    content,
    is_capital,
    names,
    stem,
    tokens,
    vocabulary,
)

PERSONS = {"he": "he", "him": "he", "his": "he", "she": "she", "her": "she", "hers": "she"}
PLURALS = vocabulary("they them their theirs these those")
POSSESSIVES = vocabulary("his her its their")
_CLAUSES = vocabulary("when while before after because if since until although though that which who where as")
# Nouns that need an "of": a question with such a noun alone ("the architect") does not say of what.
MEASURES = vocabulary(
    "population area height length depth width weight age size magnitude price cost dose dosage port speed temperature "
    "capacity power duration limit rate default version deadline point diameter radius volume mass range"
)
OFFICES = vocabulary(
    "author architect designer engineer inventor founder commander captain pilot director owner winner leader "
    "president mayor minister editor publisher manager maker builder"
)
KIN = vocabulary("father mother parents husband wife brother sister son daughter")
RELATIONS = (
    MEASURES
    | OFFICES
    | vocabulary(
        "capital cause reason purpose result name title date place address sitter victims crew source treatment"
    )
    | vocabulary("symptoms warranty guarantee license licence")
)
# What is said of a thing and has no parts: in "its motor" it is the thing that has one.
QUALITIES = MEASURES | vocabulary(
    "warranty guarantee reason cause purpose result name title date license licence symptoms treatment address fee "
    "rent deposit fine penalty colour color meaning origin history quality"
)
# One word for several people, who are "they".
_GROUPS = vocabulary(
    "company firm team band group orchestra choir crew staff family couple government ministry parliament police army "
    "navy committee council board union club society party school university college bank office department agency "
    "authority shop store hotel restaurant museum library hospital clinic church team press management"
)
RECENCY = 3.0
_ASKED = vocabulary("many which what much")
_TIMES = vocabulary("year day month time century decade date moment period")
_PLACES = vocabulary("place city town country region area village")
_FIRST = vocabulary("name first second last own other most")
_TAKING = vocabulary("take takes took taken last lasted happen happened")
_UNIQUE = vocabulary("world earth sun moon sky sea ocean ground public internet universe equator past future same end")
_DOING = vocabulary("do did does done doing")


@dataclass(frozen=True, slots=True)
class Reference:
    """Characters [start, end) of a question and what they stand for: "he", "she", "it", "they", "there" or, for a noun
    phrase, "thing" with its ``noun``.
    """

    start: int
    end: int
    need: str
    noun: str = ""
    possessive: bool = False


NEEDS = {
    "he": "a man",
    "she": "a woman",
    "it": "something that is not a person",
    "they": "several, or a group",
    "there": "a place",
    "thing": "what was spoken of",
    "deed": "what was done",
    "event": "what happened",
    "time": "a time",
}


def references(question: str) -> list[Reference]:
    """Pronouns, "there" and pointing noun phrases that nothing in the question itself explains, in order."""
    parts = tokens(question)
    found: list[Reference] = []
    ahead = next((place for place in range(len(parts)) if expletive(parts, place)), len(parts))
    for place in range(len(parts)):
        reference = _reference(parts, place, question, ahead)
        if reference is not None and not any(other.need == reference.need for other in found):
            found.append(reference)
    return found


def best(need: str, history: Sequence[Turn], within: int = 5, *, owner: bool = False) -> Mention | None:
    """The mention of the last turns that fits a need best. Its kind counts most, then where it was said (answer,
    question, title), then how recent it is. A title is meant only where the question had no noun that fits. ``owner``
    says that it is to have something, as in "its motor".
    """
    fitting = [
        (fitness - RECENCY * (mention.turn - 1), -number, mention)
        for number, mention in enumerate(mentions(history[-within:]))
        if (need == "there" or not is_impersonal(history[-mention.turn].understood))
        and (fitness := _fit(need, mention, history[-mention.turn], owner=owner)) is not None
    ]
    worded = {mention.turn for _, _, mention in fitting if mention.source == "question" and mention.person}
    ranked = [entry for entry in fitting if entry[2].source != "title" or entry[2].turn not in worded]
    return max(ranked, key=lambda entry: entry[:2])[2] if ranked else None


def naming(noun: str, history: Sequence[Turn]) -> Mention | None:
    """The latest name or phrase that contains a noun: for "canal" the Suez Canal."""
    for mention in mentions(history):
        held = content(mention.text)
        named = mention.source != "answer" or any(word[0].isupper() for word in mention.text.split())
        if named and stem(noun) in held and len(held) > 1 and mention.person <= 0:
            return mention
    return None


def definites(question: str) -> Iterator[Reference]:
    """Each "the NOUN" that the question does not describe further: no "of", no clause and no name belongs to it."""
    parts = tokens(question)
    for place, part in enumerate(parts):
        if part.low != "the" or (place + 1 < len(parts) and parts[place + 1].low in _UNIQUE):
            continue
        end = place + 1
        while end < len(parts) and parts[end].is_word and parts[end].text.islower() and not _stops(parts, end):
            end += 1
        end = _before_verb(parts, place, end, question)
        if place and parts[place - 1].low in ("in", "on", "at") and place > 1 and _content_word(parts[place - 2]):
            continue
        follow = parts[end] if end < len(parts) else None
        if end == place + 1 or (follow is not None and not _free(follow)):
            continue
        yield Reference(part.start, parts[end - 1].end, "thing", parts[end - 1].low)


def _reference(parts: Sequence[Token], place: int, question: str, ahead: int) -> Reference | None:
    """What the word at ``place`` refers to; ``ahead`` is where the first "it" stands that refers to nothing before."""
    part, following = parts[place], parts[place + 1] if place + 1 < len(parts) else None
    possessive = part.low in POSSESSIVES and following is not None and _owned(part, following)
    ends = following is None or not following.is_word
    if part.low in ("it", "so") and ends and place and parts[place - 1].low in _DOING:
        return Reference(part.start, part.end, "deed")
    if part.low == "it" and following is not None and following.low in _TAKING and not expletive(parts, place):
        return Reference(part.start, part.end, "event")
    if part.low in PERSONS or part.low in ("they", "them", "their", "its", "it"):
        if _explained(parts, place, question) or (part.low == "it" and expletive(parts, place)):
            return None
        need = PERSONS.get(part.low) or ("they" if part.low in PLURALS else "it")
        return Reference(part.start, part.end, need, possessive=possessive)
    if part.low == "then" and place and ends:
        return Reference(part.start, part.end, "time")
    if part.low == "there":
        return None if _existential(parts, place) else Reference(part.start, part.end, "there")
    if part.low in ("this", "that", "these", "those"):
        return _demonstrative(parts, place, ahead)
    return None


def _demonstrative(parts: Sequence[Token], place: int, ahead: int) -> Reference | None:
    part, following = parts[place], parts[place + 1] if place + 1 < len(parts) else None
    before = parts[place - 1].low if place else ""
    need = "they" if part.low in PLURALS else "it"
    if part.low == "that" and ahead < place:
        return None  # a clause: "is it true that bats are blind"
    if following is None or not following.is_word:
        return Reference(part.start, part.end, "deed" if before in _DOING else need)
    after = parts[place + 2] if place + 2 < len(parts) else None
    ends = after is None or not after.is_word or after.low in PREPOSITIONS | AUXILIARIES
    if part.low == "that" and before not in PREPOSITIONS | AUXILIARIES and not (ends and _content_word(following)):
        return None  # a clause: "show that light takes time"
    if part.low == "that" and _verb_like(following):
        return None
    if _content_word(following) and following.text.islower():
        need = "time" if following.low in _TIMES else "there" if following.low in _PLACES else need
        return Reference(part.start, following.end, need, following.low)
    if following.low in AUXILIARIES | PREPOSITIONS and before in AUXILIARIES | PREPOSITIONS:
        return Reference(part.start, part.end, need)
    return None


def _explained(parts: Sequence[Token], place: int, question: str) -> bool:
    """Whether the question itself names, before the pronoun, what the pronoun may stand for.

    A possessive may belong to any name before it; another pronoun only to a name in an earlier clause.
    """
    part = parts[place]
    before = [name for name in names(question) if name.end <= part.start]
    nouns: list[Token] = []
    if part.low in ("it", "its"):
        nouns = [other for other in parts[:place] if other.low in ("the", "a", "an")]
    elif part.low in PLURALS:
        nouns = [other for other in parts[:place] if _content_word(other) and other.low.endswith("s")]
    form = shape(question)
    asked = form.subject and form.asks in ("who", "which", "what")
    if not before and not nouns and not asked:
        return False
    first = min([0] * asked + [name.start for name in before] + [noun.start for noun in nouns])
    if part.low in POSSESSIVES and (before or nouns) and place + 1 < len(parts) and _content_word(parts[place + 1]):
        return True
    between = [other.low for other in parts[:place] if other.start > first]
    return any(word in _CLAUSES or word == "," for word in between)


def _existential(parts: Sequence[Token], place: int) -> bool:
    """Whether "there" means no place: "Is there a lake", "how many moons are there"."""
    beside = {parts[place - 1].low} if place else set()
    if place + 1 < len(parts):
        beside.add(parts[place + 1].low)
    return bool(beside & {"is", "are", "was", "were", "be", "been", "has", "have", "had", "exist", "exists"})


def _fit(need: str, mention: Mention, turn: Turn, *, owner: bool) -> float | None:
    """How well a mention fits a need; None if it cannot be meant."""
    if need in ("he", "she"):
        return _fit_person(need, mention)
    form = shape(turn.understood)
    if need == "there":
        if mention.person > 0 or mention.plural:
            return None
        where = form.asks == "where" or (form.place and form.asks in ("which", "what"))
        where = where or (form.asks in ("what", "which") and form.auxiliary in ("is", "was"))
        base = {"answer": 4.0 if where else 1.5, "question": 3.0, "title": 2.5}[mention.source]
        return base + mention.topical + (not mention.text.islower())
    if need == "they":
        return _fit_several(mention, form)
    several = form.auxiliary in ("are", "were")  # What are the side effects: none of them is "it"
    if mention.person > 0 or (mention.plural and mention.person >= 0 and mention.source != "title"):
        return None
    base = {"answer": 1.0 if form.place or form.asks == "who" or several else 4.0, "question": 2.5, "title": 2.0}[
        mention.source
    ]
    head, _, whole = mention.text.partition(" of ")
    # The dose of ibuprofen: what is taken is ibuprofen.
    measured = bool(whole) and head.split()[-1] in (QUALITIES if owner else MEASURES)
    return base + mention.topical - mention.plural - 1.5 * measured


def _fit_several(mention: Mention, form: Shape) -> float | None:
    """How well a mention fits "they". What is one is seldom meant: a firm or a group sooner than a person, and a
    person sooner than a thing; a place that was the answer never.
    """
    base = {"answer": 3.0, "question": 2.0, "title": 1.5}[mention.source] + 0.5 * mention.topical
    if mention.plural:
        return base + 3.0
    if mention.source == "answer" and form.place:
        return None
    group = not mention.text.islower() or mention.text.split()[-1] in _GROUPS
    return base - (5.0 if mention.person > 0 else 3.0 if group else 6.0)


def _fit_person(need: str, mention: Mention) -> float | None:
    if mention.plural or mention.person < 0 or (mention.gender and mention.gender != need):
        return None
    if mention.person == 0 and (mention.source == "title" or len(mention.text.split()) < 2):
        return None
    base = {"answer": 4.0, "question": 3.0, "title": 2.0}[mention.source]
    return base + (mention.person > 0) + (mention.gender == need)


def _content_word(part: Token) -> bool:
    return part.is_word and part.low not in FUNCTION


def _owned(pronoun: Token, following: Token) -> bool:
    """Whether a pronoun says whose the next word is. "her" does so only before a word that may be a noun."""
    if pronoun.low == "her":
        return _content_word(following) or following.low in _FIRST
    return following.is_word and following.low not in PREPOSITIONS | AUXILIARIES


def _verb_like(part: Token) -> bool:
    return part.low.endswith("ed") or part.low in ("makes", "takes", "has", "led", "made")


def _stops(parts: Sequence[Token], place: int) -> bool:
    low = parts[place].low
    allowed = {"first", "last", "second", "other", "same", "long", "one"}
    return low in FUNCTION - allowed or (low.endswith("ed") and parts[place - 1].low != "the")


def _before_verb(parts: Sequence[Token], start: int, end: int, question: str) -> int:
    """A phrase without the verb at its end, for questions with "did", "was" and similar auxiliaries."""
    auxiliary = shape(question).auxiliary.lower()
    last = end == len(parts) or not parts[end].is_word or parts[end].low in PREPOSITIONS | {"a", "an", "the"}
    verb = auxiliary in ("do", "does", "did", "will", "can", "could") and start > 0 and end - start > 2
    if last and verb and parts[start - 1].low in AUXILIARIES:
        return end - 1
    counted = shape(question).subject and start > 2 and parts[start - 1].low == "of" and parts[start - 3].low in _ASKED
    if last and counted and end - start > 2:
        return end - 1  # How many copies of the charter | survive
    if last and auxiliary in ("was", "were", "is", "are") and end - start > 2 and parts[end - 1].low in PARTICIPLES:
        return end - 1
    return end


def _free(part: Token) -> bool:
    """Whether the words after a noun phrase do not describe it further."""
    told = {
        "ever",
        "known",
        "of",
        "in",
        "on",
        "that",
        "which",
        "who",
        "whose",
        "where",
        "from",
        "at",
        "to",
        "about",
        "with",
        "for",
    }
    return part.low not in told and not re.match(r"\d", part.text) and not is_capital(part, first=False)
