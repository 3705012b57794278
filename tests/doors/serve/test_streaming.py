"""A reply in lines: passages before they are read, then the reply, or what went wrong on the way."""

from __future__ import annotations

import json

import pytest
from support.served import ASK, CHUR, figure, holding, release, slowly, wait_for, without_times

httpx = pytest.importorskip("httpx", reason="needs ragqa[dev]")
STREAM = {"stream": True}
GONE = 'ragqa_requests_total{route="/v1/ask",status="499"}'


def lines(response):
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


def streaming(service, body, **more):
    return service.client.stream("POST", "/v1/ask", json=body | STREAM, **more)


def test_passages_come_while_they_are_read(open_service):
    with holding(open_service), streaming(open_service, slowly("streamed")) as response:
        assert response.status_code == 200 and response.headers["x-content-type-options"] == "nosniff"
        coming = response.iter_lines()
        hits = json.loads(next(coming))
        assert hits["type"] == "hits" and hits["index"] == "towns" and hits["hits"]
        assert figure(open_service, "ragqa_queue_running") == 1
        release(open_service)
        (reply,) = map(json.loads, coming)
    assert reply["type"] == "reply" and (reply["hits"], reply["generation"]) == (hits["hits"], hits["generation"])


def test_the_reply_is_the_one_without_a_stream(open_service):
    for settings in ({}, {"k": 1, "where": {"team": "a"}}, {"explain": True}):
        *first, last = lines(open_service.post("/v1/ask", ASK | settings | STREAM))
        assert [one["type"] for one in first] == ([] if "explain" in settings else ["hits"])
        expected = without_times(open_service.post("/v1/ask", ASK | settings).json())
        assert without_times(last) == expected | {"type": "reply"}


def test_follow_up_questions_come_in_lines_too(open_service):
    session = open_service.post("/v1/sessions", {}).json()["session"]
    open_service.post("/v1/ask", ASK | {"session": session} | STREAM)
    hits, reply = lines(open_service.post("/v1/ask", {"question": "And Davos?", "session": session} | STREAM))
    assert reply["question"] == CHUR.replace("Chur", "Davos") and reply["typed"] == "And Davos?"
    assert reply["hits"] == hits["hits"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"question": " "}, (422, "question-error")),
        (ASK | {"where": {"other": "a"}}, (400, "config-error")),
        (ASK | {"stream": "yes"}, (422, "unfit-body")),
        (ASK | {"session": "none"}, (404, "session-not-found")),
    ],
)
def test_what_is_wrong_before_the_first_line_is_a_problem(open_service, body, expected):
    assert open_service.problem(open_service.post("/v1/ask", STREAM | body)) == expected


def test_what_goes_wrong_later_is_the_last_line(open_service):
    response = open_service.post("/v1/ask", {"question": "breaks"} | STREAM)
    hits, error = lines(response)
    assert (response.status_code, hits["type"], error["type"]) == (200, "hits", "error")
    assert error["problem"]["type"].endswith("internal-error") and "secret" not in response.text
    assert error["problem"]["instance"].endswith(response.headers["x-request-id"])
    with holding(open_service):
        late = open_service.post("/v1/ask", slowly("too late", timeout=0.3) | STREAM)
    assert [one["type"] for one in lines(late)] == ["hits", "error"]
    assert lines(late)[1]["problem"]["status"] == 504


def test_who_leaves_a_stream_is_forgotten(open_service):
    before = figure(open_service, 'ragqa_replies_total{index="towns",answered="true"}')
    gone = figure(open_service, GONE)
    with holding(open_service):
        with streaming(open_service, slowly("left")) as response:
            next(response.iter_lines())
        wait_for(open_service, f"{GONE} {gone + 1:.0f}")
    wait_for(open_service, "ragqa_queue_running 0")
    assert figure(open_service, 'ragqa_replies_total{index="towns",answered="true"}') == before
