"""Words of a question that no passage has, and the words that were probably meant. Pure functions of texts.

A word is doubtful if it is long enough to be told from others and no passage has it. What was meant is a word of the
passages that differs by one letter, or by two neighbouring letters that changed places; of a long word by two such
steps. The first letter is hardly ever mistyped, so it stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ragqa.sentences import SPACELESS

SHORTEST, SHORTEST_NAME = 5, 6  # letters of a word, and of one that is written as a name, that may be mistyped
LONG = 9  # letters, from which on two steps are allowed where the word is among those of passages that were found
MOST = 4  # words of a question that are doubted: of more it is not the spelling
_WORD = re.compile(rf"(?:(?![\d_{SPACELESS}])\w)+(?:['’]s)?")
_POSSESSIVE = re.compile("['’]s$")
_CODE_BEFORE, _CODE_AFTER = re.compile(r"[@/\\._:#$&=~-]"), re.compile(r"[@/\\_=(\d-]|[.:]\w")
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_ALPHABETS = (
    (re.compile("[\u0400-\u04ff]"), "".join(map(chr, range(0x430, 0x450)))),
    (re.compile("[\u0370-\u03ff]"), "".join(map(chr, range(0x3B1, 0x3CA)))),
)


def doubted(question: str) -> Iterator[tuple[int, int]]:
    """Characters [start, end) of the words that may be mistyped if nobody knows them: not abbreviations, codes, and
    short words.
    """
    for match in _WORD.finditer(question):
        word = _POSSESSIVE.sub("", match[0])
        shortest = SHORTEST_NAME if word[0].isupper() and match.start() else SHORTEST
        if len(word) >= shortest and word[1:].islower() and not _in_code(question, match):
            yield match.start(), match.start() + len(word)


def variants(word: str) -> list[str]:
    """The words that are one step away, in lower case, each once; the first letter stays."""
    word = word.lower()
    letters = next((alphabet for script, alphabet in _ALPHABETS if script.search(word)), _LATIN)
    splits = [(word[:at], word[at:]) for at in range(1, len(word) + 1)]
    found = [
        *(head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1),
        *(head + tail[1:] for head, tail in splits if tail),
        *(head + letter + tail[1:] for head, tail in splits if tail for letter in letters),
        *(head + letter + tail for head, tail in splits for letter in letters),
    ]
    return [other for other in dict.fromkeys(found) if other != word]


def meant(word: str, texts: Iterable[str]) -> str:
    """The word of the texts that was probably meant, as it is written there: of those that are fewest steps away the
    most frequent, then the one of nearly the same length, then by its letters; "" where there is none. Of its forms
    with and without a capital it has that of ``word``, if the texts have it.
    """
    forms = Counter[str]()
    for text in texts:
        forms.update(_POSSESSIVE.sub("", match[0]) for match in _WORD.finditer(text))
    counts = Counter[str]()
    for form, count in forms.items():
        counts[form.lower()] += count
    lower, steps = word.lower(), 2 if len(word) >= LONG else 1
    near = {
        other: distance
        for other in counts
        if other[0] == lower[0]
        and abs(len(other) - len(lower)) <= steps
        and 0 < (distance := _distance(lower, other, steps)) <= steps
    }
    best = min(near, key=lambda other: (near[other], -counts[other], abs(len(other) - len(word)), other), default="")
    shown = [form for form in forms if form.lower() == best]
    alike = [form for form in shown if form[0].isupper() == word[0].isupper()]
    return max(alike or shown, key=lambda form: (forms[form], form), default="")


def replaced(text: str, places: Sequence[tuple[int, int]], words: Sequence[str]) -> str:
    """The text with words in the places [start, end), which ascend and do not overlap."""
    for (start, end), word in reversed(list(zip(places, words, strict=True))):
        text = f"{text[:start]}{word}{text[end:]}"
    return text


def _in_code(question: str, match: re.Match[str]) -> bool:
    """Whether it is part of an address, a path, an option or a name with digits."""
    before, after = question[max(0, match.start() - 1) : match.start()], question[match.end() : match.end() + 2]
    return _CODE_BEFORE.match(before) is not None or _CODE_AFTER.match(after) is not None


def _distance(one: str, other: str, most: int) -> int:
    """The number of letters that are missing, added, changed, or have changed places with the next (optimal string
    alignment); ``most`` + 1 where there are more.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, row, older = row, [i], before
        for j, match in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != match))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == match:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        before = last
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
