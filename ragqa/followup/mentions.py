"""What a conversation has spoken of: names and nouns of earlier questions, answers and titles, and what each may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragqa.followup.phrases import Phrase, common, phrases
from ragqa.followup.questions import focus, shape
from ragqa.followup.words import (
    AUXILIARIES,
    PREPOSITIONS,
    TITLES,
    Name,
    content,
    is_date,
    lowered,
    names,
    vocabulary,
    words,
)

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_PRONOUN = {"he": r"\b(?:[Hh]e|[Hh]is|[Hh]im)\b", "she": r"\b(?:[Ss]he|[Hh]ers?)\b", "it": r"\b(?:[Ii]t|[Ii]ts)\b"}
_PLURAL_HEADS = vocabulary("people men women children brothers sisters both")


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what it got. ``understood`` is the question that was asked; ``title`` and ``context`` are the
    title and the text of the document that answered, and ``language`` its language where the index recorded it. All
    but the two questions may be empty.
    """

    question: str
    understood: str
    answer: str = ""
    title: str = ""
    context: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that a turn spoke of. ``turn`` counts back from the last one, which is 1. ``person`` is positive for a
    person, negative for anything else, and 0 if nothing tells; ``gender`` is "he", "she" or "".
    """

    text: str
    source: str
    turn: int
    person: int
    gender: str
    plural: bool
    topical: bool


def mentions(history: Sequence[Turn]) -> Iterator[Mention]:
    """Everything that the turns spoke of: the latest turn first, and within a turn the answer, then names and nouns of
    the question, then the title.
    """
    texts = [turn.context for turn in history if turn.context]
    people = {turn.answer for turn in history if shape(turn.understood).asks == "who"}
    for back, turn in enumerate(reversed(history), 1):
        seen: set[str] = set()
        for text, source in _spoken(turn):
            key = " ".join(content(text)) or text.lower()
            if key in seen or not any(map(str.isalnum, text)):
                continue
            seen.add(key)
            person, gender = nature(text, source, turn, texts)
            person += 3 * (source != "answer" and text in people)
            plural = _plural(text, source)
            topical = bool(set(content(text)) & set(content(turn.title)))
            yield Mention(text, source, back, person, gender, plural, topical)


def nature(text: str, source: str, turn: Turn, contexts: Sequence[str]) -> tuple[int, str]:
    """How much speaks for a person (positive) or against one (negative), and which gender the person has."""
    first = words(text)[:1]
    for gender, titles in TITLES.items():
        if first and first[0] in titles:
            return 3, gender
    if not any(word[0].isupper() for word in text.split()) or any(char.isdigit() for char in text):
        return -2, ""
    score = 0
    form = shape(turn.understood)
    if source == "answer" and form.asks in ("who", "whom", "whose"):
        for gender, titles in TITLES.items():
            if form.auxiliary in ("is", "was") and set(words(form.rest)[-1:]) & titles:
                return 3, gender  # Who was her husband
        score += 3
    role = source == "question" and form.asks == "who" and form.auxiliary in ("is", "was") and form.rest.endswith(text)
    if role and text.lower().startswith("the ") and " of " in text:
        return 3, ""  # Who was the engineer of the bridge
    if text.lower().startswith(("the ", "a ", "an ")):
        score -= 3
    he, she, it = (_followed(text, contexts, pronoun) for pronoun in ("he", "she", "it"))
    score += min(2, he + she) - min(2, it) + _surroundings(text, contexts)
    if re.search(r"\b(?:born|die|died|live|marry|married|write|paint)$", turn.understood.rstrip("?. ")):
        score += source == "question"
    return score, "he" if he > she else "she" if she > he else ""


def _spoken(turn: Turn) -> Iterator[tuple[str, str]]:
    if turn.answer:
        yield _answer_mention(turn), "answer"
    about = focus(turn.understood)
    found = phrases(turn.understood)
    held = [_with_noun(name, found) for name in names(turn.understood)]
    whole = [name for name in held if name.text == about or name.core == about]
    yield (whole[0].text if whole else _definite(lowered(about)) if about else ""), "question"
    for one, other in zip(held, held[1:], strict=False):
        if turn.understood[one.end : other.start].strip() == "and":
            yield f"{one.text} and {other.text}", "question"
    for name in held:
        yield name.text, "question"
    for phrase in common(turn.understood):
        yield _definite(phrase.text), "question"
    yield title_text(turn.title, turn.context), "title"


def _with_noun(name: Name, found: Sequence[Phrase]) -> Name:
    """A name with the common noun behind it: "the Brent manual", not "the Brent"."""
    for one in found:
        behind = one.text.split()[-1]
        if one.start <= name.start and name.end < one.end and behind.islower() and one.text.lower().startswith("the "):
            return Name(lowered(one.text), one.text[4:], one.start, one.end)
    return name


def _definite(text: str) -> str:
    """A noun phrase as a later sentence has it: what was "a sabbatical" is "the sabbatical"."""
    return re.sub(r"^an? ", "the ", text, flags=re.IGNORECASE)


def title_text(title: str, context: str = "") -> str:
    """A title as it is written in a sentence: "Panama_Canal" becomes Panama Canal, "The transistor" becomes the
    transistor, and "Honey bees" becomes honey bees if its text writes it so.
    """
    text = title.replace("_", " ").strip()
    if text.startswith(("The ", "A ", "An ")):
        return text[0].lower() + text[1:]
    small = text[:1].lower() + text[1:]
    return small if text and re.search(rf"\b{re.escape(small)}\b", context) else text


def _answer_mention(turn: Turn) -> str:
    """What a later question may refer to in an answer: the name in it, or the whole answer if it is short; never a date
    or a number.
    """
    text, asks = turn.answer.strip().split("\n")[-1], shape(turn.understood).asks
    if is_date(text) or asks in ("how", "when", "why") or not _is_thing(text, turn.understood):
        return ""
    held = names(text)
    if " and " in text and held:
        return text[held[0].start :] if asks in ("who", "whom", "whose") else text
    if held and asks in ("who", "whom", "whose"):
        return held[-1].core
    first = words(text)[:1]
    if first and first[0] in PREPOSITIONS:
        text = text.split(None, 1)[-1]
    text = text.split(",")[0]
    if held and asks == "where":
        return text if len(words(text)) <= 6 else held[0].text
    if held and held[-1].core in text and asks == "which":
        return held[-1].text
    return lowered(text) if len(words(text)) <= 5 else ""


def _is_thing(text: str, question: str) -> bool:
    """Whether an answer may name a thing: not if it is an amount, a sentence, or says what something does or means."""
    found = words(text)
    said = shape(question)
    if text[:1].isdigit() and said.asks not in ("who", "which"):
        return False
    deed = said.auxiliary in ("do", "does", "did") and said.rest.endswith((" do", " mean"))
    return bool(found and said.asks) and not deed and not set(found) & AUXILIARIES


def _plural(text: str, source: str) -> bool:
    found = words(text)
    if " and " in text or (found and found[-1] in _PLURAL_HEADS):
        return True
    last = text.split()[-1] if text.split() else ""
    head = re.split(r"\b(?:of|in|on|for|from|at)\b", text)[0].split()
    last = head[-1] if head else last
    plain = last.endswith("s") and not last.endswith(("ss", "us", "is", "'s", "’s"))
    return plain and (last[0].islower() or text.lower().startswith("the "))


def _followed(name: str, contexts: Sequence[str], pronoun: str) -> int:
    """How many sentences have the name, and after it this pronoun, in the same sentence or at the start of the next."""
    last = re.escape(re.sub(r"^(?:the|a|an) ", "", name, flags=re.IGNORECASE).split()[-1])
    count = 0
    for text in contexts:
        sentences = _SENTENCE.split(text)
        for sentence, following in zip(sentences, [*sentences[1:], ""], strict=True):
            match = re.match(rf"(?:[\w'’.-]+ ){{0,5}}?{last}\b", sentence)
            if not match:
                continue
            begins = re.match(_PRONOUN[pronoun], following) is not None
            inside = pronoun != "it" and re.search(_PRONOUN[pronoun], sentence[match.end() :]) is not None
            count += begins or inside
    return count


def _surroundings(name: str, contexts: Sequence[str]) -> int:
    core = re.escape(re.sub(r"^(?:the|a|an) ", "", name, flags=re.IGNORECASE))
    text = "\n".join(contexts)
    score = 0
    if re.search(rf"\b[Tt]he {core}\b(?! [A-Z])", text):
        score -= 2
    if re.search(rf"\b{core},? who\b", text) or re.search(rf"\bby {core}\b", text):
        score += 1
    if re.search(rf"\b(?:[Ii]n|[Aa]t|[Nn]ear|[Ff]rom|to) {core}\b", text):
        score -= 1
    return score
