"""What every `LexicalIndex` makes of synonyms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.words import NAMES, SIMPLE, Build, allowed, passage, rows, score

from ragqa.corpus.synonyms import parse_synonyms
from ragqa.index.lexical import LexicalIndex, TantivyIndex, TantivyWriter
from ragqa.index.rankbm25 import RankBM25Index


def test_a_synonym_finds_and_what_was_typed_stands_first(build: Build) -> None:
    plain, index = build(NAMES), build(NAMES, synonyms="UN, United Nations")
    assert rows(plain, "What did the UN do?") == [0]
    assert rows(index, "What did the UN do?")[0] == 0
    assert set(rows(index, "What did the UN do?")) == {0, 1, 2}  # 3 has not all words of the longer name
    assert set(rows(index, "united nations")) == {0, 1, 2, 3} and rows(index, "united nations")[-1] in (0, 3)
    assert rows(index, "bread")[0] == 4 and score(index, "milk") == score(plain, "milk")


def test_a_synonym_counts_by_its_formula(build: Build) -> None:
    plain, index = build(NAMES), build(NAMES, synonyms="UN, United Nations")
    total = len(NAMES)
    idf = {n: np.log(1 + (total - n + 0.5) / (n + 0.5)) for n in (1, 2, 3)}
    found = score(index, "UN UN milk")
    alone = {term: score(plain, term) for term in ("un", "united", "nations", "milk")}
    weight = 0.8 * min(1.0, idf[1] / (idf[3] + idf[2]))
    for row in (1, 2):
        expected = 2 * weight * (alone["united"][row] + alone["nations"][row])
        assert found[row] == pytest.approx(expected, rel=1e-5)
    assert found[0] == pytest.approx(2 * alone["un"][0], rel=1e-5)
    assert found[4] == pytest.approx(alone["milk"][4], rel=1e-5)


def test_many_names_weigh_as_one(build: Build) -> None:
    texts = ["car", "car automobile auto motorcar", "automobile", "road", *["filler"] * 12]
    index = build(texts, synonyms="car, automobile\ncar, auto\nauto => motorcar, automobile")
    plain = build(texts)
    assert score(index, "car")[1] == score(plain, "car")[1]
    assert score(index, "car road")[3] == score(plain, "road")[3]
    assert score(index, "car")[2] < score(index, "car")[0]


def test_a_common_name_weighs_at_most_four_fifths(build: Build) -> None:
    texts = ["rare", *["common"] * 5, *["filler"] * 12]
    index = build(texts, synonyms="rare, common")
    assert score(index, "rare")[1] == pytest.approx(0.8 * score(build(texts), "common")[1], rel=1e-5)


def test_names_typed_together_are_not_counted_twice(build: Build) -> None:
    texts = ["car auto", "car", "auto", "wagon", *["filler"] * 12]
    plain, index = build(texts), build(texts, synonyms="car, auto, wagon")
    before, after = score(plain, "car auto"), score(index, "car auto")
    assert {row: after[row] for row in before} == pytest.approx(before, rel=1e-5)
    assert after[3] == pytest.approx(score(index, "car")[3], rel=1e-5)  # the third name once, for the first of them


def test_a_name_that_no_passage_has_is_found_by_another(build: Build) -> None:
    index = build(NAMES, synonyms="ONU => United Nations\nunheard of => unknown word")
    assert set(rows(index, "onu")) == {1, 2}
    assert rows(index, "UN") == [0] and 0 not in rows(index, "United Nations")  # one way only
    assert rows(index, "unheard") == []


def test_synonyms_and_where(build: Build) -> None:
    passages = [passage("car", kind="a"), passage("automobile", kind="b"), *[passage("x")] * 5]
    index = build(passages, synonyms="car, automobile")
    assert rows(index, "car", allowed=allowed(passages, {"kind": "b"})) == [1]


@given(data=st.data())
def test_synonyms_only_add(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever was found is found with at least its score, by both engines, and both find the same passages."""
    word = st.sampled_from(["ab", "bc", "cd", "de", "ef", "fg", "gh"])
    words = st.lists(word, min_size=1, max_size=4).map(" ".join)
    texts = data.draw(st.lists(words, min_size=1, max_size=8)) + ["zz yy"] * 10
    group = st.lists(st.lists(word, min_size=1, max_size=3).map(" ".join), min_size=2, max_size=4, unique=True)
    synonyms = "\n".join(map(", ".join, data.draw(st.lists(group, max_size=4))))
    question = data.draw(st.lists(word, max_size=6).map(" ".join))
    folder = tmp_path_factory.mktemp("property") / "lexical"
    writer = TantivyWriter(folder, SIMPLE, create=True)
    writer.add(0, [passage(text) for text in texts])
    writer.commit()
    parsed = parse_synonyms(synonyms, "s", SIMPLE)
    found = {}
    for name in ("tantivy", "rank-bm25"):
        for rules in (None, parsed):
            if name == "tantivy":
                index: LexicalIndex = TantivyIndex.open(folder, SIMPLE, rules)
            else:
                index = RankBM25Index(np.arange(len(texts)), [passage(text) for text in texts], SIMPLE, rules)
            found[name, rules is not None] = score(index, question)
        for row, before in found[name, False].items():
            assert found[name, True][row] >= before - 1e-5
    assert found["tantivy", True].keys() == found["rank-bm25", True].keys()
