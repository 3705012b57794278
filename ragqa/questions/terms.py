"""The words that tell what a text is about, in the form in which question and passage are compared."""

from __future__ import annotations

import re
from functools import cache

from ragqa.corpus.analyze import SIMPLE, STEMMED, Analyzer, get_analyzer
from ragqa.normalized import plain
from ragqa.sentences import SPACELESS

_RUN = re.compile(f"[{SPACELESS}]+")


def terms(text: str, language: str) -> list[str]:
    """Words without those that only join others, stemmed where there is a stemmer; of scripts that put no blanks
    between words every pair of neighbouring characters.

    Unlike the terms of an index they need no dictionary, so that a few hundred texts take a millisecond or two.
    """
    text = plain(text)
    pairs: list[str] = []
    if not text.isascii():
        for run in _RUN.findall(text):
            pairs += [run[at : at + 2] for at in range(max(1, len(run) - 1))]
        text = _RUN.sub(" ", text)
    return pairs + _analyzer(language).tokens(text)


@cache
def _analyzer(language: str) -> Analyzer:
    """That of the language if it is stemmed, else one that takes words as they are."""
    return get_analyzer(language if language in STEMMED else SIMPLE)
