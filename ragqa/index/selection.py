"""Which documents of a generation a filter is about."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ragqa.errors import ConfigError
from ragqa.filters import Condition, Filter
from ragqa.index.facts import Clause, Facts, Mask, clauses_of
from ragqa.store.passages import DocumentStore

OUTER = "meta."
NAMED_KEYS = 20  # that a message lists


class Selection:
    """Judges filters by the metadata of all segments, which are read when the first filter asks. Safe among threads.

    ``stores`` gives the documents of each segment, ``first`` [segments] is the number of each segment's first document,
    ``alive`` [documents] says which documents are alive.
    """

    def __init__(
        self, stores: Callable[[], Sequence[DocumentStore]], first: NDArray[np.int64], alive: NDArray[np.bool_]
    ) -> None:
        self._stores, self._first, self._alive = stores, first.tolist(), alive
        self._once = threading.Lock()
        self._known: list[Facts] | None = None

    def matching(self, where: Filter) -> Mask:
        """Booleans [documents]: alive, and what the filter is about.

        A condition that needs a key which no live document has is a `ConfigError` that names the keys there are.
        """
        facts = self._facts()
        self._check_keys(where, facts)
        found = self._alive.copy()
        for first, own in zip(self._first, facts, strict=True):
            for condition in where.conditions:
                found[first : first + own.documents] &= own.matching(condition)
        return found

    def resolved(self, where: Filter) -> Filter:
        """The filter by the keys that documents have: a record of JSON lines may hold its metadata in a table ``meta``,
        so ``meta.lang`` means ``lang`` where no document has a key of the longer name.
        """
        facts = self._facts()
        return Filter(tuple(self._resolved(condition, facts) for condition in where.conditions))

    def _resolved(self, condition: Condition, facts: Sequence[Facts]) -> Condition:
        key = condition.key.removeprefix(OUTER)
        if key == condition.key or self._has(condition.key, facts) or not self._has(key, facts):
            return condition
        return replace(condition, key=key)

    def clauses(self, where: Filter) -> tuple[Clause, ...] | None:
        """The filter in terms of the word index (see `clauses_of`)."""
        return clauses_of(where, self._facts())

    def keys(self) -> list[str]:
        """The keys that live documents have values of, in order."""
        facts = self._facts()
        return [key for key in sorted({key for own in facts for key in own.keys}) if self._has(key, facts)]

    def _facts(self) -> list[Facts]:
        with self._once:
            if self._known is None:
                self._known = [Facts(store.metadata()) for store in self._stores()]
            return self._known

    def _has(self, key: str, facts: Sequence[Facts]) -> bool:
        """Whether a live document has a value of this key."""
        return any(self._alive[first + own.owners(key)].any() for first, own in zip(self._first, facts, strict=True))

    def _check_keys(self, where: Filter, facts: Sequence[Facts]) -> None:
        """Say that a key is not there, instead of finding nothing; in an index without documents there is no key."""
        if not self._alive.any():
            return
        for condition in where.conditions:
            if condition.needs_key and not self._has(condition.key, facts):
                keys = self.keys()
                known = ", ".join(keys[:NAMED_KEYS]) + (", …" if len(keys) > NAMED_KEYS else "")
                raise ConfigError(f"no document has the metadata key {condition.key!r}; known keys: {known or 'none'}")
