"""Both engines of the word index, to be built from passages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from support.words import Build, passage

from ragqa.corpus.analyze import get_analyzer
from ragqa.corpus.synonyms import parse_synonyms
from ragqa.documents import Passage
from ragqa.index.lexical import LexicalIndex, TantivyIndex, TantivyWriter
from ragqa.index.rankbm25 import RankBM25Index


@pytest.fixture(params=["tantivy", "rank-bm25"])
def build(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Build:
    def make(
        passages: Sequence[Passage | str], first_row: int = 0, language: str = "en", synonyms: str = ""
    ) -> LexicalIndex:
        analyzer, folder = get_analyzer(language), tmp_path_factory.mktemp("index") / "lexical"
        rules = parse_synonyms(synonyms, "s", analyzer) if synonyms else None
        items = [item if isinstance(item, Passage) else passage(item) for item in passages]
        if request.param == "rank-bm25":
            return RankBM25Index(np.arange(first_row, first_row + len(items)), items, analyzer, rules)
        writer = TantivyWriter(folder, analyzer, create=True)
        writer.add(first_row, items)
        writer.commit()
        return TantivyIndex.open(folder, analyzer, rules)

    return make
