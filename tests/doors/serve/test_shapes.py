"""Requests in the shapes of other services: chat completions, embeddings, ranks."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from support.served import ASK, CHUR, key, town

from ragqa.testing import HashEncoder

httpx = pytest.importorskip("httpx", reason="needs ragqa[dev]")


def test_a_chat_completion_cites_the_exact_place(open_service):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": CHUR}]
    body = {"model": "ragqa", "messages": messages, "temperature": 0}
    completion = open_service.post("/v1/chat/completions", body).json()
    message = completion["choices"][0]["message"]
    answers = open_service.post("/v1/ask", ASK).json()["answers"]
    assert [note["ragqa"] for note in message["annotations"]] == answers and len(answers) > 1
    for note in message["annotations"]:
        place = note["url_citation"]
        assert message["content"][place["start_index"] : place["end_index"]] == note["ragqa"]["text"]
    note = message["annotations"][0]
    citation, exact = note["url_citation"], note["ragqa"]
    assert note["type"] == "url_citation"
    url, (own, generation) = citation["url"], (completion["ragqa"], completion["ragqa"]["generation"])
    span = exact["document_span"]
    assert url == f"{open_service.url}/#i=towns&g={generation}&d=Chur&s={span['start']}&e={span['end']}"
    assert httpx.get(url).headers["content-type"].startswith("text/html")
    assert own["answered"] and own["typed"] == CHUR and own["carried"] == []
    events = open_service.post("/v1/chat/completions", body | {"stream": True}).text.split("\n\n")
    first, last = (json.loads(event.removeprefix("data: ")) for event in events[:2])
    assert first["choices"][0]["delta"] == message and last["choices"][0]["finish_reason"] == "stop"
    assert events[2:] == ["data: [DONE]", ""]
    parts = [{"type": "image_url"}, {"type": "text", "text": CHUR}]
    again = open_service.post("/v1/chat/completions", {"messages": [{"role": "user", "content": parts}]}).json()
    assert again["choices"][0]["message"] == message
    for wrong in ([], [{"role": "user"}], [{"role": "user", "content": [5]}]):
        refused = open_service.post("/v1/chat/completions", {"messages": wrong})
        assert open_service.problem(refused) == (422, "unfit-body")


def test_a_chat_goes_on_from_its_messages(open_service):
    messages = [{"role": "user", "content": CHUR}]
    first = open_service.post("/v1/chat/completions", {"messages": messages}).json()["choices"][0]["message"]
    messages += [{"role": "assistant", "content": first["content"]}, {"role": "user", "content": "And Davos?"}]
    second = open_service.post("/v1/chat/completions", {"messages": messages}).json()
    asked = "Who built the bridge of Davos?"
    assert second["ragqa"]["question"] == asked and second["ragqa"]["typed"] == "And Davos?"
    assert second["ragqa"]["carried"]
    notes = second["choices"][0]["message"]["annotations"]
    expected = open_service.post("/v1/ask", {"question": asked}).json()["answers"]
    assert [note["ragqa"] for note in notes] == expected and expected[0]["passage"]["doc_id"] == "Davos"


def test_links_have_the_address_that_browsers_have(keyed_service):
    body = {"model": "ragqa/towns", "messages": [{"role": "user", "content": CHUR}]}
    message = keyed_service.post("/v1/chat/completions", body, headers=key(keyed_service)).json()["choices"][0][
        "message"
    ]
    assert message["annotations"]
    for note in message["annotations"]:
        assert note["url_citation"]["url"].startswith("https://answers.example.org/#i=towns&")


def test_vectors_and_ranks_are_those_of_the_models(open_service):
    texts = ["The bridge of Chur", "A river"]
    answer = open_service.post("/v1/embeddings", {"input": texts, "model": "ragqa/towns"}).json()
    expected = HashEncoder().encode_questions(texts)
    assert [row["embedding"] for row in answer["data"]] == expected.tolist()
    packed = open_service.post("/v1/embeddings", {"input": texts[0], "encoding_format": "base64"}).json()
    assert np.frombuffer(base64.b64decode(packed["data"][0]["embedding"]), "<f4").tolist() == expected[0].tolist()
    documents = ["Nothing of the kind.", {"text": town("Chur", "a").text}]
    ranked = open_service.post("/v1/rerank", {"query": CHUR, "documents": documents, "return_documents": True}).json()
    assert [each["index"] for each in ranked["results"]] == [1, 0]
    assert 1 >= ranked["results"][0]["relevance_score"] > ranked["results"][1]["relevance_score"] >= 0
    assert ranked["results"][0]["document"] == documents[1]
    top = open_service.post("/v1/rerank", {"query": CHUR, "documents": documents, "top_n": 1}).json()["results"]
    assert top == [{name: ranked["results"][0][name] for name in ("index", "relevance_score")}]
    for path, body in (
        ("/v1/rerank", {"query": "a", "documents": [5]}),
        ("/v1/rerank", {"query": " ", "documents": ["a"]}),
        ("/v1/rerank", {"query": "a", "documents": ["a"] * 201}),
        ("/v1/embeddings", {"input": [[1, 2]]}),
        ("/v1/embeddings", {"input": []}),
        ("/v1/embeddings", {"input": "a", "encoding_format": "hex"}),
    ):
        assert open_service.problem(open_service.post(path, body)) == (422, "unfit-body")
    assert open_service.client.get("/v1/models").json()["data"][0]["id"] == "ragqa/towns"


def test_a_client_of_that_shape(open_service):
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=f"{open_service.url}/v1", api_key="none", max_retries=0) as client:
        asked = client.chat.completions.create(model="ragqa", messages=[{"role": "user", "content": CHUR}])
        message = asked.choices[0].message
        note = message.annotations[0]
        cited = message.content[note.url_citation.start_index : note.url_citation.end_index]
        assert cited == note.ragqa["text"] == open_service.post("/v1/ask", ASK).json()["answers"][0]["text"]
        stream = client.chat.completions.create(
            model="ragqa", messages=[{"role": "user", "content": CHUR}], stream=True
        )
        assert "".join(part.choices[0].delta.content or "" for part in stream) == message.content
        (vector,) = client.embeddings.create(model="ragqa", input=CHUR).data
        assert vector.embedding == HashEncoder().encode_questions([CHUR])[0].tolist()
        assert [model.id for model in client.models.list()] == ["ragqa/towns"]
        with pytest.raises(openai.NotFoundError):
            client.embeddings.create(model="other", input=CHUR)
