"""Passages that say the same in the same words, as boilerplate does that stands in many documents.

Copies have the same words in the same order: case, white space, punctuation around words and forms of characters do not
count, but the signs and marks of numbers and names do ("-5", "1.5", "C++"). Nothing that differs in a word is a copy.
Stored answers are none, because their questions tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ragqa.characters import MONEY
from ragqa.normalized import normalized, plain
from ragqa.types import Hit

_NOISE = (
    "\\s!-/:-@\\[-`{-~\u00a1\u00ab\u00b4\u00b7\u00bb\u00bf\u2010-\u205e\u2212\u3000-\u3004\u3008-\u3020\uff01-\uff0f\uff1a-\uff20"
    "\uff3b-\uff40\uff5b-\uff65"
)
_GAPS = re.compile(f"[{_NOISE}]+")
_WORDS = re.compile(
    f"\\d+(?:[.,:/]\\d+)*|[^{_NOISE}]+"
    "|(?<![\\w)\\]%°])[-\u2212\u2013+±](?=[" + MONEY + "]?[.\\d])|(?<=\\d)[-\u2013](?=\\d)|[$€£¥%‰<>≤≥≈~=^+#]"
)
_DASHES = dict.fromkeys(map(ord, "\u2013\u2212"), "-")
Words = list[tuple[str, int, int]]  # each word as it is compared, and where it stands in the text


def fold(hits: Sequence[Hit]) -> list[Hit]:
    """The hits without those that are copies of one before them, which has them as its `Hit.copies`; ranks from 1."""
    first: dict[str, list[int]] = {}
    apart: list[list[Hit]] = []
    for hit in hits:
        places = first.setdefault(_letters(hit), [])
        own = next((place for place in places if _same(apart[place][0], hit)), None)
        if own is None:
            places.append(len(apart))
            apart.append([hit])
        else:
            apart[own].append(hit)
    if len(apart) == len(hits):
        return list(hits)
    return [replace(one, rank=rank, copies=(*one.copies, *others)) for rank, (one, *others) in enumerate(apart, 1)]


def without(hits: Sequence[Hit], passage_id: str) -> list[Hit]:
    """The hits without one passage, whose place its next copy takes, if there is any."""
    rest = []
    for hit in hits:
        if hit.passage.id != passage_id:
            rest.append(hit)
        elif hit.copies:
            following, *others = hit.copies
            rest.append(replace(following, rank=hit.rank, copies=tuple(others)))
    return rest


def span_in_copy(text: str, start: int, end: int, copy: str) -> tuple[int, int] | None:
    """Where characters [start, end) of a passage stand in a copy of it; None if they have no whole word."""
    if text == copy:
        return start, end
    inside = [place for place, (_, first, last) in enumerate(_words(text)) if start <= first and last <= end]
    if not inside:
        return None
    words = _words(copy)
    return words[inside[0]][1], words[inside[-1]][2]


def _letters(hit: Hit) -> str:
    """What copies have in common, quickly told."""
    text = hit.passage.text
    return f"{hit.passage.id}\n" if hit.passage.is_faq else _GAPS.sub("", plain(text).lower())


def _same(one: Hit, other: Hit) -> bool:
    first, second = one.passage.text, other.passage.text
    return first == second or [word for word, _, _ in _words(first)] == [word for word, _, _ in _words(second)]


def _words(text: str) -> Words:
    import numpy as np

    seen = normalized(text)
    matches = list(_WORDS.finditer(seen.text))
    spans = np.array([match.span() for match in matches], np.int64).reshape(-1, 2)
    places = seen.to_original(spans).tolist()
    found = zip(matches, places, strict=True)
    return [(match[0].lower().translate(_DASHES), start, end) for match, (start, end) in found]
