"""Whether a passage holds an answer: DPR's rule (Karpukhin et al. 2020), which goes by words, not characters.

Text is brought to NFD and lower case; words are runs of letters, digits and marks, or other visible characters one by
one; an answer is there if its words stand in the passage one after the other. Beyond DPR, every character of a script
without blanks (Chinese, Japanese, Thai …) is a word of its own, as no answer would be found there otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from ragqa.errors import SourceError

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


def has_answer(text: str, answers: Sequence[str], *, pattern: bool = False) -> bool:
    """Whether a text holds any of the answers."""
    return bool(AnswerFinder([text]).contains([0], answers, pattern)[0])


class AnswerFinder:
    """Texts, cut into words once, that can be asked for answers many times."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._words: list[str | None] = [None] * len(texts)

    def contains(self, rows: Sequence[int], answers: Sequence[str], pattern: bool = False) -> NDArray[np.bool_]:
        """For each row (a text's number) whether it holds any of the answers.

        With ``pattern`` the answers are regular expressions, searched as CuratedTREC's are: any case, ``.`` matching no
        line end, ``^`` and ``$`` at lines. One that does not compile is a `SourceError` that names it.
        """
        if pattern:
            expressions = [_compiled(answer) for answer in answers]
            found = [any(one.search(self._normalized(row)) for one in expressions) for row in rows]
        else:
            wanted = [words for words in map(_joined, answers) if words != _GAP]
            found = [any(words in text for words in wanted) for text in map(self._row, rows)]
        return np.array(found, bool)

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
