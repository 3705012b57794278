"""The last question asked about another thing: which of its words the new ones replace, and what goes with them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragqa.followup.mentions import Turn, nature
from ragqa.followup.phrases import Phrase, kind_of, phrases
from ragqa.followup.questions import focus, shape
from ragqa.followup.references import KIN, OFFICES, RELATIONS
from ragqa.followup.words import AUXILIARIES, WEEKDAYS, Name, content, is_date, names, stem, tokens, words

_COMMON = ("bare", "plural")
_OWNING = ("for", "of")


def with_circumstance(phrase: str, first: str, question: str, last: Turn) -> str:
    """The last question with another circumstance: "in 1960" in place of "in 1896", or at its end. A question with a
    new circumstance no longer asks for the first time that something happened. "For" and "of" may name another thing
    to ask the same about ("the warranty of the pump", then "for the valve").
    """
    date, thing = is_date(phrase), phrase[len(first) :].strip()
    asked = first in _OWNING and not date
    owner = _owner(thing, first, question) if asked else None
    if owner is not None:
        return question[: owner.start] + thing + question[owner.end :]
    for match in re.finditer(rf"\b{first} (?:the )?(?:[A-Z\d][\w.-]*(?: [A-Z\d][\w.-]*)*|\w+$)", question):
        if is_date(match[0]) == date:
            return question[: match.start()] + phrase + question[match.end() :]
    if not date and not names(f". {phrase}"):
        for one in reversed(phrases(question)):
            if one.behind == first and one.kind != "name":
                return question[: one.start - len(first) - 1] + phrase + question[one.end :]
    alike = _alike_or_doer(thing, question, last) if asked else None
    if alike is not None:
        return question[: alike.start] + thing + question[alike.end :]
    if date:
        question = re.sub(r"\b(the) (?:very )?(?:first|last|latest) ", r"\1 ", question)
    return f"{question} {phrase}"


def exchanged(phrase: str, question: str, last: Turn, *, owned: bool) -> str | None:
    """The question with ``phrase`` in place of a thing of its kind; None if nothing in it is similar.

    ``owned`` says that the phrase names its owner ("the Rhine's depth"). In this order, the phrase replaces:

    * a noun phrase that shares a word with it ("the Brent manual" by "the Orlin manual");
    * what the question asks of a thing, if the phrase is such a part or property ("the highest mountain");
    * a thing of its kind: a name by a name, a noun without an article by one without;
    * all that the question is about, together with what belongs to that.
    """
    if owned:
        return _of_owner(phrase, question, last)
    if is_date(phrase):
        link = "on" if set(words(phrase)) & WEEKDAYS else "in"
        return with_circumstance(f"{link} {phrase}", link, question, last)
    held = phrases(question)
    whole = _owned(phrase, question, held)
    if whole is not None:
        return whole
    alike: Phrase | Name | None = _sharing(phrase, held)
    if alike is None and kind_of(phrase) in ("bare", "plural") and _head(phrase) in RELATIONS:
        phrase = f"the {phrase}"
    if alike is None and kind_of(phrase) == "definite":
        return _part(phrase, question, held)
    alike = alike or _same_kind(phrase, question, held, last)
    about = focus(f"{question}?")
    if alike is None and not about and held:
        alike = held[-1]
    if alike is not None:
        return question[: alike.start] + phrase + question[alike.end :]
    return question.replace(about, phrase, 1) if about else None


def is_strange(phrase: str, question: str) -> bool:
    """Whether the last question cannot be asked of a phrase: it asks for what belongs to something with a name ("the
    warranty of the P-100"), and the phrase names things of another kind ("returns").
    """
    held = phrases(question)
    if kind_of(phrase) != "plural" or _head(phrase) in RELATIONS or _sharing(phrase, held):
        return False
    named = any(one.kind == "name" and one.behind in _OWNING and _owner_of_relation(question, one) for one in held)
    return named and not any(one.kind in _COMMON for one in held)


def _owner(thing: str, first: str, question: str) -> Phrase | None:
    """What a thing behind ``first``, which is "for" or "of", replaces behind one of these words: something of its kind
    or with a word of it, or what has the property that is asked for. None if there is nothing like that.
    """
    kind, told = kind_of(thing), set(content(thing))
    found = [
        one
        for one in phrases(question)
        if one.behind in _OWNING
        and (one.kind == kind or told & set(content(one.text)) or _owner_of_relation(question, one))
    ]
    return max(found, key=lambda one: (one.behind == first, one.start), default=None)


def _alike_or_doer(thing: str, question: str, last: Turn) -> Phrase | Name | None:
    """A name of a thing's kind, or those who do something if the thing may do it too ("do students borrow", then "for
    guests").
    """
    kind, held, given = kind_of(thing), phrases(question), names(f". {thing}")
    if given and names(question):
        person = nature(given[-1].text, "question", last, [last.context])[0] > 0
        name = _alike(given, names(question), last)
        return name if (nature(name.text, "question", last, [last.context])[0] > 0) == person else None
    return next((one for one in held if one.kind == kind == "plural" and one.behind in AUXILIARIES), None)


def _owned(phrase: str, question: str, held: Sequence[Phrase]) -> str | None:
    """The question with "the rent of flat B" in the place of "the rent of flat A", or of "the deposit for flat A".
    If it has nothing of that form, what the phrase asks for is asked for as such. None if the phrase has another form.
    """
    form = re.match(r"(?P<head>.+?) (?:of|for) .", phrase)
    if form is None or not names(f". {phrase}"):
        return None
    head = form["head"]
    for one, other in zip(held, held[1:], strict=False):
        if other.behind in _OWNING and question[one.end : other.start].strip() == other.behind:
            alike = stem(one.head) == stem(_head(head)) or one.kind == kind_of(head) == "definite"
            if alike and one.kind != "name":
                return question[: one.start] + phrase + question[other.end :]
    if _head(head) not in RELATIONS or kind_of(head) != "definite":
        return None
    return f"{'Who' if _head(head) in OFFICES else 'What'} is {phrase}"


def _of_owner(phrase: str, question: str, last: Turn) -> str | None:
    """A question about what belongs to a thing. A property or a role is asked for as such; anything else takes the
    place of the name in the last question.
    """
    form, head = shape(f"{question}?"), _head(phrase)
    asked = form.asks in ("what", "who", "which") and form.auxiliary in ("is", "was", "are", "were")
    verb = form.auxiliary if form.auxiliary in ("is", "was", "are", "were") else "is"
    if head in OFFICES or (head in KIN and form.asks not in ("when", "where", "how")):
        return f"Who {verb} {phrase}"
    if asked or head in RELATIONS or (form.asks == "how" and head not in KIN):
        return f"What {verb if asked else 'is'} {phrase}"
    held = names(question)
    if held:
        target = _alike((), held, last)
        return question[: target.start] + phrase + question[target.end :]
    about = focus(f"{question}?")
    return question.replace(about, phrase, 1) if about else f"What is {phrase}"


def _sharing(phrase: str, held: Sequence[Phrase]) -> Phrase | None:
    """The last noun phrase that has a word of the new one: as its head, or in a name."""
    new = set(content(phrase))
    for one in reversed(held):
        common = set(content(one.text)) & new
        if common and (stem(one.head) in common or (one.kind == "name" and kind_of(phrase) == "name")):
            return one
    return None


def _part(phrase: str, question: str, held: Sequence[Phrase]) -> str | None:
    """The question about another part of the same thing ("the capital of Norway", then "the highest mountain"), or
    about another thing of which it asks the same ("the price of the book", then "the map").
    """
    heads = [one for one in held if question[one.end :].lstrip().startswith("of ") and one.kind != "name"]
    if heads:
        head = heads[0]
        owner = next((one for one in held if one.start > head.end), None)
        thing = owner is not None and owner.kind == "definite" and head.head in RELATIONS
        target = owner if thing and owner is not None and _head(phrase) not in RELATIONS else head
        return question[: target.start] + phrase + question[target.end :]
    about = focus(f"{question}?")
    if about and any(name.core in about for name in names(question)):
        return question.replace(about, f"{phrase} of {about}", 1)
    if about:
        return question.replace(about, phrase, 1)
    common = [one for one in held if one.kind != "name"]
    if common:
        return question[: common[0].start] + phrase + question[common[0].end :]
    return f"{question[: held[-1].start]}{phrase} of {question[held[-1].start :]}" if held else None


def _same_kind(phrase: str, question: str, held: Sequence[Phrase], last: Turn) -> Phrase | Name | None:
    """The thing in the question that is most of the new one's kind; None if nothing is."""
    kind, given, known = kind_of(phrase), names(f". {phrase}"), names(question)
    if given and known:
        name = _alike(given, known, last)
        every: list[Phrase | Name] = [*held, name]
        whole = next(one for one in every if one.start <= name.start and name.end <= one.end)
        return whole if phrase.split()[-1].islower() else name
    owned = [one for link in ("for", "of") for one in held if one.behind == link and _owner_of_relation(question, one)]
    if kind == "name" or _head(phrase) in RELATIONS:
        return owned[-1] if kind == "name" and owned else None
    told = [one for one in held if one.behind not in ("which", "what")]
    same = [one for one in told if one.kind == kind]
    common = same or [one for one in told if one.kind in _COMMON and kind in _COMMON]
    if common:
        return common[-1]
    return owned[-1] if owned else None


def _owner_of_relation(question: str, phrase: Phrase) -> bool:
    """Whether a phrase is the thing that a property belongs to: "How high is the price of bread?", and whatever is
    asked for by "What is the … of", as in "What is the penalty for speeding?".
    """
    form, before = shape(f"{question}?"), words(question[: phrase.start])
    sought = form.asks in ("what", "who", "which") and form.auxiliary in ("is", "was", "are", "were")
    return len(before) > 1 and (sought or before[-2] in RELATIONS)


def _alike(given: Sequence[Name], held: Sequence[Name], last: Turn) -> Name:
    """The name in a question that a new name replaces: one that shares a word with it, or is of its kind."""
    new = set(content(" ".join(name.core for name in given)))
    shared = [name for name in held if set(content(name.core)) & new]
    if shared:
        return shared[-1]
    texts = [last.context]
    person = bool(given) and nature(given[-1].text, "question", last, texts)[0] > 0
    kind = [name for name in held if (nature(name.text, "question", last, texts)[0] > 0) == person]
    return (kind or list(held))[-1]


def _head(phrase: str) -> str:
    """The noun of a phrase: its last word before "of"."""
    found = tokens(re.split(r"\bof\b", phrase)[0])
    return found[-1].low if found else ""
