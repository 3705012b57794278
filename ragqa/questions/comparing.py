"""Questions that compare two things, as a question for each: "Which is older, A or B?" is "How old is A?" and "How old
is B?". Nothing here says how the two compare.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST = 400  # characters of a question that is looked at
_HEAD = re.compile(r"^(?:(?:that|those) )?(for|in|of|on|at|für|bei|von|pour|dans|de|para|en)\s", re.IGNORECASE)
_SHARED = re.compile(r"\s(?:for|in|of|on|at|für|bei|von|pour|dans|de|para|en)\s.*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Comparing:
    """How a language compares. Each of ``patterns`` has the groups "one" and "other", the two things, and may have
    "by", the word for what is compared; then ``measures`` has the question for it, with "{}" for the thing, and a
    pattern whose word is not there finds nothing. Without "by" each of the two is asked about by ``about``.
    """

    patterns: tuple[re.Pattern[str], ...]
    about: str
    measures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sides:
    """A question for each of the two things that are compared; ``told`` says that it is answered by a sentence, as
    nothing was named that could be measured.
    """

    questions: tuple[str, str]
    told: bool


def comparing(patterns: tuple[str, ...], about: str, measures: str = "") -> Comparing:
    """From patterns, of any case, and ``"How old is {}?: older younger, …"``."""
    groups = (group.rpartition(":") for group in measures.split(",") if group.strip())
    words = {word: question.strip() for question, _, forms in groups for word in forms.split()}
    return Comparing(tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns), about, words)


def split(question: str, table: Comparing) -> Sides | None:
    """A question for each of the two things that are compared, None for a question that does not compare. What follows
    the second thing ("… and B in the rules of Fenn") is asked of both.
    """
    text = question.strip().strip("?？¿ ").rstrip(".")
    if len(text) > LONGEST:
        return None
    for match in filter(None, (pattern.search(text) for pattern in table.patterns)):
        by = match.groupdict().get("by")
        form = table.about if by is None else table.measures.get(by.lower())
        one, other = match["one"].strip(" ,"), match["other"].strip(" ,")
        other = _named(one, other)
        if form is None or not one or not other:
            continue
        if (shared := _SHARED.search(other)) and not _SHARED.search(one):
            one += shared[0]
        return Sides((form.replace("{}", one), form.replace("{}", other)), by is None)
    return None


def _named(one: str, other: str) -> str:
    """The second thing with what it leaves out of the first: of "the fee for A" and "for B", "the fee for B"; "" where
    that is not to be found.
    """
    left_out = _HEAD.search(other)
    if left_out is None:
        return other
    head, joined, _ = one.lower().partition(f" {left_out[1].lower()} ")
    return f"{one[: len(head)]} {other[left_out.start(1) :]}" if joined else ""
