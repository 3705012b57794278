"""Spans of a request, kept in memory by OpenTelemetry's own exporter."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

httpx = pytest.importorskip("httpx", reason="needs ragqa[dev]")
pytest.importorskip("fastapi", reason="needs ragqa[serve]")

from support.served import ASK, CHUR, write  # noqa: E402

from ragqa.pipeline import Pipeline  # noqa: E402
from ragqa.serve import tracing  # noqa: E402
from ragqa.serve.app import make_app  # noqa: E402
from ragqa.serve.service import Service  # noqa: E402
from ragqa.serve.settings import ServeConfig  # noqa: E402
from ragqa.testing import HashEncoder, WordReader  # noqa: E402


class Broken(WordReader):
    def read(self, questions: Any, passages: Any) -> Any:
        if "breaks" in questions[0]:
            raise RuntimeError("the secret of /etc/secret")
        return super().read(questions, passages)


def spans_of(tmp_path: Path, *requests: tuple[str, Any], headers: dict[str, str] | None = None) -> list[Any]:
    """The spans of requests in the order in which they ended."""
    sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="needs ragqa[otel]")
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    write(tmp_path / "towns", ("Chur", "a"), ("Davos", "b"))
    pipeline = Pipeline.load(tmp_path / "towns", encoder=HashEncoder(), reader=Broken())
    service = Service({"towns": pipeline}, ServeConfig())
    service.traces = tracing.OpenTelemetry(provider)

    async def scene() -> None:
        transport = httpx.ASGITransport(make_app(service, lambda _entry: None))
        async with service.running(), httpx.AsyncClient(transport=transport, base_url="http://localhost") as caller:
            for path, body in requests:
                await caller.post(path, json=body, headers=headers)

    asyncio.run(scene())
    return list(exporter.get_finished_spans())


def test_a_request_has_a_span_with_one_for_each_stage(tmp_path: Path) -> None:
    for path, stages in (("/v1/ask", ["queue", "search", "read"]), ("/v1/search", ["queue", "search"])):
        *parts, whole = spans_of(tmp_path / path[4:], (path, ASK))
        assert [part.name for part in parts] == stages and whole.name == f"POST {path}" and whole.parent is None
        facts = dict(whole.attributes)
        assert facts["http.route"] == path and facts["http.response.status_code"] == 200
        assert facts["ragqa.index"] == "towns" and facts["ragqa.generation"] == 1
        times = [whole.start_time]
        for part in parts:
            assert part.parent.span_id == whole.context.span_id and part.context.trace_id == whole.context.trace_id
            times += [part.start_time, part.end_time]
        assert times == sorted(times) and times[-1] <= whole.end_time, "one stage after the other"
        for one, next_one in zip(parts, parts[1:], strict=False):
            assert one.end_time == next_one.start_time, "without a gap"
        assert CHUR not in str([span.to_json() for span in (*parts, whole)])


def test_a_stream_and_a_batch_have_their_stages_too(tmp_path: Path) -> None:
    spans = spans_of(
        tmp_path, ("/v1/ask", ASK | {"stream": True}), ("/v1/ask/batch", {"questions": [ASK, {"question": "Who?"}]})
    )
    assert [span.name for span in spans] == [
        *("queue", "search", "read", "POST /v1/ask"),
        *("queue", "search", "read", "queue", "search", "read", "POST /v1/ask/batch"),
    ]
    assert all(span.parent.span_id == spans[3].context.span_id for span in spans[:3])


def test_a_trace_of_the_caller_goes_on_and_errors_are_marked_without_secrets(tmp_path: Path) -> None:
    caller = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    (span,) = spans_of(tmp_path, ("/v1/ask", {"question": "breaks"}), headers=caller)
    assert f"{span.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert f"{span.parent.span_id:016x}" == "b7ad6b7169203331"
    assert span.status.status_code.name == "ERROR" and "secret" not in span.to_json()
    (refused,) = spans_of(tmp_path / "more", ("/v1/ask", {}))
    assert refused.status.status_code.name == "UNSET" and refused.attributes["http.response.status_code"] == 422


def test_without_the_library_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*sys.modules]:
        if name.partition(".")[0] == "opentelemetry":
            monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    traces = tracing.find_traces()
    assert isinstance(traces, tracing.NoTraces)
    with traces.request("GET", {}) as ended:
        traces.stages([("queue", 1, 2)])
        ended("/livez", 200, {})
    assert tracing.export_traces() == ""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert "pip install 'ragqa[otel]'" in tracing.export_traces()
