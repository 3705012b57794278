"""English. What goes from an answer is what goes in SQuAD's official comparison: ASCII punctuation and articles."""

from __future__ import annotations

import string

from ragqa.wording.words import Wording, in_order

_MONTHS = in_order("january february march april may june july august september october november december", 1)
_UNITS = in_order(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
    0,
)
_TENS = in_order("twenty thirty forty fifty sixty seventy eighty ninety", 2)

_LOOSE = frozenset(
    in_order(
        "about after approximately around at before by circa during early for from in just late mid nearly of on or "
        "over roughly since some to under until up with year years",
        0,
    )
)

ENGLISH = Wording(
    language="en",
    articles=frozenset({"a", "an", "the"}),
    loose=_LOOSE,
    months=_MONTHS | {name[:3]: number for name, number in _MONTHS.items()},
    numbers={word: str(number) for word, number in _UNITS.items()}
    | {word: str(10 * number) for word, number in _TENS.items()},
    ordinals=("st", "nd", "rd", "th"),
    deleted=string.punctuation,
)
