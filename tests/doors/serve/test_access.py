"""What a key lets its owner do and see."""

from __future__ import annotations

from typing import Any

import pytest
from support.served import ASK, CHUR, key

from ragqa.serve.keys import KeyFile

BY_INDEX = ("/v1/ask/batch", "/v1/search")


def says(question: str) -> dict[str, Any]:
    """A chat in which the user asks one question."""
    return {"messages": [{"role": "user", "content": question}]}


def test_without_a_key_nothing_but_health_is_told(keyed_service):
    get, post = keyed_service.client.get, keyed_service.post
    assert get("/livez").status_code == get("/readyz").status_code == 200
    known = keyed_service.client.get("/openapi.json").json()["paths"]
    open_to_all = {"/livez", "/readyz", "/openapi.json"}
    methods = [(path, method) for path in known.keys() - open_to_all for method in known[path]]
    assert len(methods) >= 14
    answers = [keyed_service.client.request(method, path, json={}) for path, method in methods]
    for answer in (post("/v1/ask", ASK), get("/v1/documents/Chur"), *answers):
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
        keyed_service.client.request("DELETE", "/v1/documents", json={"ids": ["Chur"]}, headers=asks),
        keyed_service.post("/v1/embeddings", {"input": "a"}, headers=asks),
        keyed_service.post("/v1/rerank", {"query": "a", "documents": ["a"]}, headers=asks),
        keyed_service.post("/v1/ask/batch", {"questions": [ask]}, headers=admin),
        keyed_service.post("/v1/chat/completions", says(CHUR), headers=admin),
    ):
        assert keyed_service.problem(refused) == (403, "forbidden")
    assert keyed_service.client.get("/metrics", headers=admin).status_code == 200
    written = keyed_service.post("/v1/documents", {"documents": [], "index": "towns"}, headers=admin)
    assert keyed_service.problem(written) == (403, "read-only")
    own = key(keyed_service, "ask", "search", indexes=["others"])
    assert keyed_service.post("/v1/ask", ASK, headers=own).json()["index"] == "others"
    assert list(keyed_service.client.get("/v1/info", headers=own).json()["indexes"]) == ["others"]
    assert [each["id"] for each in keyed_service.client.get("/v1/models", headers=own).json()["data"]] == [
        "ragqa/others"
    ]
    for path, body in (
        ("/v1/chat/completions", says(CHUR)),
        ("/v1/embeddings", {"input": "a"}),
        ("/v1/rerank", {"query": "a", "documents": ["a"]}),
        ("/v1/ask/batch", {"questions": [ASK]}),
        ("/v1/search", ASK),
    ):
        index = {"model": "ragqa/towns", "index": "towns"}
        wanted = {name: value for name, value in index.items() if (name == "model") == (path not in BY_INDEX)}
        refused = keyed_service.post(path, body | wanted, headers=own)
        assert keyed_service.problem(refused) == (404, "index-not-found"), path
    assert keyed_service.client.get("/v1/documents/Chur?index=towns", headers=own).status_code == 404
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
    chat = keyed_service.post("/v1/chat/completions", says(CHUR) | {"model": "ragqa/towns"}, headers=own)
    for answer in (asked, plain, many, found, chat):
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
    assert set(get("/v1/info", headers=own).json()["indexes"]["towns"]) == {"generation", "language", "behind"}
    nowhere = key(keyed_service, where=["tenant=x"])
    assert get("/v1/documents/Chur?index=towns", headers=nowhere).status_code == 404
    nobody = key(keyed_service, where=["team=z"])
    chat = keyed_service.post("/v1/chat/completions", says(CHUR) | {"model": "ragqa/towns"}, headers=nobody).json()
    message = chat["choices"][0]["message"]
    assert message["content"].startswith("No answer was found") and message["annotations"] == []
    assert chat["ragqa"]["answered"] is False
    for headers in (own, nowhere):
        answer = keyed_service.post("/v1/ask", ASK | {"index": "towns", "where": {"none": 1}}, headers=headers)
        assert keyed_service.problem(answer) == (400, "config-error") and "team" not in answer.json()["detail"]


def test_a_key_may_ask_as_often_as_it_may(keyed_service):
    often, other = key(keyed_service, rate="3/h"), key(keyed_service)
    ask = ASK | {"index": "towns"}
    batch = {"questions": [ASK, ASK], "index": "towns"}
    for _ in range(9):
        assert keyed_service.client.get("/v1/info", headers=often).status_code == 200
    assert keyed_service.post("/v1/ask", ask, headers=often).status_code == 200
    assert keyed_service.post("/v1/ask/batch", batch, headers=often).status_code == 200
    for path, body in (("/v1/ask", ask), ("/v1/ask", ask | {"stream": True}), ("/v1/search", ask), ("/v1/ask", {})):
        refused = keyed_service.post(path, body, headers=often)
        assert keyed_service.problem(refused) == (429, "too-many-requests")
        assert 1_000 < int(refused.headers["retry-after"]) <= 1_200 and "3 requests an hour" in refused.json()["detail"]
    assert keyed_service.client.get("/v1/documents/Chur?index=towns", headers=often).status_code == 429
    assert keyed_service.post("/v1/ask", ask, headers=other).status_code == 200


def test_a_file_of_keys_that_is_damaged_lets_nobody_in_and_is_not_named(keyed_service):
    own, path = key(keyed_service), keyed_service.folder / "keys.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    try:
        answer = keyed_service.post("/v1/ask", ASK | {"index": "towns"}, headers=own)
        assert keyed_service.problem(answer) == (500, "keys-unreadable") and "keys.json" not in answer.text
    finally:
        path.write_bytes(whole)
    assert keyed_service.post("/v1/ask", ASK | {"index": "towns"}, headers=own).status_code == 200
