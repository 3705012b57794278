"""Where answers stand in a text: DPR's rule (Karpukhin et al. 2020), which goes by words, not characters.

Training, mining and evaluation all ask here, so a passage that holds an answer for one of them has a place of it for
the others. Text is brought to NFD and lower case; words are runs of letters, digits and marks, or other visible
characters one by one; an answer stands wherever its words follow one another. So "10%" stands in "10 %", and "10" does
not stand in "110". Beyond DPR, every character of a script without blanks (Chinese, Japanese, Thai …) is a word of its
own, as no answer would be found there otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from ragqa.errors import SourceError

Place = tuple[int, int]  # characters [start, end)

_GAP = "\x1f"
_SCANNED = 0x20000  # what stands higher is Chinese characters, selectors, private and unassigned
_SCRIPTS_WITHOUT_BLANKS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x4DBF),  # Chinese characters
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


def places(text: str, answers: Sequence[str], *, pattern: bool = False) -> list[Place]:
    """Where the answers stand in a text, in order and each once; places may overlap. See `AnswerFinder.places`."""
    return AnswerFinder([text]).places(0, answers, pattern)


def has_answer(text: str, answers: Sequence[str], *, pattern: bool = False) -> bool:
    """Whether a text holds any of the answers: the same as ``bool(places(…))``, but faster."""
    return bool(AnswerFinder([text]).contains([0], answers, pattern)[0])


class AnswerFinder:
    """Texts, cut into words once, that can be asked for answers many times."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._words: list[str | None] = [None] * len(texts)
        self._spans: dict[int, list[Place]] = {}  # of the words of those rows that were asked for places

    def contains(self, rows: Sequence[int], answers: Sequence[str], pattern: bool = False) -> NDArray[np.bool_]:
        """For each row (a text's number) whether it holds any of the answers.

        With ``pattern`` the answers are regular expressions, searched as CuratedTREC's are: any case, ``.`` matching no
        line end, ``^`` and ``$`` at lines; a match of no characters is none. One that does not compile is a
        `SourceError` that names it.
        """
        if pattern:
            expressions = [_compiled(answer) for answer in answers]
            found = [any(_matches(expressions, self._normalized(row))) for row in rows]
        else:
            wanted = _wanted(answers)
            found = [any(words in text for words in wanted) for text in map(self._row, rows)]
        return np.array(found, bool)

    def places(self, row: int, answers: Sequence[str], pattern: bool = False) -> list[Place]:
        """Where the answers stand in a text: characters [start, end) in order, each once; none if it holds none.

        A place is of whole characters of the text as it stands (one that NFD takes apart counts as a whole), and ends
        before no combining mark.
        ``pattern`` is as in `contains`.
        """
        if pattern:
            matches = _matches([_compiled(answer) for answer in answers], self._normalized(row))
            return sorted(set(_in_text(self._texts[row], [match.span() for match in matches])))
        joined = self._row(row)
        runs = [
            (first, first + answer.count(_GAP) - 2) for answer in _wanted(answers) for first in _firsts(joined, answer)
        ]
        spans = self._word_spans(row) if runs else []
        return sorted({(spans[first][0], spans[last][1]) for first, last in runs})

    def _word_spans(self, row: int) -> list[Place]:
        if row not in self._spans:
            words = [match.span() for match in _words().finditer(self._normalized(row).lower())]
            self._spans[row] = _in_text(self._texts[row], words)
        return self._spans[row]

    def _row(self, row: int) -> str:
        words = self._words[row]
        if words is None:
            words = self._words[row] = _joined(self._texts[row])
        return words

    def _normalized(self, row: int) -> str:
        return unicodedata.normalize("NFD", self._texts[row])


def _joined(text: str) -> str:
    """The words with a mark before, between and after them, so that a run of words is a piece of text."""
    return _GAP + "".join(f"{word}{_GAP}" for word in _words().findall(unicodedata.normalize("NFD", text).lower()))


def _wanted(answers: Sequence[str]) -> list[str]:
    """The answers' words; one without any is nowhere."""
    return [words for words in map(_joined, answers) if words != _GAP]


def _firsts(joined: str, answer: str) -> Iterator[int]:
    """The numbers of the words at which an answer begins."""
    number, counted, at = 0, 0, joined.find(answer)
    while at >= 0:
        number += joined.count(_GAP, counted, at)
        yield number
        counted, at = at, joined.find(answer, at + 1)


def _matches(expressions: Sequence[re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    return (match for one in expressions for match in one.finditer(text) if match.end() > match.start())


def _in_text(text: str, found: list[Place]) -> list[Place]:
    """Places in a text's normal form as places in the text; characters that are cut are taken whole, with their marks.

    NFD gives each character one or more, and lower case after it changes no lengths. It also sorts marks that follow
    one another, but a word has either all or none of these.
    """
    if text.isascii():
        return found
    lengths = (len(unicodedata.normalize("NFD", character)) for character in text)
    origin = [number for number, length in enumerate(lengths) for _ in range(length)]
    return [(origin[start], _past_marks(text, origin[end - 1] + 1)) for start, end in found]


def _past_marks(text: str, end: int) -> int:
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return end


@lru_cache(4096)
def _compiled(answer: str) -> re.Pattern[str]:
    try:
        return re.compile(unicodedata.normalize("NFD", answer), re.IGNORECASE | re.MULTILINE)
    except (re.error, RecursionError, OverflowError, ValueError) as error:  # ValueError: a number of very many digits
        raise SourceError(f"{answer!r} is no regular expression ({error})") from error


@cache
def _words() -> re.Pattern[str]:
    marks, hidden = _classes()
    single = "".join(f"{chr(low)}-{chr(high)}" for low, high in _SCRIPTS_WITHOUT_BLANKS)
    return re.compile(rf"[{single}][{marks}]*|(?:(?![{single}])[^\W_]|[{marks}])+|[^\s{hidden}]")


def _classes() -> tuple[str, str]:
    """Combining marks, and characters that cannot be seen, as insides of character classes."""
    kinds = "".join(unicodedata.category(chr(code))[0] for code in range(_SCANNED))
    marks = "".join(_span(run) for run in re.finditer("M+", kinds))
    hidden = "".join(_span(run) for run in re.finditer("[ZC]+", kinds))
    return marks + "\U000e0100-\U000e01ef", hidden + "\U00040000-\U0010ffff"


def _span(run: re.Match[str]) -> str:
    return f"\\U{run.start():08x}-\\U{run.end() - 1:08x}"
