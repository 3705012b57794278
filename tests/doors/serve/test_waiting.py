"""The queue as callers meet it: full, too slow, left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from support.served import ASK, figure, holding, release, slowly, wait_for

httpx = pytest.importorskip("httpx", reason="needs ragqa[dev]")

GONE = 'ragqa_requests_total{route="/v1/ask",status="499"}'


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
    gone = figure(open_service, GONE)
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
    wait_for(open_service, f"{GONE} {gone + 1:.0f}")
