"""The words of a language by which one tells whether a sentence states, or denies, what a question asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Place = Literal["behind", "before", "last", "end", "beside", "framed"]
Tense = Literal["present", "past"]
Replaced = tuple[tuple[re.Pattern[str], str], ...]
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Stating:
    """The words of one language, in lower case and without apostrophes ("dont").

    ``helpers`` are verbs that stand first in a question and elsewhere in a sentence, each with a name for all forms of
    one tense or meaning; a name that ends with "!" is denied in itself ("isnt": "be!"). With ``verb_first`` the first
    word of a question without a helper is one. Statements do without those in ``carried``, whose tense is then that of
    the verb ("does it run": "it runs"), of which ``pasts`` are the irregular ones. Those with a name in ``past`` speak
    of the past, and under those in ``present`` contraries count.

    ``denials`` deny if they stand in one of ``places``: "behind" a helper, "before" a helper, before the "last" word,
    at the "end", behind a helper and before one of ``beside`` ("beside"), or two words behind one of ``frames``
    ("framed"). Those in ``bare`` may also begin a sentence ("no dogs …") or stand behind a helper, and those in
    ``adverbs`` before any verb ("never").

    ``hedges`` make a sentence conditional, partial, doubtful, or another's opinion, and ``pointing`` words stand for
    something named elsewhere. ``fillers`` say nothing; ``wholes`` ("all", "always") say nothing unless they are denied.
    ``same`` maps words to the one that they mean, with "!" before it if they mean its contrary ("forbidden":
    "!allowed"). ``persons`` are those whom everyone may be ("I", "you"). ``adds`` and ``follows`` begin what is added
    to a complete statement, the latter only behind a comma ("which"). ``beside`` are prepositions of times and places.
    ``yes`` and ``no`` may stand before a statement.

    ``answering`` says what another helper answers: with "must>need!", what need not be says no to "must".
    With ``loose_order`` the parts of a sentence that articles, ``beside`` or helpers begin may change places. Where no
    blanks part words (``spaceless``) every sign is a word, and ``helpers`` are words in their place.

    ``asking`` and ``saying`` are what is replaced in a question and in a sentence before they are compared.
    """

    helpers: Mapping[str, str]
    denials: frozenset[str]
    places: tuple[Place, ...]
    hedges: frozenset[str]
    pointing: frozenset[str] = NONE
    frames: frozenset[str] = NONE
    bare: frozenset[str] = NONE
    adverbs: frozenset[str] = NONE
    fillers: frozenset[str] = NONE
    wholes: frozenset[str] = NONE
    same: Mapping[str, str] = field(default_factory=dict)
    persons: frozenset[str] = NONE
    adds: frozenset[str] = NONE
    follows: frozenset[str] = NONE
    beside: frozenset[str] = NONE
    pasts: Mapping[str, str] = field(default_factory=dict)
    carried: Mapping[str, Tense] = field(default_factory=dict)
    past: frozenset[str] = NONE
    present: frozenset[str] = NONE
    yes: frozenset[str] = NONE
    no: frozenset[str] = NONE
    answering: Mapping[str, bool] = field(default_factory=dict)
    verb_first: bool = False
    loose_order: bool = False
    spaceless: bool = False
    asking: Replaced = ()
    saying: Replaced = ()


def named(text: str) -> dict[str, str]:
    """``"be: is are am, was: was were"``: each word with the name before its colon."""
    groups = (group.partition(":") for group in text.split(","))
    return {word: name.strip() for name, _, forms in groups for word in forms.split()}


def contraries(text: str) -> dict[str, str]:
    """``"allowed permitted ! forbidden, open ! closed"``: each word with the first of its group, and "!" before that
    for those behind the mark.
    """
    found: dict[str, str] = {}
    for group in text.split(","):
        alike, _, other = group.partition("!")
        first = alike.split()[0]
        found |= dict.fromkeys(alike.split(), first) | dict.fromkeys(other.split(), f"!{first}")
    return found


def replacing(*pairs: tuple[str, str]) -> Replaced:
    """Patterns, of any case, with what takes their place, in order."""
    return tuple((re.compile(pattern, re.IGNORECASE), by) for pattern, by in pairs)
