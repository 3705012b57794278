"""Rerankers: what both keep to, whose scores they give, which names lead to one; and readers that remember."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.graphs import saturating_weights

from ragqa.corpus.analyze import get_analyzer
from ragqa.documents import Passage
from ragqa.errors import ModelError
from ragqa.evidence.calibration import Weights
from ragqa.evidence.masses import Evidence
from ragqa.faq import StoredAnswers
from ragqa.models.card import CARD, MODEL, read_card
from ragqa.models.catalog import PRETRAINED, load_reranker, reranker_fingerprint
from ragqa.models.remembering import Remembering
from ragqa.models.reranker import CrossEncoder
from ragqa.models.tokenize import PairTokenizer, Window
from ragqa.protocols import Reranker
from ragqa.rerank import RelevanceReranker
from ragqa.types import Hit, Span

WORDS = ("river", "bridge", "mayor", "alps", "1937")
TOKENIZER = PairTokenizer.from_file(PRETRAINED / "encoder" / "tokenizer.json", 64)


class Shared:
    """A runtime whose logit is the number of a passage's tokens that stand in the question."""

    def run(self, windows: Sequence[Window]) -> list[tuple[np.ndarray, ...]]:
        cut = [(set(w.ids[1 : w.context - 1].tolist()), w.ids[w.context : w.context + w.size]) for w in windows]
        return [(np.array([sum(token in asked for token in own.tolist())], np.float32),) for asked, own in cut]


class Sharing:
    """A reader that finds the first word the surer the more of a passage's words stand in the question."""

    def __init__(self) -> None:
        self.read_pairs: list[tuple[str, str]] = []

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list[Span]]:
        pairs = list(zip(questions, passages, strict=True))
        self.read_pairs += [(question, passage.id) for question, passage in pairs]
        return [self._spans(set(question.split()), passage.text) for question, passage in pairs]

    def _spans(self, asked: set[str], text: str) -> list[Span]:
        found = (1 + sum(word in asked for word in text.split())) / (2 + len(text.split()))
        whole = [Span(0, len(text), math.log(found / 3)), Span(0, 1, math.log(2 * found / 3))]
        return [*whole, Span(0, 0, math.log1p(-found))]


def hits_of(*texts: str, **first: float) -> list[Hit]:
    passages = [Passage(f"p{n}", f"d{n}", text, "", 0, len(text)) for n, text in enumerate(texts)]
    return [
        Hit(passage, 1.0 / rank, rank, {"bm25": 9.0 - rank, "dense": 0.5, **(first if rank == 1 else {})})
        for rank, passage in enumerate(passages, 1)
    ]


def relevance(reader=None, weights=None) -> RelevanceReranker:
    return RelevanceReranker(reader or Sharing(), StoredAnswers(get_analyzer("en"), dense=True), weights)


RERANKERS = {
    "cross-encoder": CrossEncoder(TOKENIZER, Shared()),
    "relevance": relevance(weights=Weights(bm25=0, dense=0)),
}
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), max_size=8)


@pytest.mark.parametrize("name", RERANKERS)
@given(found=st.lists(TEXTS, max_size=3), k=st.integers(1, 10))
def test_contract(name, found, k):
    reranker = RERANKERS[name]
    assert isinstance(reranker, Reranker)
    questions, hits = ["river of the alps 1937", "mayor", "bridge river"][: len(found)], [hits_of(*t) for t in found]
    reranked = reranker.rerank(questions, hits, k)
    assert reranked == [reranker.rerank([question], [own], k)[0] for question, own in zip(questions, hits, strict=True)]
    for own, best, every in zip(hits, reranked, reranker.rerank(questions, hits, 10), strict=True):
        assert best == every[:k] and sorted(hit.passage.id for hit in every) == sorted(hit.passage.id for hit in own)
        assert [hit.rank for hit in every] == list(range(1, len(own) + 1))
        old = {hit.passage.id: hit for hit in own}
        keys = [(-hit.score, old[hit.passage.id].rank) for hit in every]
        assert keys == sorted(keys), "best first, ties as they were"
        for hit in every:
            before = old[hit.passage.id]
            added = {"rerank": hit.score} if name == "cross-encoder" else {}
            assert hit.passage == before.passage and hit.sources == {**before.sources, **added}


@pytest.mark.parametrize("name", RERANKERS)
def test_order_and_ties_by_hand(name):
    hits = hits_of("bridge", "river alps", "mayor", "river alps")
    (best,) = RERANKERS[name].rerank(["river alps"], [hits], 3)
    assert [hit.passage.id for hit in best] == ["p1", "p3", "p0"]
    assert RERANKERS[name].rerank([], [], 3) == [] and RERANKERS[name].rerank(["river"], [[]], 3) == [[]]


def test_a_stored_answer_is_weighed_by_its_question():
    faq = Passage("f", "d", "Turn the handle.", "river alps", 0, 16, meta={"ragqa.kind": "faq"})
    reader = Sharing()
    for reranker in (RERANKERS["cross-encoder"], relevance(reader)):
        hits = [*hits_of("bridge"), Hit(faq, 0.1, 2, {"bm25": 8.0, "dense": 1.0})]
        assert reranker.rerank(["river alps"], [hits], 2)[0][0].passage == faq
    assert reader.read_pairs == [("river alps", "p0")], "the reader is shown none"


def test_relevance_is_the_mass_that_evidence_gives_to_a_passage():
    weights = Weights(bm25=0.3, dense=2.0, relevance=0.7, span=1.0, cap=3.0)
    hits = hits_of("river bridge alps", "mayor", "river alps", "1937 mayor", dense=0.9)
    reader = Sharing()
    (best,) = relevance(reader, weights).rerank(["river alps"], [hits], 4)
    seen = Evidence(hits, weights)
    for spans in reader.read(["river alps"] * 4, [hit.passage for hit in hits]):
        seen.add(spans)
    masses: dict[int, float] = {}
    for form in seen.forms.values():
        for place in form.places:
            masses[place.index] = masses.get(place.index, 0.0) + place.mass
    assert [hit.passage.id for hit in best] == [f"p{i}" for i in sorted(masses, key=lambda i: -masses[i])]
    assert [math.exp(hit.score) for hit in best] == pytest.approx(sorted(masses.values(), reverse=True))


def test_retrieval_is_not_thrown_away():
    hits = hits_of("bridge mayor", "river mayor")
    surely = [Hit(hit.passage, hit.score, hit.rank, {"bm25": 20.0 / hit.rank}) for hit in hits]
    assert relevance(weights=Weights(bm25=0.01)).rerank(["river"], [surely], 1)[0][0].passage.id == "p1"
    assert relevance(weights=Weights(bm25=1.0)).rerank(["river"], [surely], 1)[0][0].passage.id == "p0"


def test_a_long_passage_is_cut_and_a_question_leaves_it_room():
    (question,), (text,) = TOKENIZER.encode(["river " * 100]), TOKENIZER.encode(["bridge " * 100])
    window = TOKENIZER.pair(question.ids, text.ids)
    assert len(window.ids) == 64 and window.size >= 32 and window.first == 0
    short = TOKENIZER.pair(question.ids[:3], text.ids[:4])
    (same,) = TOKENIZER.windows(question.ids[:3], text.ids[:4], 0)
    assert short.ids.tolist() == same.ids.tolist() and short.size == 4
    assert CrossEncoder(TOKENIZER, Shared()).score(["river"], [""]) == [0.0]


def test_what_was_read_is_remembered():
    reader = Sharing()
    remembering = Remembering(reader, size=3)
    passages = [hit.passage for hit in hits_of("river", "alps", "bridge", "mayor")]
    assert remembering.read(["q"] * 3, [*passages[:2], passages[0]]) == Sharing().read(
        ["q"] * 3, [*passages[:2], passages[0]]
    )
    assert remembering.read(["q", "q", "r"], passages[:3]) == Sharing().read(["q", "q", "r"], passages[:3])
    assert reader.read_pairs == [("q", "p0"), ("q", "p1"), ("r", "p2")]
    remembering.read(["q"], passages[3:])  # in place of the oldest
    remembering.read(["q", "q", "q"], [passages[1], passages[3], passages[0]])
    assert reader.read_pairs[3:] == [("q", "p3"), ("q", "p0")]
    remembering.forget()
    remembering.read(["q"], passages[3:])
    assert reader.read_pairs[5:] == [("q", "p3")]
    assert remembering.read([], []) == []


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/model", "a/b/c"])
def test_a_missing_folder(name):
    with pytest.raises(ModelError, match="no such model directory"):
        load_reranker(name)


def test_another_kind_of_model_in_the_fast_form():
    with pytest.raises(ModelError, match="holds a reader, not a reranker"):
        load_reranker(str(PRETRAINED / "reader"))


# ---- with torch


@pytest.fixture(scope="module")
def make_checkpoint(write_tiny_bert, tmp_path_factory):
    """(labels, seed) → a two-layer random BERT with a head of so many labels, whose logits differ."""

    def make(labels=1, seed=0, kind="BertForSequenceClassification"):
        folder = tmp_path_factory.mktemp("reranker")
        return write_tiny_bert(folder, kind, seed=seed, positions=64, initializer_range=0.3, num_labels=labels)

    return make


@pytest.fixture(scope="module")
def checkpoint(make_checkpoint):
    return make_checkpoint()


QUESTION = "Where does the Rhine rise?"
PASSAGES = ["In the Alps.", "1937", "The Rhine rises in Switzerland. " * 3, "Nothing of interest happened. " * 60]


def test_logits_are_those_of_transformers(checkpoint):
    import torch
    import transformers

    model = transformers.AutoModelForSequenceClassification.from_pretrained(checkpoint).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    with torch.no_grad():
        expected = [
            model(
                **tokenizer(QUESTION, text, truncation="only_second", max_length=64, return_tensors="pt")
            ).logits.item()
            for text in PASSAGES
        ]
    found = load_reranker(str(checkpoint)).score([QUESTION] * len(PASSAGES), PASSAGES)
    assert found == pytest.approx(expected, abs=1e-5) and np.ptp(expected) > 0.01


@pytest.mark.parametrize("int8", [False, True])
def test_the_fast_form_agrees_with_its_checkpoint(checkpoint, tmp_path, int8):
    from ragqa.models.export import export_reranker

    report = export_reranker(str(checkpoint), tmp_path / "fast", int8=int8)
    fast, slow = load_reranker(str(report.path)), load_reranker(str(checkpoint))
    assert report.cosine > (0.9 if int8 else 0.9999)
    assert not int8 or saturating_weights(report.path / MODEL) == []
    assert fast.tokenizer.max_length == slow.tokenizer.max_length == 64
    many = [f"{text} {number}" for number in range(6) for text in PASSAGES]
    one, other = (model.score([QUESTION] * len(many), many) for model in (fast, slow))
    assert np.corrcoef(one, other)[0, 1] > 0.85 if int8 else one == pytest.approx(other, abs=1e-4)
    card = read_card(tmp_path / "fast", "reranker")
    assert reranker_fingerprint(str(tmp_path / "fast")) == card.fingerprint and (tmp_path / "fast" / CARD).is_file()


def test_a_fast_form_that_orders_otherwise_is_refused(checkpoint, tmp_path, monkeypatch):
    from ragqa.models import conversion, export

    original = conversion._quantize

    def spoiled(graph):
        import onnx

        model = onnx.load(str(original(graph)))
        last = next(node for node in reversed(model.graph.node) if "logits" in node.output)
        last.output[0] = "upright"
        model.graph.node.append(onnx.helper.make_node("Neg", ["upright"], ["logits"]))
        onnx.save(model, str(graph))
        return graph

    monkeypatch.setattr(conversion, "_quantize", spoiled)
    with pytest.raises(ModelError, match="disagrees with its checkpoint"):
        export.export_reranker(str(checkpoint), tmp_path / "fast")


def test_fingerprints_are_of_the_weights(make_checkpoint, checkpoint):
    assert (
        reranker_fingerprint(str(checkpoint)).rpartition("-")[2]
        != (reranker_fingerprint(str(make_checkpoint(seed=1))).rpartition("-")[2])
    )
    assert reranker_fingerprint("org/name") == "org/name"


@pytest.mark.parametrize(
    ("labels", "kind", "complaint"),
    [(3, "BertForSequenceClassification", "has 3 labels"), (1, "BertForQuestionAnswering", "no trained weights")],
)
def test_models_that_are_no_rerankers(make_checkpoint, tmp_path, labels, kind, complaint):
    from ragqa.models.export import export_reranker

    folder = str(make_checkpoint(labels, kind=kind))
    for use in (load_reranker, lambda name: export_reranker(name, tmp_path / "fast")):
        with pytest.raises(ModelError, match=complaint) as caught:
            use(folder)
        assert "\n" not in str(caught.value) and folder in str(caught.value)


def test_an_empty_folder(tmp_path):
    pytest.importorskip("torch", reason="needs ragqa[train]")
    with pytest.raises(ModelError, match="cannot be loaded as a reranker") as caught:
        load_reranker(str(tmp_path))
    assert "\n" not in str(caught.value)
