"""The tools for agents in a service, with the SDK's real client: the same keys, filters and limits as over HTTP."""

from __future__ import annotations

import json
import signal
import threading

import pytest
from support.served import CHUR, Running, figure, holding, key, release, town, wait_for, write
from support.serving import serving

from ragqa.serve.keys import KeyFile

httpx = pytest.importorskip("httpx", reason="needs ragqa[dev]")
pytest.importorskip("fastapi", reason="needs ragqa[serve]")
anyio = pytest.importorskip("anyio", reason="needs ragqa[mcp]")
sdk = pytest.importorskip("mcp", reason="needs ragqa[mcp]")
from mcp.client.streamable_http import streamable_http_client  # noqa: E402
from mcp.shared._httpx_utils import create_mcp_http_client  # noqa: E402

ASKED = ("ask", {"question": CHUR})


@pytest.fixture(scope="module")
def tooled(tmp_path_factory):
    """Two indexes, keys and tools."""
    folder = tmp_path_factory.mktemp("tooled")
    write(folder / "towns", ("Altdorf", "a"), ("Chur", "b"), ("Davos", "b"))
    write(folder / "others", ("Ebnat", "a"))
    KeyFile(folder / "keys.json").create("first")
    more = {"keys": str(folder / "keys.json"), "tools": True, "hold": str(folder / "hold")}
    more["questions"] = str(folder / "asked.jsonl")
    with (
        serving({name: folder / name for name in ("towns", "others")}, config={"body_bytes": 60_000}, **more) as (
            url,
            process,
        ),
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield Running(client, url, process, folder)


def call(service, headers, *calls, index="towns"):
    """The names of the tools, and the results of calls, (tool, arguments) each."""

    async def run():
        async with (
            create_mcp_http_client(headers=headers) as http,
            sdk.Client(streamable_http_client(f"{service.url}/mcp?index={index}", http_client=http)) as client,
        ):
            tools = [tool.name for tool in (await client.list_tools()).tools]
            return tools, [await client.call_tool(name, arguments) for name, arguments in calls]

    return anyio.run(run)


def content(result):
    assert not result.is_error, result.content
    return result.structured_content


def said(result):
    assert result.is_error
    return result.content[0].text


def test_each_tool_gives_what_the_service_gives(tooled):
    own = key(tooled)
    text = "The bridge of Chur was built by Ilse Brandt in the year 1900. It is red."
    tools, (asked, found, fetched, grounded, none, wrong) = call(
        tooled,
        own,
        ("ask", {"question": CHUR, "k": 1, "where": {"team": "b"}}),
        ("search", {"query": CHUR, "k": 2}),
        ("fetch", {"document": "Chur", "start": 4, "end": 10}),
        ("ground", {"text": text}),
        ("fetch", {"document": "Nowhere"}),
        ("ask", {"question": CHUR, "where": {"nosuch": 1}}),
    )
    assert tools == ["ask", "search", "fetch", "ground"]
    body = {"question": CHUR, "index": "towns"}
    answer = tooled.post("/v1/ask", body | {"k": 1, "where": {"team": "b"}}, headers=own).json()["answers"][0]
    best = content(asked)["answers"][0]["answer"]
    span = answer["document_span"]
    assert (best["text"], best["document"]) == (answer["text"], answer["passage"]["doc_id"])
    assert (best["start"], best["end"]) == (span["start"], span["end"])
    assert town("Chur", "b").text[best["start"] : best["end"]] == best["text"]
    hits = tooled.post("/v1/search", body | {"k": 2}, headers=own).json()["hits"]
    assert [one["text"] for one in content(found)["passages"]] == [hit["passage"]["text"] for hit in hits]
    assert content(found)["next_cursor"] == "2" and content(fetched)["text"] == "bridge"
    sentences = tooled.post("/v1/ground", {"text": text, "index": "towns"}, headers=own).json()["sentences"]
    judged = content(grounded)["sentences"]
    assert [one["verdict"] for one in judged] == [one["verdict"] for one in sentences]
    assert "no document 'Nowhere'" in said(none) and "nosuch" in said(wrong)
    assert tooled.client.get("/v1/info", headers=own).json()["mcp"] == "/mcp"
    assert CHUR in (tooled.folder / "asked.jsonl").read_text()


def test_a_key_is_for_its_actions_indexes_and_documents(tooled):
    asks, own = key(tooled, "ask"), key(tooled, where=["team=a"])
    _, (asked, *refused) = call(
        tooled, asks, ASKED, ("search", {"query": CHUR}), ("fetch", {"document": "Chur"}), ("ground", {"text": "A b."})
    )
    assert content(asked) and not refused.pop().is_error
    assert all("needs the action search" in said(one) for one in refused)
    _, (asked, found, hidden) = call(
        tooled,
        own,
        ("ask", {"question": CHUR, "where": {"team": "b"}}),
        ("search", {"query": CHUR}),
        ("fetch", {"document": "Chur"}),
    )
    for one in (asked, found):
        assert "Chur.txt" not in json.dumps(content(one)) and "Davos" not in json.dumps(content(one))
    assert content(found)["passages"] and "no document 'Chur'" in said(hidden)
    one = key(tooled, indexes=["others"])
    for index in ("towns", "../towns"):
        assert "no such index" in said(call(tooled, one, ASKED, index=index)[1][0])
    assert content(call(tooled, one, ASKED, index="others")[1][0])["generation"] >= 1


def test_who_has_no_key_is_not_let_in(tooled):
    gone = key(tooled)
    KeyFile(tooled.folder / "keys.json").revoke(gone["Authorization"].split("_")[1])
    for headers in ({}, {"Authorization": "Bearer ragqa_0_x"}, gone, key(tooled, days=1e-9)):
        assert tooled.problem(tooled.post("/mcp", {}, headers=headers)) == (401, "unauthorized")
    for method in ("GET", "DELETE", "PUT"):
        assert tooled.problem(tooled.client.request(method, "/mcp", headers=key(tooled))) == (405, "method-not-allowed")
    large = tooled.client.post("/mcp", content=b" " * 60_001, headers=key(tooled))
    assert tooled.problem(large) == (413, "body-too-large")


def test_without_keys_only_this_machine_is_let_in(tmp_path):
    write(tmp_path / "towns", ("Chur", "a"))
    with serving({"towns": tmp_path / "towns"}, tools=True) as (url, process):
        foreign = httpx.post(f"{url}/mcp", json={}, headers={"Host": "evil.example"})
        assert foreign.status_code == 403 and foreign.json()["type"].endswith("foreign-host")
        service = Running(None, url, process, tmp_path)
        assert content(call(service, {}, ASKED)[1][0])["generation"] == 1
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == ""
    entries = [entry for entry in map(json.loads, out.splitlines()) if entry.get("index")]
    assert entries[-1]["path"] == "/mcp" and "answered" in entries[-1]


def test_rates_and_errors_are_told_to_the_agent_without_secrets(tooled):
    _, (first, second) = call(tooled, key(tooled, rate="1/d"), ASKED, ASKED)
    assert content(first) and "1 request a day" in said(second)
    _, (broken,) = call(tooled, key(tooled), ("ask", {"question": "It breaks."}))
    assert "something went wrong here" in said(broken) and "secret" not in said(broken)


def test_questions_of_agents_wait_in_the_queue_of_the_service(tooled):
    own = key(tooled, "ask", "search", "admin")
    tooled.client.headers.update(own)
    try:
        with holding(tooled):
            asked = threading.Thread(target=call, args=(tooled, own, ("ask", {"question": "Who slowly built it?"})))
            asked.start()
            wait_for(tooled, "ragqa_queue_running 1")
            assert tooled.client.get("/livez").status_code == 200
            release(tooled)
            asked.join()
        assert figure(tooled, 'ragqa_requests_total{route="/mcp",status="200"}') > 0
    finally:
        del tooled.client.headers["Authorization"]
