"""Follow-up questions over HTTP."""

from __future__ import annotations

import pytest
from support.served import ASK, key

pytest.importorskip("httpx", reason="needs ragqa[dev]")


def test_a_question_is_completed_with_those_before(open_service):
    post = open_service.post
    session = post("/v1/sessions", {}).json()
    assert session["index"] == "towns" and session["seconds"] > 0
    first = post("/v1/ask", ASK | {"session": session["session"]}).json()
    assert first["question"] == first["typed"] == ASK["question"] and first["carried"] == []
    second = post("/v1/ask", {"question": "And Davos?", "session": session["session"]}).json()
    assert second["typed"] == "And Davos?" and second["question"] == "Who built the bridge of Davos?"
    assert second["answers"][0]["passage"]["doc_id"] == "Davos" and second["carried"]
    other = post("/v1/sessions", {}).json()["session"]
    alone = post("/v1/ask", {"question": "And Davos?", "session": other}).json()
    assert alone["question"] == "And Davos?"
    wrong = post("/v1/ask", ASK | {"session": other, "index": "others"})
    assert open_service.problem(wrong) == (400, "other-index")
    end = open_service.client.delete
    assert end(f"/v1/sessions/{other}").json() == {"ended": True}
    assert end(f"/v1/sessions/{other}").json() == {"ended": False}
    for gone in (other, "", "../towns"):
        assert open_service.problem(post("/v1/ask", ASK | {"session": gone})) == (404, "session-not-found")
    for unfit in ("  ", "a" * 2_001):
        refused = post("/v1/ask", {"question": unfit, "session": session["session"]})
        assert open_service.problem(refused) == (422, "question-error")
    explained = post("/v1/ask", ASK | {"session": session["session"], "explain": True}).json()
    assert explained["explanation"]["best"]["text"] == explained["answers"][0]["text"]


def test_a_session_is_for_its_key_alone(keyed_service):
    one, other = key(keyed_service), key(keyed_service)
    body = {"index": "towns"}
    session = keyed_service.post("/v1/sessions", body, headers=one).json()["session"]
    assert keyed_service.post("/v1/ask", ASK | {"session": session}, headers=one).status_code == 200
    refused = keyed_service.post("/v1/ask", ASK | {"session": session}, headers=other)
    assert keyed_service.problem(refused) == (404, "session-not-found")
    assert keyed_service.client.delete(f"/v1/sessions/{session}", headers=other).json() == {"ended": False}
    search = key(keyed_service, "search")
    assert keyed_service.problem(keyed_service.post("/v1/sessions", body, headers=search)) == (403, "forbidden")
    own = key(keyed_service, indexes=["others"])
    assert keyed_service.problem(keyed_service.post("/v1/sessions", body, headers=own)) == (404, "index-not-found")
