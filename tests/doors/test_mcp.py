"""``ragqa mcp`` with the SDK's real client: over standard input and output, over HTTP, in front of a service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

anyio = pytest.importorskip("anyio", reason="needs ragqa[mcp]")
sdk = pytest.importorskip("mcp", reason="needs ragqa[mcp]")
from mcp.client.stdio import StdioServerParameters  # noqa: E402

from ragqa.testing import HashEncoder, WordReader  # noqa: E402

ROOT = Path(__file__).parents[2]
QUESTION = "Who discovered penicillin?"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def command(*arguments):
    return [sys.executable, "-m", "ragqa", "mcp", *map(str, arguments)]


def stdio(*arguments):
    own = command(*arguments)
    return StdioServerParameters(command=own[0], args=own[1:], env=ENVIRONMENT)


def call(server, *calls):
    """The results of calls, (tool, arguments) each, and the list of tools."""

    async def run():
        async with sdk.Client(server) as client:
            tools = (await client.list_tools()).tools
            return tools, [await client.call_tool(name, arguments) for name, arguments in calls]

    return anyio.run(run)


def document(result):
    assert not result.is_error, result.content
    return result.structured_content


def test_over_standard_input_and_output(sample_index):
    where = {"where": {"kind": "x"}}
    tools, (answered, found, judged, wrong, filtered) = call(
        stdio("-i", sample_index),
        ("ask", {"question": QUESTION}),
        ("search", {"query": "penicillin", "k": 2}),
        ("ground", {"text": "Alexander Fleming discovered penicillin in 1929. Nobody drank tea."}),
        ("ask", {"question": " "}),
        ("ask", {"question": QUESTION, **where}),
    )
    assert [tool.name for tool in tools] == ["ask", "search", "fetch", "ground"]
    assert all(tool.annotations.read_only_hint and tool.output_schema and tool.description for tool in tools)
    answer = document(answered)["answers"][0]
    text = (ROOT / "corpora" / "sample" / answer["answer"]["document"]).read_text(encoding="utf-8")
    assert answer["answer"]["text"] == "Alexander Fleming" and text.splitlines()[
        answer["answer"]["line"] - 1
    ].startswith("Alexander Fleming")
    assert document(found)["next_cursor"] == "2" and len(document(found)["passages"]) == 2
    assert [one["verdict"] for one in document(judged)["sentences"]] == ["contradicted", "unsupported"]
    assert document(judged)["sentences"][0]["differences"] == ["year: the text says 1929, the document 1928"]
    assert wrong.is_error and "the question is empty" in wrong.content[0].text
    assert filtered.is_error and "kind" in filtered.content[0].text


def test_nothing_but_the_protocol_is_written_to_standard_output(sample_index):
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    sent = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "ask", "arguments": {"question": QUESTION}},
        },
    ]
    with subprocess.Popen(
        command("-i", sample_index),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as process:
        for message in sent:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
        lines = [process.stdout.readline()]
        while json.loads(lines[-1]).get("id") != 2:
            lines.append(process.stdout.readline())
        rest, errors = process.communicate()  # closes its standard input
    assert process.returncode == 0 and "Traceback" not in errors
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in [*lines, *rest.splitlines()])
    assert "Alexander Fleming" in lines[-1]


@contextmanager
def over_http(*arguments):
    with subprocess.Popen(
        command("--http", "--port", 0, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as process:
        try:
            yield process.stderr.readline().split()[-1]
            process.terminate()
            printed, _ = process.communicate(timeout=60)
            assert printed == "" and process.returncode == 0
        finally:
            process.kill()


def test_over_http_each_request_stands_for_itself(sample_index):
    httpx = pytest.importorskip("httpx", reason="needs ragqa[dev]")
    with over_http("-i", sample_index) as url:
        _, (answered,) = call(url, ("ask", {"question": QUESTION, "k": 1}))
        assert document(answered)["answers"][0]["answer"]["text"] == "Alexander Fleming"
        foreign = httpx.post(url, json={}, headers={"Host": "example.org", "Accept": "application/json"})
        assert foreign.status_code == 421, "a page that points its own name here is refused"


def test_in_front_of_a_service(tmp_path):
    pytest.importorskip("fastapi", reason="needs ragqa[serve]")
    from support.served import write
    from support.serving import serving

    from ragqa.serve.keys import KeyFile

    write(tmp_path / "towns", ("Altdorf", "a"), ("Chur", "b"))
    _, key = KeyFile(tmp_path / "keys.json").create("agent", where=["team=b"])
    with serving({"towns": tmp_path / "towns"}, keys=str(tmp_path / "keys.json")) as (url, _):
        server = stdio("--url", url)
        server.env = {**ENVIRONMENT, "RAGQA_KEY": key}
        _, (answered, hidden, seen) = call(
            server,
            ("ask", {"question": "Who built the bridge of Chur?"}),
            ("fetch", {"document": "Altdorf"}),
            ("fetch", {"document": "Chur", "start": 4, "end": 10}),
        )
        assert document(answered)["answers"] or document(answered)["nearest"]
        assert hidden.is_error and "no document 'Altdorf'" in hidden.content[0].text
        assert document(seen)["text"] == "bridge" and document(seen)["next_start"] == 10


def test_cursors_give_everything_once_and_documents_in_parts(tmp_path):
    import ragqa as api
    from ragqa.agents.mcp import make_server
    from ragqa.agents.tools import Loading, Tools

    long = api.Document("long", "The long bridge. " * 600, "Long")
    with api.Index(tmp_path / "index", encoder=HashEncoder()) as index:
        index.upsert([long, *(api.Document(f"d{n}", f"Bridge number {n}. " * 60) for n in range(9))])
    with api.Pipeline.load(tmp_path / "index", encoder=HashEncoder(), reader=WordReader()) as pipeline:
        tools = Tools(Loading(lambda: pipeline, api.Pipeline.refresh))
        server = make_server(lambda _context: tools, "x")
        seen, cursor = [], None
        while True:
            _, (found,) = call(server, ("search", {"query": "bridge", "k": 20, "cursor": cursor}))
            seen += [(one["document"], one["start"]) for one in document(found)["passages"]]
            assert len(json.dumps(found.structured_content)) < 20_000
            cursor = document(found)["next_cursor"]
            if cursor is None:
                break
        expected = [(hit.passage.doc_id, hit.passage.start) for hit in pipeline.search("bridge", 200)]
        assert seen == expected and len(set(seen)) == len(seen) > 20
        text, start = "", 0
        while start is not None:
            _, (part,) = call(server, ("fetch", {"document": "long", "start": start}))
            text, start = text + document(part)["text"], document(part)["next_start"]
        assert text == long.text
        wrong = [
            ("search", {"query": "a", "cursor": "x"}),
            ("search", {"query": "a", "k": 0}),
            ("fetch", {"document": "no"}),
        ]
        assert all(result.is_error for result in call(server, *wrong, ("ground", {"text": "a" * 20_001}))[1])
        with api.Index(tmp_path / "index", encoder=HashEncoder()) as index:
            index.delete(["long"])
        assert call(server, ("fetch", {"document": "long"}))[1][0].is_error, "the new generation is looked for"


def test_what_is_wrong_is_told_at_once(ragqa, tmp_path, sample_index):
    assert "no index here" in ragqa("mcp", "-i", tmp_path, code=4).stderr
    assert "not both" in ragqa("mcp", "-i", sample_index, "--url", "http://127.0.0.1:1", code=2).stderr
    assert "is no address" in ragqa("mcp", "--url", "nowhere", code=2).stderr
