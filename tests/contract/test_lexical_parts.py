"""The parts of a question's score, as every `LexicalIndex` gives them: they add up to the score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.everything import EVERYTHING
from support.words import NAMES, SIMPLE, TEXTS, Build, allowed, passage, rows, score

from ragqa.corpus.synonyms import parse_synonyms
from ragqa.index.facts import Allowed
from ragqa.index.lexical import LexicalIndex, TantivyIndex, TantivyWriter
from ragqa.index.rankbm25 import RankBM25Index


def assert_adds_up(index: LexicalIndex, question: str, within: Allowed | None = None, extra: int = 0) -> None:
    """What the parts give sums to what `search` gives, and is nothing for passages that it does not find."""
    ranking = index.search([question], 100, EVERYTHING)
    free = {row: own for row, own in zip(ranking.rows[0].tolist(), ranking.scores[0].tolist(), strict=True) if row >= 0}
    wanted = [*rows(index, question, 100, within)[::-1], *range(extra), *rows(index, question, 1)]
    parts = index.contributions(question, wanted)
    for scores in parts.values():
        assert scores.dtype == np.float32 and scores.shape == (len(wanted),)
    total = sum(parts.values(), np.zeros(len(wanted), np.float32))
    assert total.tolist() == pytest.approx([free.get(row, 0.0) for row in wanted], rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("question", ["stone bridge", "bridge, bridges! stone", "Who sells bread?", "zebra", "", "the"])
def test_parts_add_up(build: Build, question: str) -> None:
    assert_adds_up(build(TEXTS), question, extra=len(TEXTS))


def test_a_part_is_what_its_word_gives(build: Build) -> None:
    index = build([*TEXTS, *["filler"] * 6])
    parts = index.contributions("stone bridge bridge bread", [2, 0, 4, 3])
    assert set(parts) == {"stone", "bridg", "bread"}
    for term, times in (("stone", 1), ("bridg", 2), ("bread", 1)):
        alone = score(index, term)
        assert parts[term].tolist() == pytest.approx([times * alone.get(row, 0.0) for row in (2, 0, 4, 3)], rel=1e-5)
    assert index.contributions("stone", []) == {} == index.contributions("zebra", [1])
    assert build([]).contributions("stone", []) == {}


def test_parts_of_synonyms(build: Build) -> None:
    index = build(NAMES, synonyms="UN, United Nations")
    parts = index.contributions("UN milk UN", [0, 1, 2, 4])
    assert set(parts) == {"milk", "un | unit nation"}
    assert parts["un | unit nation"].tolist() == pytest.approx(
        [score(index, "UN UN").get(r, 0.0) for r in (0, 1, 2, 4)]
    )
    for question in ("UN milk UN", "united nations bread", "The UN and the United Nations"):
        assert_adds_up(index, question, extra=len(NAMES))
    one_way = build(NAMES, synonyms="ONU => nations")  # the word and the other name of one that is unknown
    assert set(one_way.contributions("ONU nations", [1])) == {"nation"}
    assert_adds_up(one_way, "ONU nations", extra=len(NAMES))


def test_parts_and_where(build: Build) -> None:
    passages = [*[passage("bread")] * 7, passage("stone bridge", a="x"), passage("stone", a="y"), *[passage("b")] * 4]
    index, within = build(passages[7:], first_row=7), allowed(passages, {"a": "y"})
    assert_adds_up(index, "stone bridge", within)
    assert rows(index, "stone bridge", allowed=within) == [8]


@given(data=st.data())
def test_parts_always_add_up(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    word = st.sampled_from(["ab", "bc", "cd", "de", "ef", "unseen"])
    words = st.lists(word, min_size=1, max_size=4).map(" ".join)
    texts = data.draw(st.lists(words, min_size=1, max_size=8)) + ["zz yy"] * 10
    group = st.lists(st.lists(word, min_size=1, max_size=3).map(" ".join), min_size=2, max_size=4, unique=True)
    joined = data.draw(st.sampled_from([", ", " => "]))
    groups = data.draw(st.lists(group.map(lambda names: joined.join(names[:2])), max_size=4))
    rules = parse_synonyms("\n".join(groups), "s", SIMPLE)
    question = data.draw(st.lists(word, max_size=6).map(" ".join))
    folder = tmp_path_factory.mktemp("property") / "lexical"
    writer = TantivyWriter(folder, SIMPLE, create=True)
    writer.add(0, [passage(text) for text in texts])
    writer.commit()
    assert_adds_up(TantivyIndex.open(folder, SIMPLE, rules), question, extra=len(texts))
    built = RankBM25Index(np.arange(len(texts)), [passage(text) for text in texts], SIMPLE, rules)
    assert_adds_up(built, question, extra=len(texts))
