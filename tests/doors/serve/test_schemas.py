"""The OpenAPI document says what replies look like, and real replies look so."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from support.served import ASK, CHUR, Running, key

jsonschema = pytest.importorskip("jsonschema", reason="needs ragqa[dev]")

COMPARED = {"question": "Which is older, the bridge of Chur or the bridge of Davos?"}


def strict(schema: Any) -> Any:
    """The schema without room for fields that it does not name."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(value) for name, value in schema.items()}
    if "properties" in closed and isinstance(closed.get("type"), str):
        closed.setdefault("additionalProperties", False)
    return closed


def check(document: dict[str, Any], method: str, path: str, reply: Any) -> None:
    """That a reply conforms to what the document says of it, and has nothing that the document does not name."""
    content = document["paths"][path][method]["responses"]["200"]["content"]["application/json"]
    whole = strict({**content["schema"], "components": document["components"]})
    jsonschema.Draft202012Validator.check_schema(whole)
    problems = [
        f"{error.json_path}: {error.message:.200}"
        for error in jsonschema.Draft202012Validator(whole).iter_errors(reply)
    ]
    assert problems == []


def replies(service: Running) -> Iterator[tuple[str, str, Any]]:
    post, get = service.post, service.client.get
    session = post("/v1/sessions", {}).json()
    yield "post", "/v1/sessions", session
    for more in ({}, {"all": True}, {"explain": True}, {"form": "excerpt"}, {"min_score": 0.99}):
        yield "post", "/v1/ask", post("/v1/ask", ASK | more).json()
    compared = post("/v1/ask", COMPARED).json()
    assert compared["parts"]
    yield "post", "/v1/ask", compared
    for question in (CHUR, "And Davos?"):
        followed = post("/v1/ask", {"question": question, "session": session["session"], "explain": True}).json()
        yield "post", "/v1/ask", followed
    assert followed["carried"] and followed["explanation"]["best"]
    yield "post", "/v1/ask/batch", post("/v1/ask/batch", {"questions": [ASK, {"question": 5}]}).json()
    yield "post", "/v1/search", post("/v1/search", ASK).json()
    text = "The bridge of Chur was built by Ilse Brandt in the year 1900. The bridge of Chur was built in 1901. Cats."
    grounded = post("/v1/ground", {"text": text}).json()
    assert any(sentence["grounds"] for sentence in grounded["sentences"])
    yield "post", "/v1/ground", grounded
    yield "get", "/v1/documents/{doc_id}", get("/v1/documents/Chur").json()
    yield "get", "/v1/info", get("/v1/info").json()
    document = {"id": "schema", "text": "A town."}
    yield "post", "/v1/documents", post("/v1/documents", {"documents": [document]}).json()
    yield "delete", "/v1/documents", service.client.request("DELETE", "/v1/documents", json={"ids": ["schema"]}).json()


def test_real_replies_conform(open_service: Running) -> None:
    document = open_service.client.get("/openapi.json").json()
    for method, path, reply in replies(open_service):
        check(document, method, path, reply)


def test_what_is_told_of_indexes_to_a_key_with_a_filter_conforms(keyed_service: Running) -> None:
    own = key(keyed_service, where=("team=a",))
    document = keyed_service.client.get("/openapi.json", headers=own).json()
    check(document, "get", "/v1/info", keyed_service.client.get("/v1/info", headers=own).json())


def test_a_reply_that_does_not_conform_is_noticed(open_service: Running) -> None:
    document = open_service.client.get("/openapi.json").json()
    reply = open_service.post("/v1/ask", ASK).json()
    for change in ({"more": 1}, {"read": -1}, {"stopped": "tired"}, {"answers": [{}]}):
        with pytest.raises(AssertionError):
            check(document, "post", "/v1/ask", copy.deepcopy(reply) | change)
