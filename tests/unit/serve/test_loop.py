"""Health is told while a body is taken apart and while what it asks for is worked out."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

httpx = pytest.importorskip("httpx", reason="needs ragqa[dev]")
pytest.importorskip("fastapi", reason="needs ragqa[serve]")

from support.served import ASK, write  # noqa: E402

from ragqa.convert import read_json  # noqa: E402
from ragqa.errors import StorageError  # noqa: E402
from ragqa.pipeline import Pipeline  # noqa: E402
from ragqa.serve import bodies, files  # noqa: E402
from ragqa.serve.app import make_app  # noqa: E402
from ragqa.serve.service import Service  # noqa: E402
from ragqa.serve.settings import ServeConfig  # noqa: E402
from ragqa.serve.work import Work  # noqa: E402
from ragqa.testing import HashEncoder, WordReader  # noqa: E402


class Held(Service):
    """Makes no work before it is let go."""

    begun, go = threading.Event(), threading.Event()

    def work(self, *given: Any) -> Work:
        self.begun.set()
        assert self.go.wait(10), "the event loop waits for this"
        return super().work(*given)


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/ask", ASK), ("/v1/search", ASK), ("/v1/ask/batch", {"questions": [ASK]})]
)
def test_health_is_told_while_work_is_made(tmp_path: Path, path: str, body: dict[str, Any]) -> None:
    write(tmp_path / "towns", ("Chur", "a"))
    pipeline = Pipeline.load(tmp_path / "towns", encoder=HashEncoder(), reader=WordReader())
    service = Held({"towns": pipeline}, ServeConfig())
    Held.begun.clear()
    Held.go.clear()

    async def scene() -> None:
        async with service.running(), client(service) as caller:
            asked = asyncio.create_task(caller.post(path, json=body))
            await asyncio.to_thread(Held.begun.wait, 10)
            assert (await caller.get("/livez")).status_code == 200
            Held.go.set()
            assert (await asked).status_code == 200

    asyncio.run(scene())


def test_health_is_told_while_a_body_is_taken_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go = threading.Event(), threading.Event()

    def held(content: bytes) -> dict[str, Any]:
        begun.set()
        assert go.wait(10), "the event loop waits for this"
        return read_json(content)

    monkeypatch.setattr(bodies, "read_json", held)
    write(tmp_path / "towns", ("Chur", "a"))
    service = Service(
        {"towns": Pipeline.load(tmp_path / "towns", encoder=HashEncoder(), reader=WordReader())}, ServeConfig()
    )

    async def scene() -> None:
        async with service.running(), client(service) as caller:
            asked = asyncio.create_task(caller.post("/v1/ask", json=ASK))
            await asyncio.to_thread(begun.wait, 10)
            assert (await caller.get("/livez")).status_code == 200
            go.set()
            assert (await asked).status_code == 200

    asyncio.run(scene())


def test_health_is_told_while_a_file_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go, plain = threading.Event(), threading.Event(), Path.open

    class Slow:
        """A file on a disk that takes its time."""

        def __init__(self, file: Any) -> None:
            self.file = file

        def write(self, part: bytes) -> None:
            begun.set()
            assert go.wait(10), "the event loop waits for this"
            self.file.write(part)

        def close(self) -> None:
            self.file.close()

    def held(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        return Slow(plain(path, mode)) if mode == "xb" and path.name == "zug.md" else plain(path, mode, *more, **named)

    monkeypatch.setattr(Path, "open", held)
    monkeypatch.setattr(files, "WRITTEN", 1_000)
    write(tmp_path / "towns", ("Chur", "a"))
    pipeline = Pipeline.load(tmp_path / "towns", encoder=HashEncoder(), reader=WordReader())
    service = Service({"towns": pipeline}, ServeConfig(writable=True))
    text = b"The bridge of Zug was built by Ilse Brandt. " * 70

    async def scene() -> None:
        async with service.running(), client(service) as caller:
            headers = {"Content-Type": "application/octet-stream"}
            sent = asyncio.create_task(caller.post("/v1/files?name=zug.md", content=text, headers=headers))
            await asyncio.to_thread(begun.wait, 10)
            assert (await caller.get("/livez")).status_code == 200
            go.set()
            assert (await sent).json()["documents"] == 1

    asyncio.run(scene())
    assert pipeline.snapshot.document("zug.md").text.encode() == text  # type: ignore[union-attr]


def client(service: Service) -> Any:
    transport = httpx.ASGITransport(make_app(service, lambda _entry: None))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.mark.parametrize("error", [StorageError("secret"), RuntimeError("secret")])
def test_a_generation_that_cannot_be_opened_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    write(tmp_path / "towns", ("Chur", "a"))
    pipeline = Pipeline.load(tmp_path / "towns", encoder=HashEncoder(), reader=WordReader())
    service = Service({"towns": pipeline}, ServeConfig(refresh=0.01))
    broken = [True]

    def refresh(self: Pipeline) -> bool:
        if broken[0]:
            raise error
        return False

    monkeypatch.setattr(Pipeline, "refresh", refresh)

    async def told(caller: Any, behind: bool) -> str:
        line = f'ragqa_index_behind{{index="towns"}} {float(behind)}'
        async with asyncio.timeout(20):
            while line not in (await caller.get("/metrics")).text:
                await asyncio.sleep(0.01)
        info = await caller.get("/v1/info")
        assert info.json()["indexes"]["towns"]["behind"] is behind
        return str(info.text)

    async def scene() -> None:
        async with service.running(), client(service) as caller:
            assert "secret" not in await told(caller, True)
            assert (await caller.post("/v1/ask", json=ASK)).status_code == 200
            broken[0] = False
            await told(caller, False)

    asyncio.run(scene())


def test_figures_tell_the_stages_of_all_kinds_of_work_and_the_models(tmp_path: Path) -> None:
    write(tmp_path / "towns", ("Chur", "a"))
    pipeline = Pipeline.load(tmp_path / "towns", encoder=HashEncoder(), reader=WordReader())
    service = Service({"towns": pipeline}, ServeConfig())
    asked = {
        ("ask", "search", "read"): ("/v1/ask", ASK),
        ("explain", "explain"): ("/v1/ask", ASK | {"explain": True}),
        ("search", "search"): ("/v1/search", ASK),
        ("ground", "ground"): ("/v1/ground", {"text": "The bridge was built by Ilse Brandt."}),
        ("rerank", "rerank"): ("/v1/rerank", {"query": "Who?", "documents": ["a"]}),
        ("embed-questions", "embed-questions"): ("/v1/embeddings", {"input": "a"}),
    }

    async def scene() -> None:
        async with service.running(), client(service) as caller:
            for path, body in asked.values():
                response = await caller.post(path, json=body)
                assert response.status_code == 200
                if path in ("/v1/rerank", "/v1/embeddings"):
                    assert response.json()["ragqa"] == {"index": "towns", "generation": 1}
            text = (await caller.get("/metrics")).text
        for kind, *stages in asked:
            for stage in ("queue", *stages):
                assert f'ragqa_stage_seconds_count{{kind="{kind}",stage="{stage}"}} 1' in text
        assert 'ragqa_step_seconds_count{kind="ask",step="bm25"} 1' in text
        name = pipeline.snapshot.manifest.encoder.name
        assert f'ragqa_model_info{{index="towns",task="encoder",model="{name}"}} 1' in text
        assert 'task="reader"' in text and 'ragqa_passages_read_total{index="towns"} 2' in text

    asyncio.run(scene())
