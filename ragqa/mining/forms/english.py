"""English questions in other forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ragqa.mining.forms.speech import Rng, other_year, slip
from ragqa.wording.words import words

_QUESTION = words("who whom whose what which when where why how")
_AUXILIARIES = words(
    "is are was were be been do does did has have had can could will would shall should may might must"
)
_ARTICLES = words("a an the")
_PREPOSITIONS = words(
    "of in on at to from by with for about into during as through between against under over after before within near"
)
_FILLERS = words("there it its their his her this that these those many much also so")
_HEADS = {
    "when": ("year", "date", ""),
    "where": ("location", "place", ""),
    "who": ("", "name"),
    "how many": ("number", ""),
}
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")
_NAME = re.compile(r"\b(?:[A-Z][\w'’.-]+)(?: (?:of |the |de |von |van )?[A-Z][\w'’.-]+)*")
_YEAR = re.compile(r"\b(1[0-9]{3}|20[0-2][0-9])\b")
_NUMBER = re.compile(r"\b\d{1,9}\b")
_OPPOSITES = (
    "largest smallest,biggest smallest,highest lowest,oldest youngest,longest shortest,best worst,most least,"
    "first last,earliest latest,before after,north south,northern southern,east west,eastern western,won lost,win lose,"
    "increase decrease,increased decreased,born buried,began ended,begin end,start end,started ended,opened closed,"
    "more fewer,older younger,larger smaller,greater lesser,majority minority,import export,maximum minimum,"
    "male female,men women,inside outside,above below,summer winter,allowed forbidden,legal illegal,common rare"
)


def _opposites() -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in _OPPOSITES.split(","):
        one, other = pair.split()
        found.setdefault(one, other)
        found.setdefault(other, one)
    return found


def names_in(text: str) -> Iterator[re.Match[str]]:
    """Capitalised words, but for the first of the text."""
    return (match for match in _NAME.finditer(text) if match.start() > 0)


class English:
    """A `Speech`."""

    def __init__(self) -> None:
        self._opposites = _opposites()

    def keywords(self, rng: Rng, question: str) -> str:
        """Question words, auxiliaries, articles and, mostly, prepositions go; sometimes what is asked for comes behind
        ("… year"), and sometimes the order is lost.
        """
        found = _WORD.findall(question)
        lower = [word.lower() for word in found]
        prepositions = _PREPOSITIONS if rng.random() < 0.75 else frozenset()
        dropped = _QUESTION | _AUXILIARIES | _ARTICLES | prepositions | _FILLERS
        kept = [word for word, low in zip(found, lower, strict=True) if low not in dropped]
        for asked, heads in _HEADS.items():
            if " ".join(lower[: len(asked.split())]) == asked:
                head = heads[rng.integers(len(heads))]
                kept = [*kept, head] if head and rng.random() < 0.5 else kept
        if rng.random() < 0.15:
            kept = [kept[place] for place in rng.permutation(len(kept))]
        text = " ".join(kept)
        return text.lower() if rng.random() < 0.85 else text

    def typing_errors(self, rng: Rng, question: str) -> str:
        """One or two slips, in words of more than three letters."""
        parts = question.split(" ")
        for _ in range(1 + int(rng.random() < 0.4)):
            long = [place for place, word in enumerate(parts) if len(word) > 3 and word.isalpha()]
            if not long:
                break
            at = long[rng.integers(len(long))]
            parts[at] = slip(rng, parts[at])
        return " ".join(parts)

    def asked(self, text: str) -> str:
        """With a capital and a question mark."""
        return f"{text[:1].upper()}{text[1:]}?"

    def has_enough(self, text: str) -> bool:
        """Two words."""
        return len(text.split()) >= 2

    def lookalikes(self, rng: Rng, question: str, paragraph: str, names: Sequence[str]) -> list[str]:
        """A name, a year or number, or a word that has an opposite is changed."""
        ways = (self._other_name(rng, question, paragraph, names), self._other_number(rng, question, paragraph))
        return [text for text in (*ways, self._opposite(rng, question, paragraph)) if text]

    def _other_name(self, rng: Rng, question: str, paragraph: str, names: Sequence[str]) -> str:
        """A name of the paragraph becomes one of as many words from another paragraph."""
        own = [match for match in names_in(question) if match[0] in paragraph]
        if not own:
            return ""
        match = own[rng.integers(len(own))]
        length = len(match[0].split())
        free = [
            name for name in names if name not in paragraph and name not in question and len(name.split()) == length
        ]
        return question[: match.start()] + free[rng.integers(len(free))] + question[match.end() :] if free else ""

    def _other_number(self, rng: Rng, question: str, paragraph: str) -> str:
        year, number = _YEAR.search(question), _NUMBER.search(question)
        match = year or number
        if match is None:
            return ""
        changed = other_year(rng, match[0]) if year else str(int(match[0]) * 2 + int(rng.integers(1, 9)))
        return "" if changed in paragraph else question[: match.start()] + changed + question[match.end() :]

    def _opposite(self, rng: Rng, question: str, paragraph: str) -> str:
        parts = question.split(" ")
        for place in rng.permutation(len(parts)):
            other = self._opposites.get(parts[place])
            if other is not None and not re.search(rf"\b{other}\b", paragraph, re.IGNORECASE):
                return " ".join([*parts[:place], other, *parts[place + 1 :]])
        return ""
