"""Rules that say why an answer is wrong, and the steps from the corpus to the answer at which questions are lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ragqa.eval.measure.slices import FREQUENT, answer_type
from ragqa.judging.normalize import answer_tokens

Record = Mapping[str, Any]

ANSWERED_UNANSWERABLE = "answered the unanswerable"
NOT_IN_CORPUS = "answer not in the corpus"
NOT_RETRIEVED = "not retrieved"
NOT_READ = "retrieved but not read"
ABSTAINED = "abstained wrongly"
BOUNDARY_PREFIX = "boundary off: begins alike"
BOUNDARY_SUFFIX = "boundary off: ends alike"
BOUNDARY_PARTIAL = "boundary off: overlaps"
QUESTIONABLE = "reference questionable"
WRONG_PASSAGE = "wrong passage"
SAME_TYPE = "other mention of an equal type"
OTHER_SPAN = "other span of the passage"
CAUSES = (
    NOT_IN_CORPUS,
    NOT_RETRIEVED,
    NOT_READ,
    WRONG_PASSAGE,
    BOUNDARY_PREFIX,
    BOUNDARY_SUFFIX,
    BOUNDARY_PARTIAL,
    SAME_TYPE,
    OTHER_SPAN,
    QUESTIONABLE,
    ABSTAINED,
    ANSWERED_UNANSWERABLE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where the passages with the answer stood: their best rank among those handed to the reader (0: none was), and
    whether the given answer came from one of them.
    """

    rank: int
    from_it: bool


def cause(record: Record, answer: str | None, found: Found) -> str:
    """The cause of a wrong answer: the first of these rules that applies. ``answer`` is None if none was given.

    * The question has no answer.
    * The corpus does not hold the answer.
    * The given answer contains a reference, is contained in one, or shares words with one. If it comes from a passage
      that holds the answer, its boundary is off. If it comes from elsewhere and one contains the other, the reference
      is questionable.
    * The answer's passage was not retrieved.
    * The answer's passage was retrieved, but stood behind those that were read.
    * Nothing was given.
    * The given answer is from another passage.
    * The given answer is of the reference's type.
    * None of these.
    """
    if not record["answerable"]:
        return ANSWERED_UNANSWERABLE
    if record.get("in_corpus") is False:
        return NOT_IN_CORPUS
    if answer is not None and (near := _near_miss(record, answer, found.from_it)):
        return near
    if not found.rank:
        return NOT_RETRIEVED
    if found.rank > record["read"]:
        return NOT_READ
    if answer is None:
        return ABSTAINED
    if not found.from_it:
        return WRONG_PASSAGE
    types = {answer_type(reference) for reference in record["references"]}
    return SAME_TYPE if answer_type(answer) in types else OTHER_SPAN


def _near_miss(record: Record, answer: str, from_it: bool) -> str:
    given, kinds = answer_tokens(answer, record["language"]), set()
    for reference in [] if record["pattern"] else record["references"]:
        kinds.add(_relation(given, answer_tokens(reference, record["language"])))
    if not from_it:
        return QUESTIONABLE if kinds & {BOUNDARY_PREFIX, BOUNDARY_SUFFIX, "inside"} else ""
    for kind in (BOUNDARY_PREFIX, BOUNDARY_SUFFIX):
        if kind in kinds:
            return kind
    return BOUNDARY_PARTIAL if kinds & {"inside", BOUNDARY_PARTIAL} else ""


def _relation(given: Sequence[str], reference: Sequence[str]) -> str:
    """How two lists of words are related."""
    short, long = sorted((list(given), list(reference)), key=len)
    if not short:
        return ""
    places = [place for place in range(len(long) - len(short) + 1) if long[place : place + len(short)] == short]
    if not places:
        return BOUNDARY_PARTIAL if set(short) & set(long) - FREQUENT else ""
    if places[0] == 0:
        return BOUNDARY_PREFIX
    return BOUNDARY_SUFFIX if places[-1] == len(long) - len(short) else "inside"
