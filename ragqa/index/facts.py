"""Which documents have which metadata, and which passages a filter allows: one evaluation for words and vectors."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ragqa.documents import Meta
from ragqa.filters import Condition, Exists, Filter, OneOf, Within, place_on
from ragqa.metadata import facts_of

MOST_TERMS = 1_000  # of a filter that the word index is asked by; by more it is slower than by the mask
LONGEST_TERM = 60_000  # bytes; Tantivy leaves out terms of more than 65,530

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Clause:
    """A passage has one of these terms (see `meta_term`); without ``holds``, none of them."""

    terms: tuple[str, ...]
    holds: bool


@dataclass(frozen=True, slots=True, eq=False)
class Allowed:
    """The passages of one generation that a search may find, said in three ways.

    ``where`` is the filter, None for all live passages. ``mask`` [rows], read-only, is True for the ``count`` rows that
    are alive and meet the filter. ``clauses`` say the same (but for dead rows) in terms of the word index; None where
    they cannot, or would be too many.
    """

    generation: int
    where: Filter | None
    mask: Mask
    count: int
    clauses: tuple[Clause, ...] | None

    @classmethod
    def of(
        cls, mask: Mask, generation: int = 0, where: Filter | None = None, clauses: tuple[Clause, ...] | None = ()
    ) -> Self:
        """The rows of a mask, which becomes read-only; without a filter all of them are meant."""
        mask.setflags(write=False)
        return cls(generation, where, mask, int(np.count_nonzero(mask)), clauses)


class Facts:
    """The metadata of some documents, in arrays: a condition is judged once for each distinct value of its key."""

    def __init__(self, metadata: Iterable[Meta]) -> None:
        names: dict[str, int] = {}
        codes, texts, counts = array("q"), list[str](), array("q")
        for meta in metadata:
            before = len(texts)
            for key, text in facts_of(meta):
                codes.append(names.setdefault(key, len(names)))
                texts.append(text)
            counts.append(len(texts) - before)
        self.documents = len(counts)
        encoded = pa.array(texts, pa.string()).dictionary_encode()
        values, text_codes = encoded.dictionary, encoded.indices.to_numpy()
        numbers = np.asarray(codes, np.int64) * max(1, len(values)) + text_codes
        owners = np.repeat(np.arange(self.documents), counts)
        order = np.argsort(numbers, kind="stable")
        self._owners, numbers = owners[order], numbers[order]
        distinct, starts = np.unique(numbers, return_index=True)
        self._starts = np.append(starts, len(numbers))
        firsts = np.searchsorted(distinct, np.arange(len(names) + 1) * max(1, len(values)))
        self._values = values.take(pa.array(distinct % max(1, len(values))))
        self._keys = {name: range(*firsts[code : code + 2].tolist()) for name, code in names.items()}
        self._places: dict[tuple[str, str], NDArray[np.float64]] = {}

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys."""
        return tuple(self._keys)

    def owners(self, key: str) -> Numbers:
        """The documents that have a value of this key, once for each value."""
        span = self._keys.get(key, range(0))
        return self._owners[self._starts[span.start] : self._starts[span.stop]]

    def accepted(self, condition: Condition) -> tuple[range, Mask]:
        """The numbers of a key's distinct values, and for each whether it passes the condition's test."""
        span, test = self._keys.get(condition.key, range(0)), condition.test
        if isinstance(test, Exists):
            return span, np.ones(len(span), bool)
        if isinstance(test, OneOf):
            own = self._values.slice(span.start, len(span))
            return span, pc.is_in(own, value_set=pa.array(test.texts, pa.string())).to_numpy(zero_copy_only=False)
        return span, _within(self._on_scale(condition.key, span, test), test)

    def matching(self, condition: Condition) -> Mask:
        """For each document whether it meets the condition."""
        span, accepted = self.accepted(condition)
        starts = self._starts[span.start : span.stop + 1]
        own = np.zeros(self.documents, bool)
        if len(span):
            own[self._owners[starts[0] : starts[-1]][np.repeat(accepted, np.diff(starts))]] = True
        return own if condition.holds else ~own

    def count(self, condition: Condition) -> int:
        """How many distinct values pass the condition's test."""
        return int(self.accepted(condition)[1].sum())

    def texts(self, condition: Condition) -> list[str]:
        """The distinct values that pass the condition's test."""
        span, accepted = self.accepted(condition)
        chosen = np.arange(span.start, span.stop)[accepted]
        return list(self._values.take(pa.array(chosen)).to_pylist())

    def _on_scale(self, key: str, span: range, test: Within) -> NDArray[np.float64]:
        """Where a key's values stand on a scale, NaN where they do not; worked out once."""
        found = self._places.get((key, test.scale))
        if found is None:
            places = (place_on(test.scale, text) for text in self._values.slice(span.start, len(span)).to_pylist())
            found = np.array([np.nan if place is None else place for place in places], np.float64)
            self._places[key, test.scale] = found
        return found


def meta_term(key: str, text: str) -> str:
    """The term of the word index that stands for one value of a passage's metadata."""
    return f"{key}={text}"


def clauses_of(where: Filter, facts: Sequence[Facts]) -> tuple[Clause, ...] | None:
    """A filter in terms of the word index, None where these cannot tell: they are too many or too long, or some key has
    a "=", so that "a=b=c" may be the value "b=c" of "a" or the value "c" of "a=b".
    """
    if any("=" in key for own in facts for key in own.keys):
        return None
    clauses = []
    for condition in where.conditions:
        if sum(own.count(condition) for own in facts) > MOST_TERMS * len(facts):
            return None
        texts = {text for own in facts for text in own.texts(condition)}
        clauses.append(Clause(tuple(sorted(meta_term(condition.key, text) for text in texts)), condition.holds))
    terms = [term for clause in clauses for term in clause.terms]
    fit = len(terms) <= MOST_TERMS and all(len(term.encode()) <= LONGEST_TERM for term in terms)
    return tuple(clauses) if fit else None


def _within(places: NDArray[np.float64], test: Within) -> Mask:
    inside = ~np.isnan(places)
    for name, text in test.bounds:
        bound = place_on(test.scale, text)
        assert bound is not None  # `parse_filter` has seen to it
        compare = {"gt": np.greater, "gte": np.greater_equal, "lt": np.less, "lte": np.less_equal}[name]
        inside &= compare(places, bound)
    return inside
