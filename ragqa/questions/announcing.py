"""Whether a quotation only announces what answers: "the following people", "these documents", "as follows"."""

from __future__ import annotations

import re
from functools import lru_cache

from ragqa.normalized import plain
from ragqa.questions.asked import Asked
from ragqa.questions.kinds import Kind
from ragqa.questions.tongues import asking_words
from ragqa.wording import Wording

_EDGES = " \t\r\n.:;,…。：；，、؛،*_`\"'“”„«»()"
_TIMES = frozenset((Kind.OCCASION, Kind.DATE, Kind.DURATION, Kind.FREQUENCY))  # "the following day" answers these
_LONGEST = 80  # characters
_WORDS = r"(?: [^\W\d_][\w'’-]*| \d{1,3}){0,3}"  # what is announced: "three written documents"
_PATTERNS = {
    "en": rf"(?:\w+ ){{0,3}}the following{_WORDS}|(?:(?:all|any|each|one|some|by|to|with|of|in|for) ){{0,3}}"
    rf"these{_WORDS}"
    r"|(?:\w+ ){0,4}(?:as follows|(?:listed|given|described|shown|named|set out) below)"
    r"|(?:the|this) (?:list|table|steps|items|points|rules|instructions) below",
    "de": rf"(?:\w+ ){{0,3}}(?:nach)?folgende[nrms]?{_WORDS}|(?:\w+ ){{0,4}}wie folgt"
    rf"|(?:(?:alle|allen|von|mit|in|für|an) ){{0,2}}diese[nr]?{_WORDS}"
    r"|(?:die |den |der )?(?:unten (?:genannte|aufgeführte)|nachstehende)[nrms]?(?: \w+){0,2}",
    "fr": r"(?:\w+ ){0,4}suivante?s?|(?:\w+ ){0,4}comme suit|(?:\w+ ){0,3}ci-(?:dessous|après)"
    r"|(?:(?:tou[ts]e?s?|de|par|avec|dans|à) ){0,2}ces(?: \w+){1,3}",
    "es": rf"(?:\w+ ){{0,2}}(?:los|las|el|la|lo) siguientes?{_WORDS}|(?:\w+ ){{0,3}}siguientes"
    r"|(?:\w+ ){0,4}(?:como sigue|a continuación)|(?:(?:todos|todas|de|por|con|en) ){0,2}est[oa]s(?: \w+){1,3}",
    "ru": r"(?:\w+ ){0,2}(?:ниже)?следующ(?:ие|их|им|ими|ее)(?: \w+){0,3}"
    r"|(?:\w+ )?(?:эти|этих|этим|этими)(?: \w+){1,3}",
    "ar": r"(?:\w+ ){0,3}(?:التالي(?:ة|ين|ون)?|الآتي(?:ة|ين|ون)?|(?:ب|ك)?ما يلي)|هذه(?: \w+){1,2}",
    "zh": r"\w{0,4}(?:以下|下列|下述|这些|這些)\w{0,6}|\w{0,8}如下",
}
_CUES = {  # without one of these nothing is announced, which is found out quickly
    "en": "follow|these|below",
    "de": "folg|diese|genannte|aufgeführte|nachstehende",
    "fr": "suivant|comme suit|ci-|ces",
    "es": "siguiente|sigue|continuación|est[oa]s",
    "ru": "следующ|эти",
    "ar": "التالي|الآتي|ما يلي|هذه",
    "zh": "以下|下列|下述|这些|這些|如下",
}
_COLON = re.compile(r"[^.!?。！？\n]{0,120}[:：]")
_BEFORE, _AFTER = re.compile(r"(?:[^\s.:;!?]+[^\S\n]+){1,3}\Z"), re.compile(r"[^\S\n]+(\w+)")
_REACH = 60  # characters before a quotation in which the words are looked for that make it an announcement
_COMPILED = {
    language: (re.compile(_CUES[language], re.IGNORECASE), re.compile(pattern))
    for language, pattern in _PATTERNS.items()
}


def announces(text: str, start: int, end: int, asked: Asked, wording: Wording) -> bool:
    """Whether characters [start, end) of a text only say that the answer follows, or are what is announced in such
    words before a colon: "documents" in "the following documents:".
    """
    said = text[start:end]
    cues, _ = _COMPILED.get(wording.language, _COMPILED["en"])
    if len(said) > _LONGEST or cues.search(text, max(0, start - _REACH), end + _REACH) is None:
        return False
    if only_announces(said, asked, wording):
        return True
    if _COLON.match(text, end) is None:
        return False
    before = _BEFORE.search(text[max(0, start - _REACH) : start])
    lead = before[0].split() if before else []
    after = _AFTER.match(text, end)
    tails = (said, f"{said} {after[1]}") if after else (said,)
    wider = (" ".join((*lead[len(lead) - count :], tail)) for tail in tails for count in range(len(lead) + 1))
    return any(only_announces(whole, asked, wording) for whole in wider)


@lru_cache(10_000)
def only_announces(text: str, asked: Asked, wording: Wording) -> bool:
    """Whether a quotation says no more than that the answer follows, in words of the language or, where there are none,
    of English. What names somebody does not, and neither does a time to a question for one.
    """
    said = plain(text[: _LONGEST + 1]).strip(_EDGES)
    if len(said) > _LONGEST or asked.kinds & _TIMES:
        return False
    _, pattern = _COMPILED.get(wording.language, _COMPILED["en"])
    if pattern.fullmatch(" ".join(said.lower().split())) is None:
        return False
    named = wording.capitals and any(word[0].isupper() for word in said.split()[1:])
    times = (asking_words(wording.language).periods, asking_words(wording.language).moments)
    return not named and not any(time is not None and time.search(said.lower()) for time in times)
