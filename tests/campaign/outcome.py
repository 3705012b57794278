"""What a trial can come to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """In the order of the table: what keeps the promises, then what breaks them."""

    HELD = "held"  # as it should be: unchanged answers, true offsets, the good neighbour indexed
    OLD = "whole old"  # the generation before, with all of its files, documents and answers
    NEW = "whole new"
    REFUSED = "refused clearly"  # one line and an exit code of its kind; nothing was changed by it
    UNCLEAR = "UNCLEAR"  # refused, but in more than a line, with a wrong code, or with words that are not true
    LOST = "LOST"  # an index, a document or a neighbour that was there is gone
    TORN = "TORN"  # neither the old generation nor the new one
    SILENT = "SILENT"  # another answer, or "whole" said of what is not, without a word
    INTERNAL = "INTERNAL ERROR"
    HANG = "HANG"
    MEMORY = "MEMORY"


BAD = frozenset(
    {
        Outcome.UNCLEAR,
        Outcome.LOST,
        Outcome.TORN,
        Outcome.SILENT,
        Outcome.INTERNAL,
        Outcome.HANG,
        Outcome.MEMORY,
    }
)


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a trial, and what was done and seen, in a line."""

    outcome: Outcome
    what: str
    seen: str = ""
