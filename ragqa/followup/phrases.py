"""The noun phrases of a question ("a sabbatical", "the Brent manual", "ibuprofen"), found by word order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragqa.followup.questions import shape, verb_ends
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

_POINTING = vocabulary("this that these those")
_ARTICLES = DETERMINERS - _POINTING
_MANY = vocabulary("children people men women feet teeth mice geese")
_VERB_FOLLOWS = AUXILIARIES - vocabulary("is are was were am be been has have had")
_AMOUNTS = vocabulary("much many which what")
_ADVERBS = vocabulary("back away again often usually always never once twice together home abroad today tomorrow")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Characters [start, end) of a text that are a noun phrase. ``kind`` is "name" if a name is in it, "definite" or
    "indefinite" by its article, and otherwise "plural" or "bare". ``behind`` is the word in front of it.
    """

    text: str
    start: int
    end: int
    kind: str
    behind: str

    @property
    def head(self) -> str:
        """Its last word, in lower case."""
        return self.text.split()[-1].lower()


def phrases(question: str) -> list[Phrase]:
    """The noun phrases of a question in order. The verb of the question is no part of them."""
    parts, found, place = tokens(question), [], 0
    verb = -1  # where the verb behind the subject is, if it was seen
    subject = False  # whether the last phrase belongs to the subject of "do" or "can", and the verb is still to come
    while place < len(parts):
        before = parts[place - 1].low if place else ""
        inside = before in _VERB_FOLLOWS or (subject and before in PREPOSITIONS)
        if place == 2 and before in _VERB_FOLLOWS and shape(question).subject:  # Who may | use
            verb, place = place, place + 1
            continue
        end = _end(parts, place, question, subject=inside, object_=place == verb + 1 > 0)
        if end > place:
            found.append(_phrase(question, parts, place, end))
            subject = inside and end < len(parts) and parts[end].low in PREPOSITIONS
            verb = end if inside else -1
        place = max(end, place + 1)
    return found


def kind_of(text: str) -> str:
    """The kind of a text that is one noun phrase."""
    found = tokens(text)
    if not found:
        return ""
    if names(f". {text}") and found[0].low not in ("a", "an"):
        return "name"
    if found[0].low == "the" or found[0].low in ("my", "your", "our"):
        return "definite"
    if found[0].low in ("a", "an"):
        return "indefinite"
    last = found[-1].low
    plural = last in _MANY or (last.endswith("s") and not last.endswith(("ss", "us", "is")))
    return "plural" if plural else "bare"


def _phrase(question: str, parts: Sequence[Token], start: int, end: int) -> Phrase:
    text = question[parts[start].start : parts[end - 1].end]
    for ending in ("'s", "’s"):
        text = text.removesuffix(ending)
    behind = parts[start - 1].low if start else ""
    return Phrase(text, parts[start].start, parts[start].start + len(text), kind_of(text), behind)


def _end(parts: Sequence[Token], place: int, question: str, *, subject: bool, object_: bool) -> int:
    """Where the noun phrase that begins at ``place`` ends; ``place`` itself if none begins there."""
    first = parts[place]
    if not first.is_word:
        return place
    owned = first.low in ("my", "your", "our")
    start = place + 1 if first.low in _ARTICLES or owned else place
    known = first.low in FUNCTION or first.low in _ADVERBS
    if start == place and not (object_ and not known) and not _begins_bare(parts, place, question):
        return place
    end = start
    while end < len(parts) and _belongs(parts, start, end):
        end += 1
        if parts[end - 1].text.endswith(("'s", "’s")):
            break
    end = _without_verb(parts, place, end) if subject else end
    return end if end > start else place


def _begins_bare(parts: Sequence[Token], place: int, question: str) -> bool:
    """Whether a noun without an article may begin here: a name, or a word behind a preposition, behind "how much", as
    the subject after an auxiliary, or as the object right after the verb.
    """
    part = parts[place]
    if part.low in FUNCTION and not any(name.start == part.start for name in names(question)):
        return False
    before = parts[place - 1].low if place else ""
    if part.low in _ADVERBS or not place or (part.low in PARTICIPLES or part.low.endswith("ed")):
        return False
    if part.text[0].isupper() or before in PREPOSITIONS - {"to"} or before in _AMOUNTS:
        return True  # behind "to", a word in small letters is more often a verb
    form = shape(question)
    if before in AUXILIARIES - {"be", "been"}:
        return form.asks not in ("who", "whom", "whose") or before not in ("is", "was", "are", "were")
    return place > 1 and parts[place - 2].low in PRONOUNS | WH


def _belongs(parts: Sequence[Token], start: int, place: int) -> bool:
    part = parts[place]
    if not part.is_word or (part.low in _ADVERBS and place > start):
        return False
    if part.text[0].isupper() or part.text.isdigit():
        return True
    if part.low in FUNCTION | PRONOUNS:
        return part.low in ("first", "last", "second", "other") and place >= start
    participle = part.low.endswith("ed") or part.low in PARTICIPLES
    return place == start or not participle


def _without_verb(parts: Sequence[Token], start: int, end: int) -> int:
    """A subject without its verb: "do employees | earn", but "does the timer | do", where the verb is told."""
    told = end < len(parts) and parts[end].low in AUXILIARIES
    return end if told or end - start == 1 else verb_ends(parts, start, end)


def common(question: str) -> Iterator[Phrase]:
    """The phrases without a name that a question speaks of. What it seeks, the noun behind "which", is none of them."""
    told = (one for one in phrases(question) if one.kind != "name" and content(one.text))
    return (one for one in told if one.behind not in ("which", "what"))
