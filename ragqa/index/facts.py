"""Which documents have which metadata: the ``where`` of a search, for the dense side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ragqa.index.lexical import meta_term
from ragqa.store.passages import encodable
from ragqa.types import Meta


class Facts:
    """The facts of some documents, as numbered terms: a filter is one comparison of arrays.

    A document matches if for each wanted fact it has one with the same `meta_term`.
    """

    def __init__(self, metadata: Iterable[Meta]) -> None:
        terms: list[str] = []
        counts: list[int] = []
        for meta in metadata:
            terms += [encodable(meta_term(key, value)) for key, value in meta.items()]
            counts.append(len(meta))
        encoded = pa.array(terms, pa.string()).dictionary_encode()
        self._terms, self._codes = encoded.dictionary, encoded.indices.to_numpy()
        self._documents = np.repeat(np.arange(len(counts)), counts)
        self._count = len(counts)

    def matching(self, where: Mapping[str, str]) -> NDArray[np.bool_]:
        """For each document whether it matches."""
        found = np.ones(self._count, bool)
        for key, value in where.items():
            own = np.zeros(self._count, bool)
            code = pc.index(self._terms, encodable(meta_term(key, value))).as_py()
            if code >= 0:
                own[self._documents[self._codes == code]] = True
            found &= own
        return found
