"""What is said of a reply is what it was made of: sums add up, and "without" is what the other hits would give."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ragqa.asking import Ask
from ragqa.config import Config, IndexConfig, ReadConfig, RetrieveConfig
from ragqa.documents import Passage
from ragqa.evidence.calibration import FEATURES
from ragqa.explanation import Explanation, explain_hits
from ragqa.indexing import build
from ragqa.models.catalog import load_encoder, load_reader
from ragqa.models.remembering import Remembering
from ragqa.pipeline import Pipeline
from ragqa.types import Hit, Reply, Span

TEXTS = {
    "rhine.txt": "The Rhine rises in Switzerland and flows to the North Sea.",
    "source.txt": "The source of the Rhine lies in the Swiss canton of Graubünden.",
    "danube.txt": "The Danube rises in the Black Forest and ends in the Black Sea.",
    "bridge.txt": "The stone bridge over the river was opened in May 1937. It is made of stone from the mountains.",
    "baker.txt": "The baker of the town sells bread, and stone ovens are what he bakes it in.",
    "faq.csv": 'question,answer\nHow do I open the blue window?,"Turn the handle, then pull."\nWhy so cold?,Winter.\n',
}
QUESTIONS = ("Where does the Rhine rise?", "When was the stone, stone bridge opened?", "Who sold the spring of bread?")
STORED = "How do I open the blue window?"
FUSIONS = ("linear", "convex", "rrf", "bm25", "dense")


@pytest.fixture(scope="module", params=["tantivy", "rank-bm25"])
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With synonyms, and with documents that were removed again."""
    folder = tmp_path_factory.mktemp("documents")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    gone = folder / "gone.txt"
    gone.write_text("The Rhine is a bridge of bread.")
    for number in range(8):
        (folder / f"{number}.txt").write_text(f"Filler number {number} says nothing of the matter.")
    config, index = Config(index=IndexConfig(lexical=request.param)), tmp_path_factory.mktemp("index") / "index"
    synonyms = tmp_path_factory.mktemp("synonyms") / "synonyms.txt"
    synonyms.write_text("source, spring, rise\n")
    build(folder, index, config, synonyms=synonyms)
    gone.unlink()
    build(folder, index, config)
    return index


@pytest.fixture(scope="module")
def models():
    return {"encoder": load_encoder(), "reader": load_reader()}


@pytest.fixture(params=FUSIONS)
def pipeline(request: pytest.FixtureRequest, index: Path, models) -> Pipeline:
    config = Config(retrieve=RetrieveConfig(fusion=request.param, depth=6), read=ReadConfig(passages=8))
    return Pipeline.load(index, config, **models)


def timeless(reply: Reply) -> Reply:
    return replace(reply, timings={})


def explain_found(pipeline: Pipeline, question: str, hits: Sequence[Hit]) -> Explanation:
    answering = pipeline.answering
    return explain_hits(answering, answering.request(Ask(question)), hits)


def check(pipeline: Pipeline, explanation: Explanation) -> None:
    """All that must hold for any explanation."""
    reply, cap = explanation.reply, pipeline.calibration.weights.cap
    assert [one.hit for one in explanation.passages] == list(reply.hits)
    for one in explanation.passages:
        if "bm25" in one.hit.sources:
            assert math.fsum(one.words.values()) == pytest.approx(one.hit.sources["bm25"], rel=1e-5, abs=1e-5)
        else:
            assert one.words == {}
    assert [one.read for one in explanation.passages] == [place < reply.read for place in range(len(reply.hits))]
    if reply.hits:
        assert math.fsum(one.prior for one in explanation.passages) == pytest.approx(1.0)
    for one in explanation.passages[: reply.read]:
        assert one.relevance is not None and one.null is not None
        odds = math.log((1.0 - one.null) / one.null) if 0.0 < one.null < 1.0 else math.inf * (0.5 - one.null)
        assert one.relevance == pytest.approx(max(-cap, min(cap, odds)))
    best = next(iter([*reply.answers, *reply.candidates]), None)
    assert (explanation.best is None) == (best is None) == (explanation.score is None)
    if best is not None and explanation.best is not None and explanation.score is not None:
        assert explanation.best.answer == best and explanation.best.given == bool(reply.answers)
        score, model = explanation.score, pipeline.calibration.score
        assert {feature.name: feature.value for feature in score.features} == best.features
        assert tuple(feature.name for feature in score.features) == FEATURES
        assert tuple(feature.weight for feature in score.features) == model.weights
        assert score.logit == pytest.approx(model.bias + math.fsum(feature.product for feature in score.features))
        assert score.probability == best.score == pytest.approx(1.0 / (1.0 + math.exp(-score.logit)))
        rest = [hit for hit in reply.hits if hit.passage.id != best.hit.passage.id]
        (other,) = pipeline.read([reply.question], [rest])
        expected = next(iter([*other.answers, *other.candidates]), None)
        assert (None if explanation.without is None else explanation.without.answer) == expected
        if explanation.without is not None:
            assert explanation.without.answer.hit.passage.id != best.hit.passage.id
            assert explanation.without.given == other.answered
    content = explanation.to_dict()
    assert json.loads(json.dumps(content, allow_nan=False)) == content


@pytest.mark.parametrize("question", [*QUESTIONS, STORED])
def test_it_adds_up(pipeline: Pipeline, question: str) -> None:
    explanation = pipeline.explain(f" {question}\n")
    check(pipeline, explanation)
    asked = pipeline.ask(question)
    assert timeless(explanation.reply) == timeless(asked)
    assert explanation.reply.timings.keys() == asked.timings.keys()
    words = {word for one in explanation.passages for word in one.words}
    assert bool(words) == (pipeline.config.retrieve.fusion != "dense")


def test_words_are_terms_and_concepts(index: Path, models) -> None:
    explanation = Pipeline.load(index, **models).explain("Where is the spring of the Rhine?")
    first = {one.hit.passage.source.rpartition("/")[2]: one.words for one in explanation.passages}["source.txt"]
    assert set(first) == {"rhine", "sourc | rise"}  # no passage has the spring that was typed


def test_logits_are_of_the_answer(pipeline: Pipeline) -> None:
    explanation = pipeline.explain(QUESTIONS[0])
    assert explanation.best is not None
    answer = explanation.best.answer
    (logits,) = explanation.logits
    (spans,) = pipeline.reader.read([QUESTIONS[0]], [answer.hit.passage])
    null = next(span.score for span in spans if span.start == span.end)
    assert logits.margin == pytest.approx(answer.span.score - null, abs=1e-3)
    assert explanation.to_dict()["logits"] == [
        {"reader": 1, "start": logits.start, "end": logits.end, "null": logits.null, "margin": logits.margin}
    ]


def test_a_stored_answer_has_no_logits(pipeline: Pipeline) -> None:
    explanation = pipeline.explain(STORED)
    assert explanation.best is not None and explanation.best.answer.faq and explanation.logits == ()
    assert explanation.to_dict()["best"]["faq"] is True


def test_no_hits(pipeline: Pipeline) -> None:
    explanation = pipeline.explain("Where?", where={"ragqa.kind": "none"})
    check(pipeline, explanation)
    assert explanation.passages == () and explanation.best is None and explanation.without is None


def test_a_single_hit_has_nothing_without_it(pipeline: Pipeline) -> None:
    (hits,) = pipeline.search_many([QUESTIONS[0]], 1)
    explanation = explain_found(pipeline, QUESTIONS[0], hits)
    check(pipeline, explanation)
    assert explanation.best is not None and explanation.without is None


def test_hits_from_any_depth_have_their_words(index: Path, models) -> None:
    """As a reranker may leave them: the last ones, for which the ranking is followed further than by default."""
    pipeline = Pipeline.load(index, Config(retrieve=RetrieveConfig(depth=1, fusion="bm25")), **models)
    (hits,) = pipeline.search_many(["What is said of the matter of the stone?"], 40)
    last = hits[-2:]
    assert len(hits) > 6 and all(pipeline.retriever.words("the matter of the stone", last))
    check(pipeline, explain_found(pipeline, "What is said of the matter of the stone?", last))


class Longest:
    """A reranker that likes long passages."""

    def rerank(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], k: int) -> list[list[Hit]]:
        scored = [[(float(len(hit.passage.text)), hit) for hit in found] for found in hits]
        return [
            [
                replace(hit, score=score, rank=rank, sources={**hit.sources, "rerank": score / 50.0})
                for rank, (score, hit) in enumerate(sorted(found, key=lambda own: -own[0])[:k], 1)
            ]
            for found in scored
        ]


@pytest.mark.parametrize("reranker", [None, Longest()])
def test_reranked(index: Path, models, reranker: Longest | None) -> None:
    retrieve = RetrieveConfig(depth=2, reranker="" if reranker else "relevance")
    pipeline = Pipeline.load(index, Config(retrieve=retrieve, read=ReadConfig(passages=3)), reranker=reranker, **models)
    explanation = pipeline.explain(QUESTIONS[1])
    check(pipeline, explanation)
    assert explanation.reranked and len(explanation.passages) == 3
    assert timeless(explanation.reply) == timeless(pipeline.ask(QUESTIONS[1]))
    shown = explanation.to_dict()["passages"]
    assert [own.get("rerank") for own in shown] == [one.hit.sources.get("rerank") for one in explanation.passages]


def test_an_ensemble(index: Path, models) -> None:
    pipeline = Pipeline.load(index, Config(read=ReadConfig(ensemble=("default",))), encoder=models["encoder"])
    explanation = pipeline.explain(QUESTIONS[0])
    check(pipeline, explanation)
    one, other = explanation.logits
    assert (one.reader, other.reader) == (1, 2) and replace(other, reader=1) == one
    assert pipeline.calibration.questions == 0 and explanation.score is not None and explanation.score.risk is None


class Foreign:
    """A reader that takes the last word, keeps its logits to itself, and remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list[Span]]:
        self.shown += [passage.id for passage in passages]
        return [[Span(len(one.text) - 4, len(one.text), math.log(0.4)), Span(0, 0, math.log(0.6))] for one in passages]


def test_another_reader_reads_each_passage_once(index: Path, models) -> None:
    reader = Foreign()
    pipeline = Pipeline.load(index, encoder=models["encoder"], reader=reader)
    explanation = pipeline.explain(QUESTIONS[0])
    assert explanation.logits == () and len(reader.shown) == len(set(reader.shown)) > 1
    assert pipeline.reader is reader
    check(pipeline, explanation)


def test_what_was_read_is_remembered_until_it_is_forgotten() -> None:
    reader, passage = Foreign(), Passage("p", "d", "some words", "", 0, 10)
    remembering = Remembering(reader)
    assert remembering.read(["a", "b", "a"], [passage] * 3) == reader.read(["a", "b", "a"], [passage] * 3)
    remembering.read(["b"], [passage])
    before = len(reader.shown)
    remembering.forget()
    remembering.read(["b"], [passage])
    assert len(reader.shown) == before + 1 and remembering.logits("a", passage, Span(0, 1, 0.0)) == ()


@pytest.mark.parametrize(
    ("read", "threshold", "risk"),
    [
        (ReadConfig(min_score=0.25), 0.25, None),
        (ReadConfig(risk=0.001), None, 0.001),
        (ReadConfig(risk=0.5), ..., 0.5),
    ],
)
def test_the_threshold_and_what_it_keeps(index: Path, models, read: ReadConfig, threshold: object, risk: float) -> None:
    pipeline = Pipeline.load(index, Config(read=read), **models)
    explanation = pipeline.explain(QUESTIONS[0])
    assert explanation.score is not None and explanation.best is not None
    assert explanation.score.threshold == (pipeline.threshold if threshold is ... else threshold)
    assert explanation.score.risk == risk
    assert explanation.best.given == (explanation.best.answer.score >= pipeline.threshold)
    check(pipeline, explanation)
