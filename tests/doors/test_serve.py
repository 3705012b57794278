"""The service as its callers have it: real processes on a free port, a real client, and models that cost nothing."""

from __future__ import annotations

import base64
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import numpy as np
import pytest

httpx = pytest.importorskip("httpx", reason="needs ragqa[dev]")
pytest.importorskip("fastapi", reason="needs ragqa[serve]")

from support.serving import serving, started  # noqa: E402

import ragqa as api  # noqa: E402
from ragqa.config import IndexConfig, SplitConfig  # noqa: E402
from ragqa.index.writer import upsert  # noqa: E402
from ragqa.serve.keys import KeyFile  # noqa: E402
from ragqa.testing import HashEncoder, WordReader  # noqa: E402
from ragqa.types import Document  # noqa: E402

CONFIG = IndexConfig(split=SplitConfig(words=12))
CHUR = "Who built the bridge of Chur?"
ASK = {"question": CHUR}
SETTINGS = {
    "queue": 2,
    "batch": 2,
    "timeout": 5.0,
    "refresh": 0.1,
    "body_bytes": 60_000,
    "body_seconds": 0.3,
    "questions": 3,
}


def town(name: str, team: str) -> Document:
    text = f"The bridge of {name} was built by Ilse Brandt in the year 1900. It leads over the river."
    return Document(name, text, name, f"{name}.txt", {"team": team})


def write(place: Path, *towns: tuple[str, str]) -> None:
    upsert(place, CONFIG, HashEncoder(), [town(name, team) for name, team in towns])


@dataclass
class Running:
    """A service that runs."""

    client: Any
    url: str
    process: Popen[str]
    folder: Path

    def post(self, path: str, body: Any, **more: Any) -> Any:
        return self.client.post(path, json=body, **more)

    def problem(self, response: Any) -> tuple[int, str]:
        """Status and kind of a problem, which says no more than it should."""
        content = response.json()
        assert response.headers["content-type"] == "application/problem+json" and content["status"] == (
            response.status_code
        )
        assert {"type", "title", "status", "detail", "instance"} == set(content)
        assert "Traceback" not in response.text and str(self.folder) not in response.text
        assert content["instance"].endswith(response.headers["x-request-id"])
        return response.status_code, content["type"].rpartition(":")[2]


@pytest.fixture(scope="module")
def open_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One index, no keys, writable, with a queue of two."""
    folder = tmp_path_factory.mktemp("service")
    write(folder / "towns", ("Altdorf", "a"), ("Brunnen", "a"), ("Chur", "b"), ("Davos", "b"))
    with (
        serving({"towns": folder / "towns"}, config={**SETTINGS, "writable": True}, hold=str(folder / "hold")) as (
            url,
            process,
        ),
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield Running(client, url, process, folder)


@pytest.fixture(scope="module")
def keyed_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Two indexes and keys, read-only."""
    folder = tmp_path_factory.mktemp("keyed")
    write(folder / "towns", ("Altdorf", "a"), ("Brunnen", "a"), ("Chur", "b"), ("Davos", "b"))
    write(folder / "others", ("Ebnat", "a"))
    KeyFile(folder / "keys.json").create("first")
    indexes = {name: folder / name for name in ("towns", "others")}
    with (
        serving(indexes, keys=str(folder / "keys.json")) as (url, process),
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield Running(client, url, process, folder)


def key(service: Running, *actions: str, **more: Any) -> dict[str, str]:
    """The headers of a new key."""
    _, token = KeyFile(service.folder / "keys.json").create("test", actions or ("ask", "search"), **more)
    return {"Authorization": f"Bearer {token}"}


def without_times(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in ("index", "timings")}


def test_a_reply_is_that_of_the_library(open_service):
    with api.Pipeline.load(open_service.folder / "towns", encoder=HashEncoder(), reader=WordReader()) as pipeline:
        for settings in ({}, {"k": 1, "passages": 3}, {"where": {"team": "a"}}, {"min_score": 0.99}, {"all": True}):
            answer = open_service.post("/v1/ask", ASK | settings)
            expected = pipeline.ask(CHUR, **settings).to_dict()
            assert answer.status_code == 200 and answer.json()["index"] == "towns"
            expected["generation"] = answer.json()["generation"]
            assert without_times(answer.json()) == without_times(json.loads(json.dumps(expected)))
        found = open_service.post("/v1/search", {"question": CHUR, "k": 2}).json()
        assert found["hits"] == [hit.to_dict() for hit in pipeline.search(CHUR, 2)] and found["generation"] >= 1
    assert (
        "stages" in str(open_service.post("/v1/ask", ASK | {"explain": True}).json()["explanation"])
        or (open_service.post("/v1/ask", ASK | {"explain": True}).json()["explanation"])
    )


def test_in_a_batch_a_bad_question_spoils_itself_alone(open_service):
    asked = [ASK, {"question": 5}, {"question": "Who?", "risk": 7}]
    answer = open_service.post("/v1/ask/batch", {"questions": asked})
    good, *bad = answer.json()["replies"]
    assert without_times(good) == without_times(open_service.post("/v1/ask", ASK).json())
    assert [each["problem"]["status"] for each in bad] == [422, 400]
    assert "question" in bad[0]["problem"]["detail"] and "risk" in bad[1]["problem"]["detail"]
    assert open_service.post("/v1/ask/batch", {"questions": []}).json()["replies"] == []


def test_the_text_around_a_span(open_service):
    reply = open_service.post("/v1/ask", ASK).json()["answers"][0]
    span = reply["document_span"]
    place = {"start": span["start"], "end": span["end"], "around": 5}
    document = open_service.client.get(f"/v1/documents/{reply['passage']['doc_id']}", params=place).json()
    assert document["text"][span["start"] - document["start"] :][: len(reply["text"])] == reply["text"]
    assert (document["start"], document["end"]) == (span["start"] - 5, span["end"] + 5)
    whole = open_service.client.get("/v1/documents/Chur").json()
    assert whole["text"] == town("Chur", "b").text and whole["meta"] == {"team": "b"}
    far = open_service.client.get("/v1/documents/Chur", params={"start": 10**9}).json()
    assert far["end"] == far["length"]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/v1/ask", {}, (422, "unfit-body")),
        ("/v1/ask", {"question": ["a"]}, (422, "unfit-body")),
        ("/v1/ask", ASK | {"other": 1}, (422, "unfit-body")),
        ("/v1/ask", {"question": "  "}, (422, "question-error")),
        ("/v1/ask", {"question": "a" * 2_001}, (422, "question-error")),
        ("/v1/ask", ASK | {"k": 0}, (400, "config-error")),
        ("/v1/ask", ASK | {"k": 10**30}, (400, "config-error")),
        ("/v1/ask", ASK | {"passages": 201}, (400, "config-error")),
        ("/v1/ask", ASK | {"where": {"team": {"like": "a"}}}, (400, "config-error")),
        ("/v1/ask", ASK | {"where": {"other": "a"}}, (400, "config-error")),
        ("/v1/ask", ASK | {"timeout": 0}, (400, "timeout")),
        ("/v1/ask", ASK | {"timeout": 6}, (400, "timeout")),
        ("/v1/ask", ASK | {"index": "../towns"}, (404, "index-not-found")),
        ("/v1/ask", {"question": "breaks"}, (500, "internal-error")),
        ("/v1/ask/batch", {"questions": [ASK] * 4}, (413, "batch-too-large")),
        ("/v1/search", ASK | {"k": 201}, (400, "config-error")),
        ("/v1/documents", {"documents": [{"id": "", "text": "a"}]}, (422, "unfit-document")),
        ("/v1/nothing", {}, (404, "not-found")),
        ("/v1/info", {}, (405, "method-not-allowed")),
    ],
)
def test_what_cannot_be_done_is_a_problem(open_service, path, body, expected):
    assert open_service.problem(open_service.post(path, body)) == expected


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"question": NaN}', b"\xff", b'{"a":' * 5_000, b'"\\ud800"'])
def test_malformed_bodies(open_service, content):
    headers = {"Content-Type": "application/json"}
    answer = open_service.client.post("/v1/ask", content=content, headers=headers)
    assert open_service.problem(answer) in ((400, "malformed-body"), (413, "body-too-large"))


def test_bodies_that_are_not_taken(open_service):
    headers = {"Content-Type": "application/json"}

    def parts():
        for _ in range(70):
            yield b" " * 1_000

    post = open_service.client.post
    assert open_service.problem(post("/v1/ask", content=b" " * 60_001, headers=headers)) == (413, "body-too-large")
    assert open_service.problem(post("/v1/ask", content=parts(), headers=headers)) == (413, "body-too-large")
    form = post("/v1/ask", content=json.dumps(ASK), headers={"Content-Type": "text/plain"})
    assert open_service.problem(form) == (415, "media-type")
    half = post("/v1/ask", content=b'{"question": "\\ud800 bridge"}', headers=headers)
    assert half.status_code == 200 and half.json()["question"] == "? bridge"


def test_a_body_that_does_not_arrive(open_service):
    host, port = open_service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as caller:
        head = (
            "POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        caller.sendall(head.encode())
        assert caller.recv(12) == b"HTTP/1.1 408"


def test_paths_and_headers_that_try_something(open_service):
    get = open_service.client.get
    for path in (
        "/v1/documents/..%2f..%2fetc%2fpasswd",
        "/v1/documents/%00",
        "/v1/documents/%ff%fe",
        "/v1/documents//",
    ):
        assert open_service.problem(get(path)) == (404, "document-not-found")
    for value in ("-1", "1e3", "9" * 13, "٣"):
        assert open_service.problem(get("/v1/documents/Chur", params={"start": value})) == (400, "parameter")
    mine = get("/livez", headers={"X-Request-ID": "abc-1"})
    assert mine.headers["x-request-id"] == "abc-1"
    assert get("/livez", headers={"X-Request-ID": "a b<script>"}).headers["x-request-id"] != "a b<script>"
    assert open_service.problem(get("/v1/info", headers={"Host": "evil.example"})) == (403, "foreign-host")
    assert get("/v1/info", headers={"Host": "localhost:1"}).status_code == 200
    headers = get("/livez").headers
    assert headers["x-content-type-options"] == "nosniff" and "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store" and "server" not in headers


def slowly(number: object, **more: Any) -> dict[str, Any]:
    return {"question": f"Who slowly built bridge {number}?", **more}


def test_a_full_queue(open_service):
    """While the worker is busy, two questions may wait; equal ones are asked once; health is told all the time."""
    with ThreadPoolExecutor(4) as pool, holding(open_service):
        waiting = [pool.submit(open_service.post, "/v1/ask", slowly(0))]
        wait_for(open_service, "ragqa_queue_running 1")
        waiting += [pool.submit(open_service.post, "/v1/ask", slowly(each)) for each in (1, 2)]
        wait_for(open_service, "ragqa_queue_waiting 2")
        assert open_service.client.get("/readyz").status_code == 503
        shared = figure(open_service, "ragqa_questions_shared_total")
        waiting.append(pool.submit(open_service.post, "/v1/ask", slowly(2)))
        wait_for(open_service, f"ragqa_questions_shared_total {shared + 1:.0f}")
        for full in (
            open_service.post("/v1/ask", slowly(3)),
            open_service.post("/v1/search", ASK),
            open_service.post("/v1/ask/batch", {"questions": [ASK]}),
        ):
            assert open_service.problem(full) == (503, "busy") and full.headers["retry-after"] == "1"
        assert open_service.client.get("/livez").json() == {"live": True}
        assert open_service.client.get("/v1/documents/Chur").status_code == 200
        release(open_service)
        replies = [each.result() for each in waiting]
    assert [reply.status_code for reply in replies] == [200] * 4
    assert replies[2].json() == replies[3].json()  # even the times are the same
    assert open_service.client.get("/readyz").status_code == 200


def test_who_waits_too_long_or_has_gone_is_forgotten(open_service):
    with ThreadPoolExecutor(1) as pool, holding(open_service):
        first = pool.submit(open_service.post, "/v1/ask", slowly(10))
        wait_for(open_service, "ragqa_queue_running 1")
        late = open_service.post("/v1/ask", slowly("late", timeout=0.1))
        assert open_service.problem(late) == (504, "deadline")
        with pytest.raises(httpx.ReadTimeout):
            open_service.post("/v1/ask", slowly("gone"), timeout=0.1)
        wait_for(open_service, "ragqa_queue_waiting 0")
        assert not first.done()
        before = figure(open_service, 'ragqa_replies_total{index="towns",answered="true"}')
        release(open_service)
        assert first.result().json()["answered"]
    assert figure(open_service, 'ragqa_replies_total{index="towns",answered="true"}') == before + 1
    wait_for(open_service, 'ragqa_requests_total{route="/v1/ask",status="499"} 1')


@contextmanager
def holding(service: Running) -> Iterator[None]:
    """Questions that are asked slowly wait, until `release` or the end."""
    (service.folder / "hold").touch()
    try:
        yield
    finally:
        release(service)


def release(service: Running) -> None:
    (service.folder / "hold").unlink(missing_ok=True)


def figure(service: Running, name: str) -> float:
    lines = service.client.get("/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.rpartition(" ")[0] == name)


def wait_for(service: Running, line: str) -> None:
    end = time.monotonic() + 60
    while line not in service.client.get("/metrics").text.splitlines():
        assert time.monotonic() < end, line


def test_documents_come_and_go_while_questions_are_answered(open_service):
    ask = {"question": "Who built the bridge of Zug?", "passages": 200}
    stop, statuses, generations = threading.Event(), [], []

    def asking():
        with httpx.Client(base_url=open_service.url, timeout=60) as client:
            while not stop.is_set():
                answer = client.post("/v1/ask", json=ask)
                statuses.append(answer.status_code)
                generations.append(answer.json()["generation"])

    thread = threading.Thread(target=asking)
    thread.start()
    try:
        given = {"id": "Zug", "text": town("Zug", "c").text, "title": "Zug", "meta": {"team": "c"}}
        before = open_service.client.get("/v1/info").json()["indexes"]["towns"]
        added = open_service.post("/v1/documents", {"documents": [given]}).json()
        assert added["report"]["added"] == 1 and added["generation"] == before["generation"] + 1
        reply = open_service.post("/v1/ask", ask).json()
        assert reply["generation"] == added["generation"]
        assert reply["answers"][0]["passage"]["doc_id"] == "Zug"
        again = open_service.post("/v1/documents", {"documents": [given]}).json()
        assert again["generation"] == added["generation"] and again["report"]["added"] == 0
        write(open_service.folder / "towns", ("Wil", "c"))  # by another process, as far as the service knows
        until(open_service, added["generation"] + 1)
        gone = open_service.client.request("DELETE", "/v1/documents", json={"where": {"team": "c"}}).json()
        assert gone["deleted"] == 2
        assert open_service.client.get("/v1/documents/Zug").status_code == 404
        assert open_service.client.request("DELETE", "/v1/documents", json={"ids": ["Zug"]}).json()["deleted"] == 0
    finally:
        stop.set()
        thread.join()
    assert set(statuses) == {200} and generations == sorted(generations) and len(set(generations)) > 1
    nothing = open_service.client.request("DELETE", "/v1/documents", json={})
    assert open_service.problem(nothing) == (422, "unfit-body")


def until(service: Running, generation: int) -> None:
    end = time.monotonic() + 60
    while service.client.get("/v1/info").json()["indexes"]["towns"]["generation"] < generation:
        assert time.monotonic() < end


def test_the_openapi_document_names_bodies_that_are_taken(open_service):
    document = open_service.client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    for path, body in (("/v1/ask", "AskBody"), ("/v1/search", "SearchBody"), ("/v1/rerank", "RerankBody")):
        content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        assert content["schema"]["$ref"] == f"#/components/schemas/{body}"
    assert set(schemas["AskBody"]["properties"]) >= {*api.Ask.__dataclass_fields__, "explain", "timeout", "index"}


def test_a_chat_completion_cites_the_exact_place(open_service):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": CHUR}]
    body = {"model": "ragqa", "messages": messages, "temperature": 0}
    completion = open_service.post("/v1/chat/completions", body).json()
    message = completion["choices"][0]["message"]
    (note,) = message["annotations"]
    citation, exact = note["url_citation"], note["ragqa"]
    expected = open_service.post("/v1/ask", ASK).json()["answers"][0]
    assert exact == expected and note["type"] == "url_citation"
    assert message["content"][citation["start_index"] : citation["end_index"]] == expected["text"]
    document = httpx.get(citation["url"]).json()
    span = exact["document_span"]
    assert document["text"][span["start"] - document["start"] : span["end"] - document["start"]] == expected["text"]
    assert completion["ragqa"]["answered"] and completion["ragqa"]["generation"] == document["generation"]
    events = open_service.post("/v1/chat/completions", body | {"stream": True}).text.split("\n\n")
    first, last = (json.loads(event.removeprefix("data: ")) for event in events[:2])
    assert first["choices"][0]["delta"] == message and last["choices"][0]["finish_reason"] == "stop"
    assert events[2:] == ["data: [DONE]", ""]
    nothing = body | {"messages": [{"role": "user", "content": [{"type": "text", "text": "xyzzy?"}]}]}
    unsure = open_service.post("/v1/chat/completions", nothing).json()["choices"][0]["message"]
    assert bool(unsure["annotations"]) != unsure["content"].startswith("No answer")
    for wrong in ([], [{"role": "user"}], [{"role": "user", "content": [5]}]):
        refused = open_service.post("/v1/chat/completions", {"messages": wrong})
        assert open_service.problem(refused) == (422, "unfit-body")


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
        (note,) = message.annotations
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


def test_without_a_key_nothing_but_health_is_told(keyed_service):
    get, post = keyed_service.client.get, keyed_service.post
    assert get("/livez").status_code == get("/readyz").status_code == 200
    for answer in (post("/v1/ask", ASK), get("/v1/info"), get("/metrics"), get("/v1/documents/Chur")):
        assert keyed_service.problem(answer) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
    for wrong in ("Bearer", "Bearer x", "Basic eDp5", "Bearer ragqa_0_", "bearer ragqa__"):
        answer = post("/v1/ask", ASK, headers={"Authorization": wrong})
        assert keyed_service.problem(answer) == (401, "unauthorized")


def test_keys_that_are_wrong_over_or_revoked(keyed_service):
    good = key(keyed_service)
    ask = ASK | {"index": "towns"}
    assert keyed_service.post("/v1/ask", ask, headers=good).status_code == 200
    wrong = {"Authorization": good["Authorization"][:-1]}
    over = key(keyed_service, days=1e-9)
    KeyFile(keyed_service.folder / "keys.json").revoke(good["Authorization"].split("_")[1])
    for headers in (wrong, over, good):
        assert keyed_service.problem(keyed_service.post("/v1/ask", ask, headers=headers)) == (401, "unauthorized")


def test_a_key_is_for_its_actions_and_indexes(keyed_service):
    asks, admin = key(keyed_service, "ask"), key(keyed_service, "admin", "write")
    ask = ASK | {"index": "towns"}
    assert keyed_service.post("/v1/ask", ask, headers=asks).status_code == 200
    for refused in (
        keyed_service.post("/v1/search", ask, headers=asks),
        keyed_service.client.get("/metrics", headers=asks),
        keyed_service.client.get("/v1/documents/Chur?index=towns", headers=asks),
        keyed_service.post("/v1/ask", ask, headers=admin),
        keyed_service.post("/v1/documents", {"documents": []}, headers=asks),
    ):
        assert keyed_service.problem(refused) == (403, "forbidden")
    assert keyed_service.client.get("/metrics", headers=admin).status_code == 200
    written = keyed_service.post("/v1/documents", {"documents": [], "index": "towns"}, headers=admin)
    assert keyed_service.problem(written) == (403, "read-only")
    own = key(keyed_service, "ask", indexes=["others"])
    assert keyed_service.post("/v1/ask", ASK, headers=own).json()["index"] == "others"
    assert list(keyed_service.client.get("/v1/info", headers=own).json()["indexes"]) == ["others"]
    foreign, none = (keyed_service.post("/v1/ask", ASK | {"index": each}, headers=own) for each in ("towns", "no"))
    assert keyed_service.problem(foreign) == keyed_service.problem(none) == (404, "index-not-found")
    assert foreign.json()["detail"] == none.json()["detail"]
    both = keyed_service.post("/v1/ask", ASK, headers=asks)
    assert keyed_service.problem(both) == (400, "index-missing") and "others, towns" in both.json()["detail"]


@pytest.mark.parametrize(
    "where",
    [
        None,
        {},
        {"team": "b"},
        {"team": {"ne": "a"}},
        {"team": {"in": ["a", "b"]}},
        {"meta.team": "b"},
        {"team": {"exists": True}},
    ],
)
def test_the_filter_of_a_key_holds_whatever_is_asked(keyed_service, where):
    own = key(keyed_service, where=["team=a"])
    more = {"index": "towns"} | ({} if where is None else {"where": where})
    asked = keyed_service.post("/v1/ask", ASK | more | {"explain": True}, headers=own)
    plain = keyed_service.post("/v1/ask", ASK | more, headers=own)
    many = keyed_service.post("/v1/ask/batch", {"questions": [ASK | {"where": where}], "index": "towns"}, headers=own)
    found = keyed_service.post("/v1/search", ASK | more, headers=own)
    for answer in (asked, plain, many, found):
        assert answer.status_code == 200
        assert "Chur.txt" not in answer.text and "Davos" not in answer.text
    assert ("Altdorf" in found.text) == (where in (None, {}, {"team": {"in": ["a", "b"]}}, {"team": {"exists": True}}))


def test_what_a_key_may_not_see_is_not_there(keyed_service):
    own, all_keys = key(keyed_service, where=["team=a"]), key(keyed_service)
    get = keyed_service.client.get
    assert get("/v1/documents/Altdorf?index=towns", headers=own).json()["id"] == "Altdorf"
    assert get("/v1/documents/Chur?index=towns", headers=all_keys).json()["id"] == "Chur"
    hidden, none = (get(f"/v1/documents/{name}?index=towns", headers=own) for name in ("Chur", "Nowhere"))
    assert keyed_service.problem(hidden) == keyed_service.problem(none) == (404, "document-not-found")
    assert hidden.json()["detail"] == none.json()["detail"]
    assert set(get("/v1/info", headers=own).json()["indexes"]["towns"]) == {"generation", "language"}
    nowhere = key(keyed_service, where=["tenant=x"])
    assert get("/v1/documents/Chur?index=towns", headers=nowhere).status_code == 404
    for headers in (own, nowhere):
        answer = keyed_service.post("/v1/ask", ASK | {"index": "towns", "where": {"none": 1}}, headers=headers)
        assert keyed_service.problem(answer) == (400, "config-error") and "team" not in answer.json()["detail"]


def test_the_log_has_a_line_a_request_without_questions_or_keys(tmp_path):
    write(tmp_path / "towns", ("Chur", "a"))
    _, token = KeyFile(tmp_path / "keys.json").create("ops", ["ask", "admin"])
    (tmp_path / "hold").touch()
    given = {"keys": str(tmp_path / "keys.json"), "hold": str(tmp_path / "hold")}
    with serving({"towns": tmp_path / "towns"}, **given) as (url, process):
        headers = {"Authorization": f"Bearer {token}", "X-Request-ID": "mine"}
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(httpx.post, f"{url}/v1/ask", json=slowly("Chur"), headers=headers, timeout=60)
            with httpx.Client(base_url=url, headers=headers) as client:
                wait_for(Running(client, url, process, tmp_path), "ragqa_queue_running 1")
            process.send_signal(signal.SIGTERM)  # while it is answered
            (tmp_path / "hold").unlink()
            assert asked.result().status_code == 200
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == ""
    (entry,) = (entry for entry in map(json.loads, out.splitlines()) if entry["path"] != "/metrics")
    assert (entry["id"], entry["path"], entry["status"], entry["index"]) == ("mine", "/v1/ask", 200, "towns")
    assert entry["key"] == token.split("_")[1] and entry["ms"] > 0 and "answered" in entry
    assert "slowly" not in out and token not in out


def test_the_command_serves_the_packaged_models(tmp_path, ragqa):
    import sys

    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "tea.md").write_text("# Tea\n\nTea came to the citadel by ship in 1657.")
    ragqa("index", folder, "-o", tmp_path / "kb", "-q")
    asked = json.loads(ragqa("ask", "When did tea come?", "-i", tmp_path / "kb", "--json").stdout)
    command = [sys.executable, "-m", "ragqa", "serve", "-i", str(tmp_path / "kb"), "--port", "0"]
    with started(command) as process:
        assert process.stderr is not None
        told = process.stderr.readline().strip()
        assert told.startswith("serving kb at http://127.0.0.1:"), told
        reply = httpx.post(f"{told.split()[-1]}/v1/ask", json={"question": "When did tea come?"}, timeout=60).json()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == "" and json.loads(out)["status"] == 200
    assert without_times(reply) == without_times(asked) and reply["answers"][0]["text"] == "1657"


def test_what_the_command_refuses(tmp_path, ragqa, monkeypatch):
    write(tmp_path / "kb", ("Chur", "a"))
    write(tmp_path / "more" / "kb", ("Chur", "a"))
    serve = ("serve", "-i", tmp_path / "kb")
    assert "other machines could ask" in ragqa(*serve, "--host", "0.0.0.0", code=2).stderr
    assert "holds no key" in ragqa(*serve, "--keys", tmp_path / "none.json", code=2).stderr
    assert "two indexes named kb" in ragqa(*serve, "-i", tmp_path / "more" / "kb", code=2).stderr
    ragqa("serve", "-i", tmp_path / "nothing", code=4)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'ragqa[serve]'" in ragqa(*serve, code=9).stderr


def test_a_port_that_is_taken(tmp_path, ragqa):
    (tmp_path / "a.txt").write_text("Tea came in 1657.")
    ragqa("index", tmp_path / "a.txt", "-o", tmp_path / "kb", "-q")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = ragqa("serve", "-i", tmp_path / "kb", "--port", taken.getsockname()[1], code=2)
    assert "cannot listen there" in done.stderr


def test_keys_on_the_command_line(tmp_path, ragqa):
    at = ("--keys", tmp_path / "keys.json")
    made = ragqa("keys", "create", "ops", "--action", "ask", "--where", "team=ops", "--index", "kb", "--days", 2, *at)
    token = made.stdout.strip()
    key_id = token.split("_")[1]
    shown = ragqa("keys", "list", *at).stdout
    assert shown.startswith(f"{key_id}  ops: ask; indexes kb; where team=ops; until ")
    (listed,) = json.loads(ragqa("keys", "list", "--json", *at).stdout)
    assert listed["id"] == key_id and "hash" not in listed
    assert KeyFile(tmp_path / "keys.json").find(token) is not None
    ragqa("keys", "revoke", key_id, *at)
    assert "no keys" in ragqa("keys", "list", *at).stderr
    ragqa("keys", "revoke", key_id, *at, code=3)
    ragqa("keys", "create", " ", *at, code=2)
    ragqa("keys", "create", "x", "--where", "team", *at, code=2)
