"""What a service refuses, and what it says then."""

from __future__ import annotations

import json
import socket

import pytest
from support.served import ASK


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
    assert open_service.problem(answer) == (400, "malformed-body")


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


def test_a_wrong_method_is_told_the_right_ones(open_service):
    answer = open_service.client.put("/v1/documents", json={})
    assert open_service.problem(answer) == (405, "method-not-allowed") and answer.headers["allow"] == "DELETE, POST"
    assert open_service.client.options("/v1/ask").headers["allow"] == "POST"
