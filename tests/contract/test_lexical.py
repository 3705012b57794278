"""What every `LexicalIndex` promises: one body over Tantivy and rank-bm25."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.everything import EVERYTHING

from ragqa.corpus.analyze import get_analyzer
from ragqa.corpus.synonyms import parse_synonyms
from ragqa.filters import Where, parse_filter, text_of
from ragqa.index.facts import Allowed, Facts, clauses_of, meta_term
from ragqa.index.lexical import LexicalIndex, RankBM25Index, TantivyIndex, TantivyWriter
from ragqa.index.query import MAX_TERMS
from ragqa.types import Passage

Build = Callable[..., LexicalIndex]
SIMPLE = get_analyzer("simple")

TEXTS = [
    "Rivers carry water from the mountains to the sea.",
    "A bridge over the river, built of stone.",
    "Stone bridges outlive wooden bridges; a stone bridge is heavy.",
    "Mountains are made of stone.",
    "The baker sells bread.",
    "Café owners sell coffee.",
    "",
]


def passage(text: str, title: str = "", heading: str = "", **meta: Any) -> Passage:
    return Passage(id=text, doc_id="d", text=text, title=title, start=0, end=len(text), heading=heading, meta=meta)


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


def rows(index: LexicalIndex, question: str, k: int = 10, allowed: Allowed | None = None) -> list[int]:
    ranking = index.search([question], k, allowed or EVERYTHING)
    assert ranking.rows.dtype == np.int64 and ranking.scores.dtype == np.float32
    assert (np.diff(ranking.scores[0][ranking.rows[0] >= 0]) <= 0).all()
    return [row for row in ranking.rows[0].tolist() if row >= 0]


def test_finds_passages_that_share_a_word(build: Build) -> None:
    index = build(TEXTS)
    assert sorted(rows(index, "stone bridge")) == [1, 2, 3]
    assert rows(index, "stone bridges")[0] == 2
    assert rows(index, "Who sells bread?")[0] == 4
    assert rows(index, "zebra") == []


def test_a_batch_is_its_questions(build: Build) -> None:
    index = build(TEXTS)
    questions = ["stone bridge", "", "zebra", "bread", "river"]
    batch = index.search(questions, 3, EVERYTHING)
    assert batch.rows.shape == (5, 3)
    for question, own_rows, own_scores in zip(questions, batch.rows, batch.scores, strict=True):
        alone = index.search([question], 3, EVERYTHING)
        width = alone.rows.shape[1]
        np.testing.assert_array_equal(own_rows[:width], alone.rows[0])
        np.testing.assert_array_equal(own_scores[:width], alone.scores[0])
        assert (own_rows[width:] == -1).all()
    assert len(index.search([], 3, EVERYTHING)) == 0


@pytest.mark.parametrize(
    "question", ["", "   ", "?!", "the of and", "\x00", "\ud800", "AND OR NOT", '"', "text:stone -", "IN ["]
)
def test_no_question_is_syntax(build: Build, question: str) -> None:
    assert set(rows(build(TEXTS), question)) <= {1, 2, 3}


def test_words_are_not_operators(build: Build) -> None:
    index = build(["meta search", "text search", "plain"])
    assert sorted(rows(index, "+text:search -meta")) == [0, 1]


def test_k(build: Build) -> None:
    index = build(["stone"] * 5)
    assert index.search(["stone"], 0, EVERYTHING).rows.shape == (1, 0)
    assert rows(index, "stone", 3) == [0, 1, 2]
    assert rows(index, "stone", 10**9) == [0, 1, 2, 3, 4]


def test_equal_passages_stand_in_order_of_rows(build: Build) -> None:
    texts = ["red stone", "blue stone"] * 30
    index = build(texts, first_row=100)
    assert rows(index, "blue", 20) == list(range(101, 141, 2))
    assert rows(index, "stone", 7) == list(range(100, 107))


@pytest.mark.parametrize("passages", [[], ["", "the of"]])
def test_nothing_to_find(build: Build, passages: list[str]) -> None:
    assert rows(build(passages, first_row=3), "stone") == []


def test_two_passages(build: Build) -> None:
    # the idf of rank-bm25 is 0 or less for a word in half of the passages: it must be found nonetheless
    assert rows(build(["stone bridge", "wooden bridge"]), "stone") == [0]


def test_title_and_heading_are_searched(build: Build) -> None:
    index = build(
        [passage("It fell in 1902.", title="Campanile"), passage("It stands.", heading="Bell towers > Venice")]
    )
    assert rows(index, "campanile") == [0]
    assert rows(index, "towers of Venice") == [1]


def allowed(passages: Sequence[Passage], where: Where, by_terms: bool = True) -> Allowed:
    """What a filter allows of passages that are rows 0, 1, … and each a document of its own."""
    found = parse_filter(where)
    if found is None:
        return EVERYTHING
    facts = Facts(item.meta for item in passages)
    mask = np.all([facts.matching(condition) for condition in found.conditions], axis=0)
    return Allowed.of(mask, where=found, clauses=clauses_of(found, [facts]) if by_terms else None)


@pytest.mark.parametrize("by_terms", [True, False])
def test_where(build: Build, by_terms: bool) -> None:
    passages = [
        passage("stone", kind="wall", year=1902, old=True, score=0.5),
        passage("stone", kind="Wall", year=1903, old=False, score=1.0, tags=["a", "b"]),
        passage("stone bridge", kind="bridge wall", year=1902, old=False, tags=["b"]),
        passage("bread", kind="wall"),
    ]
    index = build(passages)

    def found(where: Where) -> list[int]:
        return rows(index, "stone", allowed=allowed(passages, where, by_terms))

    assert found({}) == [0, 1, 2]
    assert found({"kind": "wall"}) == [0]
    assert found({"kind": "Wall"}) == [1]
    assert found({"kind": "bridge wall"}) == [2]
    assert found({"year": "1902"}) == found({"year": 1902}) == found({"year": {"lt": 1903}}) == [0, 2]
    assert found({"year": "1902", "old": "false"}) == [2]
    assert found({"old": "true"}) == found({"old": True}) == [0]
    assert found({"score": "1.0"}) == found({"score": 1}) == found({"score": {"gt": 0.5}}) == [1]
    assert found({"kind": "none"}) == found({"no": "wall"}) == []
    assert found({"tags": "b"}) == found({"tags": {"exists": True}}) == [1, 2]
    assert found({"tags": {"ne": "a"}}) == [0, 2] and found({"tags": {"in": ["a", "c"]}}) == [1]
    assert found({"score": {"exists": False}}) == [2]


def test_few_allowed_passages_among_many_better_ones(build: Build) -> None:
    """Without terms, passages are looked through until enough of those that are allowed are found."""
    passages = [passage("stone stone stone", number=number) for number in range(200)]
    passages += [passage("stone and much else that is said", number=number) for number in range(200, 204)]
    index, where = build(passages), {"number": {"gte": 200}}
    for by_terms in (True, False):
        assert rows(index, "stone", 3, allowed(passages, where, by_terms)) == [200, 201, 202]
        assert rows(index, "stone", 9, allowed(passages, where, by_terms)) == [200, 201, 202, 203]


def test_a_key_with_an_equals_sign_is_no_other_key(build: Build) -> None:
    passages = [passage("stone", a="b=c"), passage("stone", **{"a=b": "c"})]
    index = build(passages)
    assert rows(index, "stone", allowed=allowed(passages, {"a": "b=c"})) == [0]
    assert rows(index, "stone", allowed=allowed(passages, {"a=b": "c"})) == [1]


def test_a_value_that_is_too_long_for_a_term(build: Build) -> None:
    passages = [passage("stone", a="x" * 70_000), passage("stone", a="y" * 70_000)]
    assert rows(build(passages), "stone", allowed=allowed(passages, {"a": "y" * 70_000})) == [1]


def test_where_changes_no_score(build: Build) -> None:
    passages = [passage("stone bridge", a="x"), passage("stone", a="y"), passage("bread"), passage("milk"), passage("")]
    index = build(passages)
    free = index.search(["stone bridge"], 5, EVERYTHING)
    bound = index.search(["stone bridge"], 5, allowed(passages, {"a": "y"}))
    assert bound.rows.tolist() == [[1]] and bound.scores[0, 0] == free.scores[0, free.rows[0].tolist().index(1)]


def test_a_word_said_twice_counts_twice(build: Build) -> None:
    filler = ["bread"] * 8
    index = build(["stone river", "bridge river", *filler])
    once = index.search(["stone"], 1, EVERYTHING).scores[0, 0]
    assert index.search(["stone stone, stones"], 1, EVERYTHING).scores[0, 0] == pytest.approx(3 * once, rel=1e-6)
    assert rows(index, "bridge stone bridge")[:2] == [1, 0]


def test_a_very_long_question_is_asked_by_its_rarest_words(build: Build) -> None:
    common = [f"c{number}" for number in range(400)]
    index = build([*(" ".join(common) for _ in range(3)), "needle", "other words"], language="simple")
    question = " ".join([*common * 25, "needle", *(f"unknown{number}" for number in range(500))])
    assert len(question.split()) > 10_000 and len(common) > MAX_TERMS
    assert set(rows(index, question)) == {0, 1, 2, 3}


def test_lone_surrogates_are_no_error(build: Build) -> None:
    passages = [passage("stone \ud800 bridge", key="\udfff")]
    index = build(passages)
    assert rows(index, "stone \udc80") == rows(index, "stone", allowed=allowed(passages, {"key": "\udfff"})) == [0]


def test_meta_term() -> None:
    assert [meta_term("k", text_of(value)) for value in ("a b", True, False, 3, 1.5)] == [
        "k=a b",
        "k=true",
        "k=false",
        "k=3",
        "k=1.5",
    ]


NAMES = [
    "The UN met in New York.",
    "The United Nations voted on bread.",
    "A united country has no nations in it.",
    "The airport was united with the town.",
    "Bread, milk and bread.",
    *(f"Filler number {number} says nothing." for number in range(8)),
]


def score(index: LexicalIndex, question: str) -> dict[int, float]:
    ranking = index.search([question], 100, EVERYTHING)
    real = ranking.rows[0] >= 0
    return dict(zip(ranking.rows[0][real].tolist(), ranking.scores[0][real].tolist(), strict=True))


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
