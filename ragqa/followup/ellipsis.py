"""Fragments ("And when?", "With whom?", "And the Elbe?", "And that of the Elbe?", "Tell me more") are completed with
the question before them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragqa.followup.exchange import exchanged, is_strange, with_circumstance
from ragqa.followup.mentions import Turn, mentions
from ragqa.followup.questions import Shape, shape
from ragqa.followup.references import best
from ragqa.followup.resolution import Carried, Understood, carry, resolve, subject
from ragqa.followup.words import (
    AUXILIARIES,
    PREPOSITIONS,
    PRONOUNS,
    WH,
    content,
    lowered,
    names,
    raised,
    tokens,
    vocabulary,
)

_ABOUT = re.compile(r"^(?:what|how) about\s+", re.IGNORECASE)
_TRAILING = vocabulary("else exactly then there not so come") | PREPOSITIONS
_EVENT = re.compile(r"^(when|where|why|how) (?:was|is|did) (?:that|this)(?: happen)?$", re.IGNORECASE)
_MEASURED = re.compile(r"^how (?:wide|deep|high|tall|big|large|old|fast|heavy|hot|cold)$", re.IGNORECASE)
_COUNTED = re.compile(r"^(?:how (?:many|much)|which|what) \w+$", re.IGNORECASE)
_MORE = re.compile(
    r"^(?:(?:please|(?:can|could|would|will) you)\s+)*(?:(?:tell|show|give) (?:me|us) (?:(?:some|a bit|a little) )?more"
    r"(?: details?| information)?|(?:some |any )?(?:more|further)(?: details?| info(?:rmation)?)?|details|go on|"
    r"continue|keep going|elaborate|say more|explain (?:more|further))(?:,? please)?$",
    re.IGNORECASE,
)
_SAME = re.compile(r"^(?:that|those|the same)\s+(?=(?:of|for|in|at|on|from|with|by)\s)", re.IGNORECASE)
_REASON = "the question is a fragment of the last one"


def complete(typed: str, history: Sequence[Turn], *, joined: bool) -> Understood | None:
    """The whole question that a fragment stands for, or None if the question is no fragment.

    ``joined`` says that it began with "And".
    """
    text = typed.rstrip("?.! ")
    if _MORE.match(text):
        return _more(text, history)
    about = _ABOUT.match(text)
    if about is not None:
        return _noun_fragment(text[about.end() :], history, typed)
    parts = tokens(text)
    if not parts or not text:
        return None
    event = _EVENT.match(text)
    if event is not None:
        return _wh_fragment(event[1], history)
    if _is_wh_fragment([part.low for part in parts]):
        return _wh_fragment(text, history)
    lows = [part.low for part in parts]
    short = joined or (len(parts) <= (5 if lows[0] in PREPOSITIONS else 3) and typed.rstrip().endswith("?"))
    telling = content(text) or "one" in lows
    if short and telling and not set(lows) & (WH | AUXILIARIES) and lows[0] not in ("tell", "name", "list"):
        noun = lowered(text) if lows[0] in PREPOSITIONS or not names(f". {text}") else text
        return _noun_fragment(noun, history, typed)
    return None


def _is_wh_fragment(lows: Sequence[str]) -> bool:
    """Whether these words are a question word with what belongs to it and nothing else."""
    head = 1 if len(lows) > 1 and lows[0] in PREPOSITIONS else 0
    if lows[head] not in WH or set(lows) & (AUXILIARIES | (PRONOUNS - {"it"})):
        return False
    rest = [low for low in lows[head + 1 :] if low not in _TRAILING]
    if rest and set(lows) & {"else", "there"}:
        return False
    if lows == ["what"]:
        return False
    if lows[head] == "how":
        return len(rest) <= (2 if rest[:1] in (["many"], ["much"]) else 1) and not _verbs(rest[1:])
    if lows[head] in ("which", "what", "whose"):
        return len(rest) <= (2 if head else 1) and not _verbs(rest)
    return not rest


def _verbs(lows: Sequence[str]) -> bool:
    return any(low.endswith("ed") or low in ("happens", "won", "came", "died", "makes") for low in lows)


def _wh_fragment(text: str, history: Sequence[Turn]) -> Understood:
    """The last question with another question word."""
    last = history[-1]
    form, wh = shape(last.understood), _fronted(text)
    place = re.search(r"\bthere\b", wh)
    wh = re.sub(r"\s*\bthere\b", "", wh) if place else wh
    base = Carried(last.understood, "question", 1, _REASON)
    if shape(f"{wh}?").asks == form.asks and "else" in wh.lower():
        return Understood(" ".join(filter(None, (wh, form.auxiliary, form.rest))) + "?", text, (base,))
    about = subject(history)
    if about is not None and not form.asks.startswith("how") and _MEASURED.match(wh):
        verb = form.auxiliary if form.auxiliary in ("is", "was", "are", "were") else "is"
        return Understood(f"{wh} {verb} {about.text}?", text, (carry(about, _REASON),))
    if about is not None and _COUNTED.match(wh) and form.asks != shape(f"{wh}?").asks:
        return Understood(f"{wh} ({about.text})?", text, (carry(about, _REASON),))
    return _swapped(wh, form, history, bool(place))


def _swapped(wh: str, form: Shape, history: Sequence[Turn], place: bool) -> Understood:
    """The last question with ``wh`` as its question word. The last answer is added if the new question would otherwise
    lose it.
    """
    last = history[-1]
    base = Carried(last.understood, "question", 1, _REASON)
    answer = next((mention for mention in mentions(history[-1:]) if mention.source == "answer"), None)
    front, whole = f"{wh} {form.auxiliary}", f"{wh} – {last.understood.rstrip('?. ')}?"
    if answer is None:
        swaps = form.auxiliary and wh.lower() not in ("who", "what")
        return Understood(f"{front} {form.rest}?" if swaps else whole, "", (base,))
    kept = (base, carry(answer, _REASON))
    if place and form.auxiliary:
        return Understood(f"{front} {form.rest} in {answer.text}?", "", kept)
    if form.subject:
        return Understood(f"{wh} was it that {answer.text} {form.rest}?", "", kept)
    if not form.auxiliary or wh.lower() in ("who", "what"):
        return Understood(whole, "", (base,))
    if form.asks == "who" and form.auxiliary in ("is", "was", "are", "were"):
        return Understood(f"{front} {answer.text} {form.rest}?", "", kept)
    known = set(content(answer.text)) <= set(content(last.understood))
    if not known and form.asks in ("who", "whom", "what", "which"):
        return Understood(f"{front} {form.rest} ({answer.text})?", "", kept)
    return Understood(f"{front} {form.rest}?", "", (base,))


def _fronted(text: str) -> str:
    """Put the preposition in front: "What of" becomes "Of what"."""
    parts = text.split()
    if len(parts) == 2 and parts[1].lower() in PREPOSITIONS and parts[0].lower() in WH:
        return raised(f"{parts[1]} {parts[0].lower()}")
    return raised(text)


def _more(text: str, history: Sequence[Turn]) -> Understood:
    """A request to go on, with what was spoken of."""
    about = next(filter(None, (best(need, history) for need in ("it", "he", "she", "they"))), None)
    if about is None:
        return Understood(text, text, note=f"asked as typed: nothing said before fits “{text.lower()}”")
    return Understood(f"Tell me more about {about.text}.", text, (carry(about, f"“{text}” does not say about what"),))


def _noun_fragment(text: str, history: Sequence[Turn], typed: str) -> Understood:
    """The last question asked about another thing, the one that the fragment names; as typed if it cannot be asked of
    that.
    """
    text = _SAME.sub("", text)
    if is_strange(text, history[-1].understood.rstrip("?. ")):
        return Understood(typed, typed, note=f"asked as typed: the last question does not fit “{text}”")
    last, question = history[-1], history[-1].understood.rstrip("?. ")
    base = Carried(last.understood, "question", 1, _REASON)
    phrase, carried = resolve(re.sub(r"['’]s$", "", text), history)
    if carried and carried[0].text[0].islower():
        phrase = phrase[0].lower() + phrase[1:]
    first = tokens(text)[0].low
    one = re.match(r"the (?:other )?one\s+(?=\w)", text)
    if one is not None:
        phrase, first = text[one.end() :], tokens(text[one.end() :])[0].low
    whole: str | None
    if first in PREPOSITIONS:
        whole = with_circumstance(phrase, first, question, last)
    elif re.match(r"the \w+ (?:one|two|three)$", text):
        whole = None
    else:
        whole = exchanged(phrase, question, last, owned=bool(carried))
    if whole is None:
        whole = f"{question}, {phrase}"
    return Understood(f"{whole}?", text, (base, *carried))
