"""A question's words in each language of an index, and how much each form of a word counts.

Every text was analysed as one language, so each word of a question is asked for in the form that every language gives
it: "houses" as English "hous" and Turkish "houses". A passage has one of them. The rare one must not count more for
being rare, which it may only be because the question is not in its language. So each form of a word is weighed by

    idf(passages that have any form of the word) / idf(passages that have this form)      idf as in `ragqa.index.query`

A language that leaves a word out, as a stop word, counts with all of its passages: they are taken to have it. So "the"
counts for little in an index of English and Chinese texts, though few Chinese texts have it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from ragqa.corpus.analyze import Analyzer
from ragqa.store.passages import encodable

Frequency = Callable[[str], int]
Terms = tuple[str, ...]


class Readings:
    """Reads texts by some analyzers, of which the number of passages is given that were analysed by it."""

    def __init__(self, analyzers: Mapping[Analyzer, int]) -> None:
        self._analyzers = analyzers

    def of(self, text: str) -> list[Terms]:
        """The terms of a text from each analyzer."""
        return [tuple(analyzer.tokens(encodable(text))) for analyzer in self._analyzers]

    def words(self, question: str, frequency: Frequency, passages: int) -> dict[str, float]:
        """The terms that are to be asked for and what each counts: as often as it is said, or less (see above).

        A term that several analyzers give counts once. With one analyzer every term counts as often as it is said.
        """
        if len(self._analyzers) == 1:
            return {term: float(count) for term, count in Counter(self.of(question)[0]).items()}
        words: dict[str, float] = {}
        for piece in question.split():
            for term, weight in self._weights(self.of(piece), frequency, passages):
                words[term] = words.get(term, 0.0) + weight
        return words

    def _weights(self, readings: Sequence[Terms], frequency: Frequency, passages: int) -> Iterator[tuple[str, float]]:
        """The terms of a stretch without blanks; those at one place are forms of one word, if all give as many."""
        given = [reading for reading in readings if reading]
        if len({len(reading) for reading in given}) > 1:
            most: Counter[str] = Counter()
            for reading in given:
                most |= Counter(reading)
            yield from ((term, float(count)) for term, count in most.items())
            return
        left_out = sum(own for own, reading in zip(self._analyzers.values(), readings, strict=True) if not reading)
        for forms in map(dict.fromkeys, zip(*given, strict=True)):
            found = {form: count for form in forms if (count := frequency(form))}
            together = min(passages, left_out + sum(found.values()))
            for form, own in found.items():
                yield form, min(1.0, idf(together, passages) / idf(own, passages))


def idf(found: int, passages: int) -> float:
    """Positive even where deleted passages are counted in ``found`` and not in ``passages``."""
    return math.log(1.0 + (max(passages, found) - found + 0.5) / (found + 0.5))
