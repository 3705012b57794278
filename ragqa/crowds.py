"""Passages that say nearly the same, as forms and notices do that differ by a date and a number. They would take all
places that are read, so those beyond the third of a kind are read after all others.

Two passages are nearly equal if they share three quarters of their words. Such passages still differ where it may
count, so those of one crowd also say the same, letter for letter, in the sentences that bear the words of the question,
and in the sentence after each of these. "The permit of site 17 ends in May" is not crowded out by that of site 12 if
the question is about the permit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ragqa.sentences import sentences
from ragqa.types import Hit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TOGETHER = 3  # passages of one crowd that are read in their own places
NEAR = 0.75  # of all words of two passages, the share that both have
BEARING = 0.5  # of the most letters of question words that a sentence has, what others need to count as well
_BITS = 9  # of a word's hash: passages are compared by which of 512 hashes they have
_PREFIX = 5  # letters: words that begin alike count as the same word
_TELLING = 4  # letters of a word of the question that tells something; one with a digit or a capital tells anyway
_MARKS = "?.,;:!()\"'“”„«»¿¡"
_MULTIPLIER = 0x9E3779B1


def crowded(hits: Sequence[Hit], question: str) -> list[bool]:
    """For each hit, best first, whether it is beyond the third of its crowd. Stored answers are in none."""
    late = [False] * len(hits)
    texts = [hit.passage.text for hit in hits]
    if len(texts) <= TOGETHER:
        return late
    kinds = _kinds(texts)
    sizes = Counter(kinds)
    seen: Counter[tuple[int, tuple[str, ...]]] = Counter()
    asked = _telling(question)
    for place, (hit, kind) in enumerate(zip(hits, kinds, strict=True)):
        if sizes[kind] > TOGETHER and not hit.passage.is_faq:
            crowd = kind, _bearing(texts[place], asked)
            seen[crowd] += 1
            late[place] = seen[crowd] > TOGETHER
    return late


def late_last(hits: Sequence[Hit], late: Sequence[bool]) -> list[Hit]:
    """The hits with those that are ``late`` behind all others; ranks from 1."""
    if not any(late):
        return list(hits)
    order = sorted(range(len(hits)), key=lambda place: late[place])
    return [replace(hits[place], rank=rank) for rank, place in enumerate(order, 1)]


def _kinds(texts: Sequence[str]) -> list[int]:
    """For each text the number of the first one that is nearly equal to it, or to one that is."""
    first: list[int] = nearly_equal(texts).argmax(axis=1).tolist()
    for place, other in enumerate(first):
        first[place] = first[other]
    return first


def nearly_equal(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Which texts share enough of their words, each with each. Words are what blanks part, in small letters. They are
    told apart by a short hash of their letters in whatever order, so that a few different words may pass for equal.
    """
    import numpy as np

    lowered = [text.lower() for text in texts]
    codes = np.frombuffer("".join(f"{text}\n" for text in lowered).encode("utf-32-le", "surrogatepass"), np.uint32)
    gaps = np.flatnonzero(codes <= ord(" "))
    starts = np.concatenate([np.zeros(1, np.int64), gaps[:-1] + 1])
    letters = codes * codes * np.uint32(_MULTIPLIER)
    letters[gaps] = 0
    hashes = (np.add.reduceat(letters, starts, dtype=np.uint32) * np.uint32(_MULTIPLIER)) >> np.uint32(32 - _BITS)
    ends = np.cumsum([len(text) + 1 for text in lowered])
    words = starts < gaps
    marks = np.zeros((len(texts), 1 << _BITS), np.float32)
    marks[np.searchsorted(ends, starts[words], side="right"), hashes[words]] = 1.0
    common, sizes = marks @ marks.T, marks.sum(axis=1)
    alike: NDArray[np.bool_] = common >= NEAR * (sizes[:, None] + sizes - common)
    return alike


def _bearing(text: str, asked: frozenset[str]) -> tuple[str, ...]:
    """The sentences of a text that bear the words of the question, each with the one after it; all of the text if none
    does.
    """
    said = list(_sentences(text))
    letters = [sum(len(word) for word in asked if word in sentence) for sentence in said]
    most = max(letters, default=0)
    if not most:
        return (text,)
    bears = [count >= BEARING * most for count in letters]
    return tuple(sentence for place, sentence in enumerate(said) if bears[place] or (place > 0 and bears[place - 1]))


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in sentences(text, 0, len(text)):
        yield f" {' '.join(text[start:end].lower().split())}"
        start = end


def _telling(question: str) -> frozenset[str]:
    """The beginnings of the words of a question that tell something, each with a blank before it."""
    found = (word.strip(_MARKS) for word in question.split())
    return frozenset(f" {word[:_PREFIX].lower()}" for word in found if len(word) >= _TELLING or not word.islower())
