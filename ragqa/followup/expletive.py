"""Whether "it" stands for nothing, as in "How hot is it in Oslo?", "What time is it?" and "Is it possible to fly?"."""

from __future__ import annotations

from collections.abc import Sequence

from ragqa.followup.words import DETERMINERS, MONTHS, PREPOSITIONS, PRONOUNS, Token, is_capital, tokens, vocabulary

_BEING = vocabulary("is was be been get gets got getting become becomes")
_FALLING = vocabulary("rain snow hail drizzle thunder freeze")
_WEATHER = vocabulary(
    "hot cold warm cool mild chilly humid dry wet windy sunny cloudy rainy snowy foggy stormy icy dark light bright"
)
_LANDSCAPE = vocabulary("desert mountains tropics arctic jungle north south east west city country")
_OUT = vocabulary("outside outdoors today tonight tomorrow now there here like")
_CLOCK = vocabulary("time day date weekday month year season late early")
_CALENDAR = MONTHS | vocabulary("noon midnight morning evening night winter spring summer autumn")
_SPACE = vocabulary("far miles kilometres kilometers metres meters")
# What can be said of a fact or a deed only, and what can be said of a deed or a thing.
_OF_DEEDS = vocabulary(
    "true false possible impossible necessary unnecessary likely unlikely allowed forbidden permitted required said "
    "known believed thought worth"
)
_OF_BOTH = vocabulary(
    "safe dangerous risky hard easy difficult simple good bad better best legal illegal important useful useless ok "
    "okay wise healthy unhealthy expensive cheap cost costs help helps hurt make matter matters"
)
_TAKING = vocabulary("take takes took taken last lasted happen happened")


def expletive(parts: Sequence[Token], place: int) -> bool:
    """Whether the "it" at ``place`` of a question stands for nothing that was said before: it belongs to a sentence
    about weather, time or distance, or points at words that follow.
    """
    if parts[place].low != "it":
        return False
    before = [part.low for part in parts[:place]]
    after = [part.low for part in parts[place + 1 :] if part.is_word]
    return _points_ahead(before, after) or impersonal(parts, place)


def is_impersonal(question: str) -> bool:
    """Whether a question is about the weather, the time or a distance, and so about no thing."""
    parts = tokens(question)
    return any(impersonal(parts, place) for place in range(len(parts)))


def impersonal(parts: Sequence[Token], place: int) -> bool:
    """Whether the word at ``place`` is an "it" that tells the weather, the time or a distance."""
    if parts[place].low != "it":
        return False
    before = [part.low for part in parts[:place]]
    following = [part for part in parts[place + 1 :] if part.is_word]
    after = [part.low for part in following]
    return _weather(before, after, following) or _time(before, after) or _distance(before, after)


def _weather(before: Sequence[str], after: Sequence[str], following: Sequence[Token]) -> bool:
    if any(_base(word, _FALLING) for word in after[:3]):
        return True
    if not {*before[-1:], *after[:2]} & (_BEING | {"does", "do", "did", "will"}):
        return False
    if before[:1] == ["what"] and after[:1] == ["like"]:
        return _placed(following[1:])
    told = [word for word in (*before, *after[:4]) if _base(word, _WEATHER)]
    return bool(told) and _placed(following)


def _placed(following: Sequence[Token]) -> bool:
    """Whether these words say where or when of the weather: "in Oslo", "in the desert", "outside", "today"."""
    for one, part in enumerate(following):
        if part.low in _OUT:
            return True
        if part.low in ("in", "at", "on", "near", "around"):
            for noun in following[one + 1 : one + 3]:
                if is_capital(noun, first=False) or noun.low in _LANDSCAPE:
                    return True
                if noun.low not in DETERMINERS:
                    break
    return False


def _time(before: Sequence[str], after: Sequence[str]) -> bool:
    if before[-1:] != ["is"] and before[-1:] != ["'s"]:
        return False
    asked = before[-2:-1] and before[-2] in _CLOCK and before[0] in ("what", "which", "how")
    if asked and (not after or after[0] in {"in", "at", "on", "when", "right"} | _OUT):
        return True
    said = [word for word in after[:3] if word not in ("already", "still", "not", "really", "the")]
    return len(before) == 1 and bool(said) and said[0] in _CALENDAR


def _distance(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether a distance has its end: "How far is it to the Moon?", but not "How far is it from Bergen?"."""
    return bool(set(before) & _SPACE) and (after[:1] in (["to"], ["between"]) or ("from" in after and "to" in after))


def _points_ahead(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether words after "it" say what it is: "it that …", "it true that …", "it take to …", "it safe to take X"."""
    if after[:1] and after[0] in _TAKING and "to" in after[:-2]:
        return True
    if after[:1] == ["that"] or after[:2] == ["called", "when"] or (after[:1] == ["like"] and after[1:2] == ["to"]):
        return True
    words = [word for word in after if word not in ("not", "still", "ever", "really", "also", "more", "so", "too")]
    if not words:
        return False
    if words[0] in _OF_DEEDS:
        return bool(set(words[1:]) & {"to", "that", "if"}) or words[0] == "worth"
    if words[0] not in _OF_BOTH:
        return False
    return bool(set(words[1:3]) & {"that", "if", "when"}) or _acts_on(words[1:])


def _acts_on(words: Sequence[str]) -> bool:
    """Whether "to VERB" has an object behind it: "to take aspirin", but not "to eat", which leaves it out."""
    if "to" not in words:
        return False
    behind = words[words.index("to") + 2 :]
    return bool(behind) and behind[0] not in PREPOSITIONS | PRONOUNS


def _base(word: str, known: frozenset[str]) -> bool:
    """Whether a word is one of those, or a comparative or another form of one: "warmer", "sunnier", "raining"."""
    if word in known:
        return True
    for ending in ("iest", "ier", "est", "er", "ing", "ed", "s", "r"):
        stem = word.removesuffix(ending)
        if stem != word and (stem in known or f"{stem}y" in known or f"{stem}e" in known or stem[:-1] in known):
            return True
    return False
