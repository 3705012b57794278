"""Exact match and F1, by the official definition of each language's benchmark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from ragqa.judging.normalize import answer_tokens
from ragqa.judging.normalize import normalize as _normalize

normalize = lru_cache(65_536)(_normalize)


def exact_match(prediction: str, references: Sequence[str], language: str = "en") -> float:
    """1.0 if the normalised prediction equals any normalised reference, else 0.0.

    SQuAD v2.0: references that normalise to nothing do not count; without any, the right prediction is "".
    """
    given = normalize(prediction, language)
    return float(any(given == normalize(reference, language) for reference in _targets(tuple(references), language)))


def f1(prediction: str, references: Sequence[str], language: str = "en") -> float:
    """The best F1 over the references, on words counted with multiplicity (SQuAD); in Chinese on the longest common
    run of words (CMRC 2018). Where either side has no words it is 1.0 if both have none, else 0.0.
    """
    given = answer_tokens(prediction, language)
    common = _longest_common_run if language.startswith("zh") else _common_words
    best = 0.0
    for text in _targets(tuple(references), language):
        reference = answer_tokens(text, language)
        if not given or not reference:
            best = max(best, float(given == reference))
        elif shared := common(given, reference):
            best = max(best, 2.0 * shared / (len(given) + len(reference)))
    return best


@lru_cache(65_536)
def _targets(references: tuple[str, ...], language: str) -> tuple[str, ...]:
    """The references that count, as they stand."""
    return tuple(reference for reference in references if normalize(reference, language).strip()) or ("",)


def _common_words(one: Sequence[str], other: Sequence[str]) -> int:
    return sum((Counter(one) & Counter(other)).values())


def _longest_common_run(one: Sequence[str], other: Sequence[str]) -> int:
    best, row = 0, [0] * (len(other) + 1)
    for word in one:
        row = [0, *(row[place] + 1 if word == match else 0 for place, match in enumerate(other))]
        best = max(best, *row)
    return best
