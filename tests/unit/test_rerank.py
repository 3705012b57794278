"""A reranker in the pipeline: how much it is handed, what is kept of it, and that nothing is read twice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ragqa.config import Config, ReadConfig, RetrieveConfig, load_config
from ragqa.documents import Passage
from ragqa.errors import ConfigError
from ragqa.indexing import build
from ragqa.models.remembering import Remembering
from ragqa.pipeline import Pipeline
from ragqa.protocols import Reader
from ragqa.rerank import RelevanceReranker
from ragqa.testing import HashEncoder
from ragqa.types import Hit, Span

SAMPLE = Path(__file__).parents[2] / "corpora" / "sample"
ASKED = ["Which doors are made of wood?", "Who painted doors?"]


class Numbers:
    """A reader that is the surer the higher the number at a passage's end; remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list[Span]]:
        self.shown += zip(questions, [passage.id for passage in passages], strict=True)
        odds = [int(passage.text.split()[-1]) / 30 for passage in passages]
        return [
            [Span(0, len(passage.text), math.log(own)), Span(0, 0, math.log1p(-own))]
            for own, passage in zip(odds, passages, strict=True)
        ]


class Backwards:
    """A reranker that turns the order round, and remembers how much it was handed."""

    def __init__(self) -> None:
        self.handed: list[int] = []

    def rerank(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], k: int) -> list[list[Hit]]:
        self.handed += map(len, hits)
        return [[replace(hit, rank=rank) for rank, hit in enumerate(reversed(own), 1)][:k] for own in hits]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("doors")
    (place / "docs").mkdir()
    for number in range(1, 26):
        (place / "docs" / f"{number}.txt").write_text(f"Doors of wood were painted by Ilse Brandt in the year {number}")
    build(place / "docs", place / "index", encoder=HashEncoder())
    return place / "index"


def load(index: Path, depth: int, passages: int, reranker: Backwards | None = None, reader: Reader | None = None):
    config = Config(
        retrieve=RetrieveConfig("bm25", reranker="relevance", rerank_depth=depth),
        read=ReadConfig(passages=passages, min_score=0.0),  # what a score of this reader is worth is nobody's question
    )
    return Pipeline.load(index, config, encoder=HashEncoder(), reader=reader or Numbers(), reranker=reranker)


@pytest.mark.parametrize(("depth", "passages", "handed"), [(10, 3, 10), (3, 10, 10), (100, 3, 25)])
def test_it_is_handed_what_the_settings_say_and_wins_over_them(index, depth, passages, handed):
    reranker = Backwards()
    pipeline = load(index, depth, passages, reranker)
    reply = pipeline.ask(ASKED[0])
    assert reranker.handed == [handed] and len(reply.hits) == passages and "rerank" in reply.timings
    config = replace(pipeline.config, retrieve=RetrieveConfig("bm25"))
    plain = Pipeline.load(index, config, encoder=HashEncoder(), reader=Numbers()).search(ASKED[0], handed)
    assert [hit.passage for hit in reply.hits] == [hit.passage for hit in reversed(plain)][:passages]


def test_by_relevance_the_surest_come_first_and_nothing_is_read_twice(index):
    reader = Numbers()
    replies = load(index, 25, 3, reader=reader).ask_many(ASKED)
    assert len(reader.shown) == len(set(reader.shown)) == 2 * 25
    for reply in replies:
        assert [hit.passage.text.split()[-1] for hit in reply.hits] == ["25", "24", "23"]
        assert not any("rerank" in hit.sources for hit in reply.hits)
        assert [hit.rank for hit in reply.hits] == [1, 2, 3] and reply.answers[0].hit.rank == 1


def test_one_question_and_many_get_the_same(index):
    pipeline = load(index, 10, 3)
    many = pipeline.ask_many(ASKED)
    assert [replace(pipeline.ask(question), timings={}) for question in ASKED] == [
        replace(reply, timings={}) for reply in many
    ]


def test_what_settings_name(index):
    pipeline = load(index, 10, 3)
    assert isinstance(pipeline.reader, Remembering)
    assert isinstance(pipeline.retriever.reranker, RelevanceReranker)
    config, _ = load_config(None, ["retrieve.reranker=relevance", "retrieve.rerank_depth=7"])
    assert (config.retrieve.reranker, config.retrieve.rerank_depth) == ("relevance", 7)
    with pytest.raises(ConfigError, match=r"retrieve\.rerank_depth is 0: expected at least 1"):
        RetrieveConfig(rerank_depth=0)


def test_the_sample_corpus_is_answered_by_relevance(tmp_path):
    build(SAMPLE, tmp_path / "sample")
    pipeline = Pipeline.load(tmp_path / "sample", Config(retrieve=RetrieveConfig(reranker="relevance")))
    reply = pipeline.ask("Who discovered penicillin?")
    assert reply.answers[0].text == "Alexander Fleming"
    scores = [hit.score for hit in reply.hits]
    assert scores == sorted(scores, reverse=True) and len(scores) == 20
