"""Documents that come and go while questions are answered."""

from __future__ import annotations

import shutil
import threading
import time

import pytest
from support.served import Running, town, write
from support.serving import serving

httpx = pytest.importorskip("httpx", reason="needs ragqa[dev]")


def test_documents_come_and_go_while_questions_are_answered(open_service):
    ask = {"question": "Who built the bridge of Zug?", "passages": 200}
    stop, statuses, generations = threading.Event(), [], []

    def asking():
        with httpx.Client(base_url=open_service.url, timeout=60) as client:
            while not stop.is_set():
                answer = client.post("/v1/ask", json=ask)
                statuses.append(answer.status_code)
                generations.append(answer.json()["generation"])

    thread = threading.Thread(target=asking)
    thread.start()
    try:
        given = {"id": "Zug", "text": town("Zug", "c").text, "title": "Zug", "meta": {"team": "c"}}
        before = open_service.client.get("/v1/info").json()["indexes"]["towns"]
        added = open_service.post("/v1/documents", {"documents": [given]}).json()
        assert added["report"]["added"] == 1 and added["generation"] == before["generation"] + 1
        reply = open_service.post("/v1/ask", ask).json()
        assert reply["generation"] == added["generation"]
        assert reply["answers"][0]["passage"]["doc_id"] == "Zug"
        again = open_service.post("/v1/documents", {"documents": [given]}).json()
        assert again["generation"] == added["generation"] and again["report"]["added"] == 0
        write(open_service.folder / "towns", ("Wil", "c"))  # by another process, as far as the service knows
        until(open_service, added["generation"] + 1)
        gone = open_service.client.request("DELETE", "/v1/documents", json={"where": {"team": "c"}}).json()
        assert gone["deleted"] == 2
        assert open_service.client.get("/v1/documents/Zug").status_code == 404
        assert open_service.client.request("DELETE", "/v1/documents", json={"ids": ["Zug"]}).json()["deleted"] == 0
    finally:
        stop.set()
        thread.join()
    assert set(statuses) == {200} and generations == sorted(generations) and len(set(generations)) > 1
    nothing = open_service.client.request("DELETE", "/v1/documents", json={})
    assert open_service.problem(nothing) == (422, "unfit-body")


def until(service: Running, generation: int) -> None:
    end = time.monotonic() + 60
    while service.client.get("/v1/info").json()["indexes"]["towns"]["generation"] < generation:
        assert time.monotonic() < end


def test_an_index_that_was_deleted_is_not_made_anew(tmp_path):
    write(tmp_path / "towns", ("Chur", "a"))
    with serving({"towns": tmp_path / "towns"}, config={"writable": True}) as (url, process):
        shutil.rmtree(tmp_path / "towns")
        given = {"documents": [{"id": "Zug", "text": "The bridge of Zug."}]}
        with httpx.Client(base_url=url, timeout=60) as client:
            service = Running(client, url, process, tmp_path)
            assert service.problem(service.post("/v1/documents", given)) == (404, "index-not-found")
    assert not (tmp_path / "towns").exists()
