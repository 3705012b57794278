"""English words of questions: which of them name things, which only hold a sentence together, and whether a text is
English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


def vocabulary(text: str) -> frozenset[str]:
    """The words of a text with blanks between them, as a set."""
    return frozenset(text.split())


WH = vocabulary("who whom whose what which when where why how")
AUXILIARIES = vocabulary(
    "is are was were am be been do does did has have had can could will would shall should may might must"
)
PREPOSITIONS = vocabulary(
    "of in on at by for from to with about into onto over under near after before during between against through "
    "across around along until since without within off out up down as"
)
PRONOUNS = vocabulary(
    "i you he she it we they me him her us them my your his its our their himself herself itself themselves"
)
DETERMINERS = vocabulary("the a an this that these those each every some any no all both")
FUNCTION = (
    WH
    | AUXILIARIES
    | PREPOSITIONS
    | PRONOUNS
    | DETERMINERS
    | vocabulary(
        "and or but so then than not there here else too also ever only just more most many much long first last "
        "second one ones other same such people tell name list give show say please what's who's where's when's "
        "that's it's he's she's exactly again still yet very if while because"
    )
)
# Participles that do not end in -ed.
PARTICIPLES = vocabulary(
    "made found built written begun born given taken sold stolen lost won sunk shot set cut kept held spoken known "
    "grown drawn eaten drunk worn torn broken chosen driven hidden laid led left lent paid put read run sent shown "
    "shut spent spread sung taught told thought thrown understood bought brought caught fought seen hung hurt let met"
)
WEEKDAYS = vocabulary(
    "monday tuesday wednesday thursday friday saturday sunday "
    "mondays tuesdays wednesdays thursdays fridays saturdays sundays"
)
MONTHS = WEEKDAYS | vocabulary("january february march april may june july august september october november december")
TITLES = {
    "he": vocabulary("king sir lord pope tsar czar emperor mr prince duke baron father brother husband son"),
    "she": vocabulary("queen lady empress mrs miss ms princess duchess baroness mother sister wife daughter"),
}
_LINKS = vocabulary("of da de del della di du la le von van der den off al ibn dos dei dal zu ter ten af")
_FOREIGN = vocabulary(
    "und oder aber wie wer wo wann warum wieviel welche welcher welches ist sind wurde der das dem ein eine "
    "et ou où quand pourquoi qui que quel quelle est sont le les une des combien "
    "y o dónde cuándo quién qué cómo cuál es el los las una unos del "
    "e dove quando perché chi che è sono il gli un quanto en wat waar wanneer wie hoe het een"
)
_TOKEN = re.compile(r"\w+(?:['’.-]\w+)*|[^\w\s]")
_SPACELESS = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a mark with its place."""

    text: str
    start: int
    end: int

    @property
    def low(self) -> str:
        """In lower case."""
        return self.text.lower()

    @property
    def is_word(self) -> bool:
        """Whether it is a word or a number, not a mark."""
        return self.text[0].isalnum()


@dataclass(frozen=True, slots=True)
class Name:
    """Characters [start, end) of a text that name something; ``core`` is the name without article and words
    before it.
    """

    text: str
    core: str
    start: int
    end: int


@lru_cache(64)  # rules take the same few texts apart again and again
def tokens(text: str) -> tuple[Token, ...]:
    """Words and marks in order."""
    return tuple(Token(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text))


def words(text: str) -> list[str]:
    """Words in lower case, without possessive endings."""
    return [bare(token.low) for token in tokens(text) if token.is_word]


def bare(word: str) -> str:
    """A word without a possessive ending."""
    return re.sub(r"['’]s?$", "", word)


def content(text: str) -> list[str]:
    """The words that carry meaning, roughly stemmed."""
    return [stem(word) for word in words(text) if word not in FUNCTION]


def stem(word: str) -> str:
    """A rough stem, under which bee and bees, live and lives, open and opened are equal."""
    for ending in ("ing", "ies", "ied", "es", "ed", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending in ("ies", "ied") else "")
    return word


def is_english(text: str) -> bool:
    """Whether a question reads as English, judged by its function words; by its letters if it has none."""
    if _SPACELESS.search(text) or any("\u0370" <= letter <= "\u1fff" for letter in text):
        return False
    found = words(text)
    small = [bare(token.low) for place, token in enumerate(tokens(text)) if token.text.islower() or place == 0]
    foreign = sum(word in _FOREIGN and word not in FUNCTION for word in small)
    return foreign == 0 or sum(word in FUNCTION for word in found) > 2 * foreign


def length(text: str) -> float:
    """The number of words; in scripts without blanks two characters count as one."""
    spaceless = len(_SPACELESS.findall(text))
    return spaceless / 2 if spaceless else float(len(words(text)))


@lru_cache(64)
def names(text: str) -> tuple[Name, ...]:
    """Runs of capitalised words with numbers and links inside ("Apollo 11", "Statute of Anne"), in order.

    The first word of a sentence does not count if it may be capitalised only for that reason; dates do not count
    either. A "the" in front belongs to the name, also with one word in between ("the first Globe").
    """
    found, parts, place = [], tokens(text), 0
    while place < len(parts):
        end = _run(parts, place)
        if end == place:
            place += 1
            continue
        last = parts[end - 1]
        stop = last.start + len(re.sub(r"['’]s?$", "", last.text))
        first = _with_article(parts, place)
        core = text[parts[place].start : stop]
        if not is_date(core):
            found.append(Name(_lower_article(text[parts[first].start : stop]), core, parts[first].start, stop))
        place = end
    return tuple(found)


def is_date(text: str) -> bool:
    """Whether a text is a date or a number, or has nothing but words that belong to them."""
    found = words(text)
    return bool(found) and all(word in MONTHS or word in FUNCTION or word[0].isdigit() for word in found)


def is_capital(token: Token, first: bool) -> bool:
    """Whether a token may begin a name."""
    return token.text[0].isupper() and not (first and bare(token.low) in FUNCTION)


def lowered(text: str) -> str:
    """A text as it is written inside a sentence: with a small first letter unless it begins a name."""
    first = tokens(text)[:1]
    return text[0].lower() + text[1:] if first and bare(first[0].low) in FUNCTION else text


def raised(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


def _run(parts: Sequence[Token], place: int) -> int:
    """The end of the name that begins at ``place``; ``place`` itself if no name begins there."""
    start, end = place, _plain_run(parts, place)
    while start < end < len(parts) and "'" in parts[end - 1].text and parts[end].text[0].isupper():
        start, end = end, _plain_run(parts, end)  # St Paul's Cathedral
    return end


def _plain_run(parts: Sequence[Token], place: int) -> int:
    """The end of the name that begins at ``place``, or of what comes in it before a possessive ending."""
    if not is_capital(parts[place], place == 0 or not parts[place - 1].is_word):
        return place
    if parts[place].low in FUNCTION and (place + 1 == len(parts) or not parts[place + 1].text[0].isupper()):
        return place
    end = place + 1
    while end < len(parts) and not re.search(r"['’]s?$", parts[end - 1].text):
        if parts[end].text[0].isupper() or parts[end].text.isdigit():
            end += 1
        elif parts[end].low in _LINKS and end + 1 < len(parts) and parts[end + 1].text[0].isupper():
            end += 2
        else:
            break
    return end


def _with_article(parts: Sequence[Token], place: int) -> int:
    for back in (1, 2):
        if place < back:
            break
        if parts[place - back].low == "the":
            return place - back
        if parts[place - 1].low in FUNCTION - {"first", "last", "second"} or not parts[place - 1].is_word:
            break
    return place


def _lower_article(text: str) -> str:
    return "the" + text[3:] if text.startswith("The ") and not text[4:5].isupper() else text
