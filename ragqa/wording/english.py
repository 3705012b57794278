"""English."""

from __future__ import annotations

from ragqa.wording.words import Wording, in_order, words

_MONTHS = in_order("january february march april may june july august september october november december", 1)
_UNITS = in_order(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
    0,
)
_TENS = in_order("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)

# Neither a bound ("over 18") nor a direction ("before 1945") nor a part ("late 1945") is loose: it says something else.
_LOOSE = words("about approximately around at circa for in just of on or roughly some with year years ~ ≈")
_TITLES = words(
    "mr mrs ms miss dr doctor prof professor sir dame lord lady king queen prince princess emperor empress pope "
    "president chancellor minister senator governor mayor general colonel captain admiral bishop archbishop"
)
_QUALIFIERS = words(
    "north south east west northeast northwest southeast southwest northern southern eastern western upper lower "
    "inner outer central middle new old greater lesser saint st san santa fort port cape lake former ex vice "
    "deputy acting anti non pre post pro half double first second third fourth fifth next other another no not "
    "never without except only over above under below before after since until till by from to between against "
    "more less early mid late nearly almost up - < > ≤ ≥ ±"
)

ENGLISH = Wording(
    language="en",
    articles=words("a an the"),
    loose=_LOOSE,
    titles=_TITLES,
    qualifiers=_QUALIFIERS,
    months=_MONTHS | {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9},
    numbers=_UNITS | _TENS,
    scales={"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12},
    joining=words("and"),
    ordinals=("st", "nd", "rd", "th"),
    signs={"&": "and", "%": "percent"},
    grouping=",",
)
