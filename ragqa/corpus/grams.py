"""Terms of scripts that put no blanks between words, without a dictionary: runs of neighbouring characters.

A stretch of such a script gives its runs of two lengths, which overlap: in Japanese of 1 and 2 characters, in Thai,
Lao, Khmer and Burmese, whose characters are letters and vowel signs, of 2 and 4. In Korean blanks stand between
words, but particles are written to them (서울은, 서울에서), so there the runs are of 2 syllables. The long runs tell
texts apart; the short ones find short words. A stretch that is shorter than a length gives itself. Everything else
gives words.

The lengths were chosen without a text of these languages: for alphabets on English without its blanks (training
questions of SQuAD), for Japanese on Chinese (training questions of CMRC 2018). ``eval/bm25_languages.py`` measures what
they find in other files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain

from ragqa.characters import HAN, HANGUL

HAN_AND_KANA = "\u3005-\u3007\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff" + HAN
MARKS = "\u0300-\u036f\u0900-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u102b-\u103e\u17b6-\u17d3"  # that `\w` leaves out
_SCRIPTS = {
    "ja": (HAN_AND_KANA, (1, 2)),
    "ko": (HANGUL, (2,)),
    "th": ("\u0e01-\u0e3a\u0e40-\u0e4e", (2, 4)),
    "lo": ("\u0e81-\u0ebd\u0ec0-\u0ecd\u0edc-\u0edf", (2, 4)),
    "km": ("\u1780-\u17d3\u17dc\u17dd", (2, 4)),
    "my": ("\u1000-\u103f\u1050-\u108f\u109a-\u109f", (2, 4)),
}
GRAMS = tuple(_SCRIPTS)


def terms_of(text: str, language: str) -> Iterator[str]:
    """The terms of a text in NFKC, by stretches; those of one stretch by length and then in order."""
    for match in pieces(_SCRIPTS[language][0]).finditer(text):
        if match[1] is None:
            yield match[0]
        else:
            yield from chain.from_iterable(runs(match[0], length) for length in _SCRIPTS[language][1])


@cache
def pieces(script: str) -> re.Pattern[str]:
    """Finds stretches of a script's characters, as group 1, and the words between them."""
    return re.compile(rf"([{script}]+)|(?:(?![{script}])[\w{MARKS}])+")


def runs(stretch: str, length: int) -> Iterator[str]:
    """The runs of so many neighbouring characters of a stretch, which overlap; a shorter stretch gives itself."""
    for start in range(max(1, len(stretch) - length + 1)):
        yield stretch[start : start + length]
