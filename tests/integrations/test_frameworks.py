"""Frameworks, with their real packages: a question gets an answer with the right place."""

from __future__ import annotations

import json

import pytest

import ragqa as api
from ragqa.documents import Document

TEXT = "The lighthouse stands on a rock. It was built by Ada Brandt in 1871. 🗼 Its lamp burns oil."
QUESTION = "Who built the lighthouse?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("frameworks") / "index"
    with api.Index(place, language="en") as index:
        index.upsert(
            [
                Document("light", TEXT, "Lighthouse", "light.txt", {"team": "sea"}),
                Document(
                    "bread", "The baker sells bread. Bread is made of flour.", "Bread", "bread.txt", {"team": "land"}
                ),
            ]
        )
    return place


@pytest.fixture(scope="module")
def pipeline(folder):
    with api.Pipeline.load(folder) as opened:
        yield opened


def test_langchain(folder, pipeline):
    pytest.importorskip("langchain_core", reason="needs ragqa[langchain]")
    from ragqa.integrations.langchain import RagqaRetriever

    found = RagqaRetriever(source=pipeline, answers=True, k=1).invoke(QUESTION)
    meta = found[0].metadata
    assert meta["answer"] == "Ada Brandt" == TEXT[meta["answer_start"] : meta["answer_end"]]
    assert TEXT[meta["start"] : meta["end"]] == found[0].page_content and meta["document"] == "light"
    assert meta["team"] == "sea" and 0 < meta["score"] <= 1
    passages = RagqaRetriever(source=str(folder), k=5, where={"team": "land"}).invoke(QUESTION)
    assert [one.metadata["document"] for one in passages] == ["bread"]
    assert passages[0].id == pipeline.search(QUESTION, 1, where={"team": "land"})[0].passage.id


def test_llamaindex(folder, pipeline):
    pytest.importorskip("llama_index.core", reason="needs ragqa[llamaindex]")
    from ragqa.integrations.llamaindex import RagqaRetriever

    (found,) = RagqaRetriever(pipeline, answers=True, k=1).retrieve(QUESTION)
    node = found.node
    assert TEXT[node.start_char_idx : node.end_char_idx] == node.text and node.ref_doc_id == "light"
    meta = node.metadata
    assert meta["answer"] == "Ada Brandt" == TEXT[meta["answer_start"] : meta["answer_end"]] and 0 < found.score <= 1
    passages = RagqaRetriever(folder, k=5).retrieve(QUESTION)
    assert passages[0].node.ref_doc_id == "light"
    for one in passages:
        assert one.node.end_char_idx - one.node.start_char_idx == len(one.node.text)


def test_haystack(folder, pipeline):
    haystack = pytest.importorskip("haystack", reason="needs ragqa[haystack]")
    from ragqa.integrations.haystack import RagqaReader, RagqaRetriever

    together = haystack.Pipeline()
    together.add_component("retriever", RagqaRetriever(str(folder), top_k=5))
    together.add_component("reader", RagqaReader(str(folder), top_k=1))
    together.connect("retriever.documents", "reader.documents")
    again = haystack.Pipeline.loads(together.dumps(), allowed_modules=["ragqa.integrations.haystack"])  # as YAML
    for one in (together, again):
        answer = one.run({"retriever": {"query": QUESTION}, "reader": {"query": QUESTION}})["reader"]["answers"][0]
        inside, around = answer.document_offset, answer.context_offset
        assert answer.data == "Ada Brandt" == answer.document.content[inside.start : inside.end]
        assert answer.context[around.start : around.end] == answer.data and 0 < answer.score <= 1
        assert TEXT[answer.meta["start"] : answer.meta["end"]] == answer.data and answer.meta["document"] == "light"
        json.dumps(answer.to_dict())
    expected = pipeline.ask(QUESTION, k=1).answers[0]
    assert answer.data == expected.text and answer.score == pytest.approx(expected.score, abs=1e-6)


def test_haystack_reads_documents_of_other_retrievers(pipeline):
    haystack = pytest.importorskip("haystack", reason="needs ragqa[haystack]")
    from ragqa.errors import ConfigError
    from ragqa.integrations.haystack import RagqaReader

    documents = [haystack.Document(content=TEXT), haystack.Document(content="")]
    answers = RagqaReader(pipeline, risk=0.5).run(QUESTION, documents)["answers"]
    assert not answers or TEXT[answers[0].meta["start"] : answers[0].meta["end"]] == answers[0].data
    assert RagqaReader(pipeline).run(QUESTION, [])["answers"] == []
    with pytest.raises(ConfigError, match="needs an index"):
        RagqaReader("http://127.0.0.1:1").run(QUESTION, documents)
