"""Replies are those of the library; what goes wrong with one question takes no reply from another."""

from __future__ import annotations

import json

from support.served import ASK, CHUR, town, without_times

import ragqa as api
from ragqa.testing import HashEncoder, WordReader


def test_a_reply_is_that_of_the_library(open_service):
    with api.Pipeline.load(open_service.folder / "towns", encoder=HashEncoder(), reader=WordReader()) as pipeline:
        for settings in ({}, {"k": 1, "passages": 3}, {"where": {"team": "a"}}, {"min_score": 0.99}, {"all": True}):
            answer = open_service.post("/v1/ask", ASK | settings)
            expected = pipeline.ask(CHUR, **settings).to_dict()
            assert answer.status_code == 200 and answer.json()["index"] == "towns"
            expected["generation"] = answer.json()["generation"]
            assert without_times(answer.json()) == without_times(json.loads(json.dumps(expected)))
        found = open_service.post("/v1/search", {"question": CHUR, "k": 2}).json()
        assert found["hits"] == [hit.to_dict() for hit in pipeline.search(CHUR, 2)] and found["generation"] >= 1
        explained = open_service.post("/v1/ask", ASK | {"k": 2, "explain": True}).json()
        assert explained["explanation"] == json.loads(json.dumps(pipeline.explain(CHUR, k=2).to_dict()))


def test_in_a_batch_a_bad_question_spoils_itself_alone(open_service):
    asked = [ASK, {"question": 5}, {"question": "Who?", "risk": 7}]
    answer = open_service.post("/v1/ask/batch", {"questions": asked})
    good, *bad = answer.json()["replies"]
    assert without_times(good) == without_times(open_service.post("/v1/ask", ASK).json())
    assert [each["problem"]["status"] for each in bad] == [422, 400]
    assert "question" in bad[0]["problem"]["detail"] and "risk" in bad[1]["problem"]["detail"]
    assert open_service.post("/v1/ask/batch", {"questions": []}).json()["replies"] == []


def test_a_question_of_a_batch_that_breaks_a_model_spoils_itself_alone(open_service):
    answer = open_service.post("/v1/ask/batch", {"questions": [ASK, {"question": "breaks"}]})
    good, broken = answer.json()["replies"]
    assert without_times(good) == without_times(open_service.post("/v1/ask", ASK).json())
    assert broken["problem"]["type"].endswith("internal-error") and "secret" not in answer.text
    assert broken["problem"]["instance"].endswith(answer.headers["x-request-id"])


def test_the_text_around_a_span(open_service):
    reply = open_service.post("/v1/ask", ASK).json()["answers"][0]
    span = reply["document_span"]
    place = {"start": span["start"], "end": span["end"], "around": 5}
    document = open_service.client.get(f"/v1/documents/{reply['passage']['doc_id']}", params=place).json()
    assert document["text"][span["start"] - document["start"] :][: len(reply["text"])] == reply["text"]
    assert (document["start"], document["end"]) == (span["start"] - 5, span["end"] + 5)
    whole = open_service.client.get("/v1/documents/Chur").json()
    assert whole["text"] == town("Chur", "b").text and whole["meta"] == {"team": "b"}
    far = open_service.client.get("/v1/documents/Chur", params={"start": 10**9}).json()
    assert far["end"] == far["length"]


def test_the_openapi_document_names_bodies_that_are_taken(open_service):
    document = open_service.client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    for path, body in (("/v1/ask", "AskBody"), ("/v1/search", "SearchBody"), ("/v1/rerank", "RerankBody")):
        content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        assert content["schema"]["$ref"] == f"#/components/schemas/{body}"
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert all("application/problem+json" in each["responses"]["default"]["content"] for each in operations)
    metrics = document["paths"]["/metrics"]["get"]["responses"]["200"]["content"]
    assert open_service.client.get("/metrics").headers["content-type"].partition(";")[0] in metrics
    assert set(schemas["AskBody"]["properties"]) >= {*api.Ask.__dataclass_fields__, "explain", "timeout", "index"}
