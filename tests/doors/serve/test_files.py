"""Files that are sent to be indexed."""

from __future__ import annotations

import gzip
import json
import socket
from typing import Any

import pytest
from support.pdf import write_pdf
from support.served import Running, key

httpx = pytest.importorskip("httpx", reason="needs ragqa[dev]")
FILE = {"Content-Type": "application/octet-stream"}
BRIDGE = "The bridge of Zug was built by Ilse Brandt."


def send(service: Running, name: str, content: bytes, **headers: str) -> Any:
    return service.client.post("/v1/files", params={"name": name}, content=content, headers=FILE | headers)


def count(service: Running) -> int:
    return int(service.client.get("/v1/info").json()["indexes"]["towns"]["documents"])


def delete(service: Running, *ids: str) -> None:
    service.client.request("DELETE", "/v1/documents", json={"ids": ids})


def test_a_file_is_read_and_answers_with_its_own_name(open_service):
    before = count(open_service)
    sent = send(open_service, "zug.md", f"# Zug\n\n{BRIDGE}\n".encode()).json()
    assert sent["documents"] == 1 and sent["problems"] == [] and sent["report"]["added"] == 1
    again = send(open_service, "zug.md", f"# Zug\n\n{BRIDGE}\n".encode()).json()
    assert again["generation"] == sent["generation"] and again["report"]["unchanged"] == before + 1
    asked = open_service.post("/v1/ask", {"question": "Who built the bridge of Zug?", "passages": 200}).json()
    assert asked["answers"][0]["passage"]["source"] == "zug.md" and asked["generation"] == sent["generation"]
    document = open_service.client.get("/v1/documents/zug.md").json()
    assert BRIDGE in document["text"] and document["source"] == "zug.md"
    delete(open_service, "zug.md")
    assert count(open_service) == before


def test_pages_that_a_file_no_longer_has_are_deleted(open_service, tmp_path):
    pytest.importorskip("pypdfium2", reason="needs ragqa[files]")
    before = count(open_service)
    posted = {"id": "own", "text": "Of another origin.", "source": "notes.txt"}
    open_service.post("/v1/documents", {"documents": [posted]})
    for pages, removed in ((3, 0), (1, 2)):
        write_pdf(tmp_path / "report.pdf", *([(72, 700, f"{BRIDGE} On page {page}.")] for page in range(pages)))
        sent = send(open_service, "report.pdf", (tmp_path / "report.pdf").read_bytes()).json()
        assert sent["documents"] == pages and sent["report"]["removed"] == removed, sent
        assert count(open_service) == before + 1 + pages
    broken = send(open_service, "report.pdf", b"%PDF-1.4 broken").json()
    assert broken["documents"] == 0 and broken["problems"][0]["source"] == "report.pdf"
    assert count(open_service) == before + 2  # what was there stays
    delete(open_service, "own", "report.pdf#page=1")
    assert count(open_service) == before


def test_files_that_are_not_taken(open_service, keyed_service):
    before = count(open_service)
    for name in (
        "",
        "../zug.md",
        "a/zug.md",
        "a\\zug.md",
        "/etc/zug.md",
        ".md",
        "~$zug.md",
        "zug\n.md",
        "z" * 200 + ".md",
    ):
        assert open_service.problem(send(open_service, name, b"text")) == (400, "parameter"), name
    for name in ("zug", "zug.exe", "zug.zip"):
        assert open_service.problem(send(open_service, name, b"text")) == (415, "unknown-format")
    plain = send(open_service, "zug.md", b"text", **{"Content-Type": "text/plain"})
    assert open_service.problem(plain) == (415, "media-type")
    assert open_service.problem(send(open_service, "zug.md", b" " * 60_001)) == (413, "body-too-large")

    def parts():
        for _ in range(70):
            yield b" " * 1_000

    assert open_service.problem(send(open_service, "zug.md", parts())) == (413, "body-too-large")
    assert count(open_service) == before
    assert keyed_service.problem(send(keyed_service, "zug.md", b"text")) == (401, "unauthorized")
    asks, writes = key(keyed_service, "ask", "search"), key(keyed_service, "write")
    assert keyed_service.problem(send(keyed_service, "zug.md", b"text", **asks)) == (403, "forbidden")
    assert keyed_service.problem(send(keyed_service, "zug.md", b"text", **writes)) == (403, "read-only")


def test_what_a_hostile_file_says_of_this_machine_stays_here(open_service):
    before = count(open_service)
    cut = gzip.compress(BRIDGE.encode() * 100)[:-9]
    for name, content in (("zug.md.gz", cut), ("zug.json", b'{"a":' * 9_000), ("zug.docx", b"PK\x03\x04")):
        sent = send(open_service, name, content)
        assert sent.status_code == 200 and sent.json()["documents"] == 0
        (problem,) = sent.json()["problems"]
        assert problem["source"].startswith(name) and "/" not in problem["source"]
        assert "ragqa-" not in json.dumps(problem)
    assert count(open_service) == before


def test_a_file_that_does_not_arrive(open_service):
    host, port = open_service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as caller:
        head = (
            "POST /v1/files?name=zug.md HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: application/octet-stream\r\nContent-Length: 9\r\n\r\n{"
        )
        caller.sendall(head.encode())
        assert caller.recv(12) == b"HTTP/1.1 408"
