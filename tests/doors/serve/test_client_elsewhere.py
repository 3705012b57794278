"""`ragqa.Client` where no service, or something else than a service, answers: one line says so."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import ragqa as api
from ragqa.errors import ConfigError, ServiceError


def test_where_there_is_no_service_one_line_says_so():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ServiceError) as error:
        api.Client(address).ask("Who?")
    assert str(error.value).startswith(f"{address}: cannot be reached (") and "\n" not in str(error.value)
    for wrong in ("localhost:8000", "ftp://localhost", "http://", "http://[", "http://h:99999", "http://u:p@h"):
        with pytest.raises(ConfigError, match="is no address"):
            api.Client(wrong)
    with pytest.raises(ConfigError, match="key"):
        api.Client(address, "a\r\nb")
    with pytest.raises(ConfigError, match="timeout"):
        api.Client(address, timeout=0)


@contextmanager
def answering(*responses):
    """A server that is no ragqa service: gives these (status, headers, body) in order, and the last one ever after."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, body = responses[min(len(seen), len(responses) - 1)]
            seen.append(self.headers)
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = "close" in headers.get("X-Then", "")

        do_GET = do_POST

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()


FOUND = json.dumps({"hits": []}).encode()


@pytest.mark.parametrize(
    ("response", "said"),
    [
        ((200, {}, b"<html>"), "cannot be read"),
        ((502, {}, b"bad gateway"), "status 502"),
        ((200, {}, b"{}"), "hits is missing"),
        ((200, {}, b'{"hits": [{"rank": 1}]}'), "cannot be read"),
        ((302, {"Location": "http://192.0.2.1/"}, b""), "redirects to 'http://192.0.2.1/'"),
        ((503, {"Retry-After": "99"}, b'{"detail": "full"}'), "full"),
        ((0, {}, b""), "cannot be reached"),
        ((200, {"Content-Length": "100"}, b"{"), "no answer within"),
    ],
)
def test_what_is_no_service_is_told_in_one_line(response, said):
    with (
        answering(response) as (url, _),
        api.Client(url, "secret", timeout=1) as client,
        pytest.raises(ServiceError) as error,
    ):
        client.search("Who?")
    assert said in str(error.value) and "\n" not in str(error.value) and "secret" not in str(error.value)


HITS = b'{"type": "hits", "hits": []}\n'


@pytest.mark.parametrize(
    ("response", "said"),
    [
        ((200, {}, b"<html>"), "does not end"),
        ((200, {}, b"<html>\n"), "cannot be read"),
        ((200, {}, HITS), "ends without a reply"),
        ((200, {}, HITS + b"{}\n"), "cannot be read"),
        ((200, {}, HITS + b'{"type": "error", "problem": "x"}\n'), "cannot be read"),
        ((502, {}, b"bad gateway"), "status 502"),
        ((302, {"Location": "http://192.0.2.1/"}, b""), "redirects to 'http://192.0.2.1/'"),
        ((0, {}, b""), "cannot be reached"),
        ((200, {"Content-Length": "100"}, HITS), "no answer within"),
    ],
)
def test_what_is_no_stream_is_told_in_one_line(response, said):
    with (
        answering(response) as (url, _),
        api.Client(url, "secret", timeout=1) as client,
        pytest.raises(ServiceError) as error,
    ):
        list(client.stream("Who?"))
    assert said in str(error.value) and "\n" not in str(error.value) and "secret" not in str(error.value)


PART = {"id": "a", "title": "", "source": "", "meta": {}, "line": 0, "generation": 1, "length": 9}


@pytest.mark.parametrize(
    "part",
    [
        {},
        {**PART, "start": 0, "end": 0, "text": ""},
        {**PART, "start": 4, "end": 9, "text": "later"},
        {**PART, "end": "x"},
    ],
)
def test_a_document_that_does_not_come_part_after_part_is_told_in_one_line(part):
    with (
        answering((200, {}, json.dumps(part).encode())) as (url, seen),
        api.Client(url, timeout=5) as client,
        pytest.raises(ServiceError, match="cannot be read"),
    ):
        client.get("a")
    assert len(seen) == 1


def test_a_kept_connection_that_was_closed_is_opened_again_and_a_pause_is_kept():
    responses = ((200, {"X-Then": "close"}, FOUND), (503, {"Retry-After": "0"}, b"{}"), (200, {}, FOUND))
    with answering(*responses) as (url, seen), api.Client(url, timeout=10) as client:
        assert client.search("Who?") == [] and client.search("Who?") == []
    assert len(seen) == 3
