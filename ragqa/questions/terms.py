"""The words that tell what a text is about, in the form in which question and passage are compared."""

from __future__ import annotations

import re
from functools import cache

from ragqa.corpus.analyze import SIMPLE, STEMMED, Analyzer, get_analyzer
from ragqa.corpus.grams import runs
from ragqa.normalized import plain
from ragqa.sentences import SPACELESS

_RUN = re.compile(f"[{SPACELESS}]+")


def terms(text: str, language: str) -> list[str]:
    """Words without those that only join others, stemmed where there is a stemmer; of scripts that put no blanks
    between words every pair of neighbouring characters.

    Unlike the terms of a Chinese index they need no dictionary, which would take too long for all hits of a question.
    """
    if text.isascii():
        return _analyzer(language).tokens(text)
    text = plain(text)
    pairs = [pair for run in _RUN.findall(text) for pair in runs(run, 2)]
    return pairs + _analyzer(language).tokens(_RUN.sub(" ", text))


@cache
def _analyzer(language: str) -> Analyzer:
    """That of the language if it is stemmed, else one that takes words as they are."""
    return get_analyzer(language if language in STEMMED else SIMPLE)
