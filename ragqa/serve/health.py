"""``/livez``, ``/readyz``, ``/metrics``, ``/v1/info``: how the service is, and what it serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request, Response

from ragqa.composition import readers_of
from ragqa.pipeline import Pipeline
from ragqa.serve.edge import to_response
from ragqa.serve.metrics import MEDIA_TYPE, Labels
from ragqa.serve.openapi import gives
from ragqa.serve.problems import busy
from ragqa.serve.service import Access, Service
from ragqa.version import __version__

PRIVATE = ("index", "sources")  # of an index' facts: paths of this machine


def health_routes(service: Service) -> APIRouter:
    """The routes that ask no model."""
    router = APIRouter()

    @router.get("/livez")
    async def livez() -> Response:
        """200 while the process answers, also while models work. Needs no key."""
        return to_response({"live": True})

    @router.get("/readyz")
    async def readyz() -> Response:
        """200 while the indexes are open and questions are taken, 503 while the queue is full. Needs no key."""
        if service.queue.full:
            raise busy()
        return to_response({"ready": True})

    @router.get("/metrics", openapi_extra=gives(MEDIA_TYPE.partition(";")[0]))
    async def metrics(request: Request) -> Response:
        """Figures for Prometheus. A key needs the action admin."""
        service.access(request, "admin")
        queue = service.queue
        pipelines = service.pipelines
        generations = {_of(name): float(own.snapshot.generation) for name, own in pipelines.items()}
        behind = {_of(name): float(service.behind(name)) for name in pipelines}
        models = {labels: 1.0 for name, own in pipelines.items() for labels in _models(name, own)}
        text = service.metrics.text(
            {
                "ragqa_queue_waiting": {(): len(queue)},
                "ragqa_queue_running": {(): queue.running},
                "ragqa_index_generation": generations,
                "ragqa_index_behind": behind,
                "ragqa_model_info": models,
            },
            {"ragqa_questions_shared_total": queue.shared},
        )
        return Response(text, media_type=MEDIA_TYPE)

    @router.get("/v1/info", openapi_extra=gives(reply="InfoReply"))
    async def info(request: Request) -> Response:
        """The version, what the caller may do, the size that a file may have, whether ``/v1/feedback`` takes verdicts,
        at which path tools for agents are (``mcp``, null if nowhere), and the indexes that the caller may ask; one is
        ``behind`` if it has a newer generation that cannot be opened.
        """
        access = service.access(request)
        indexes = {
            name: {**_facts(own, access), "behind": service.behind(name)}
            for name, own in service.visible(access).items()
        }
        actions = [action for action in access.actions if action != "write" or service.config.writable]
        facts = {
            "ragqa": __version__,
            "writable": service.config.writable,
            "actions": actions,
            "file_bytes": service.config.file_bytes,
            "feedback": service.questions is not None and "ask" in access.actions,
            "mcp": service.tools,
        }
        return to_response({**facts, "indexes": indexes})

    return router


def _of(index: str) -> Labels:
    return (("index", index),)


def _models(index: str, pipeline: Pipeline) -> Iterator[Labels]:
    """Which models answer, as labels: the index, what each is for, and its name."""
    reads, reranker = pipeline.reader is not None, pipeline.config.retrieve.reranker
    named = [("encoder", pipeline.snapshot.manifest.encoder.name)]
    named += [("reader", name) for name in (readers_of(pipeline.snapshot, pipeline.config.read) if reads else ())]
    named += [("reranker", reranker)] if reranker else []
    for task, name in named:
        yield ("index", index), ("task", task), ("model", name)


def _facts(pipeline: Pipeline, access: Access) -> dict[str, Any]:
    """What `ragqa info --json` says, but for paths; one who may see some documents only learns of no others."""
    snapshot = pipeline.snapshot
    if access.where is not None:
        return {"generation": snapshot.generation, "language": pipeline.language}
    facts = {name: value for name, value in snapshot.info().items() if name not in PRIVATE}
    return {**facts, "threshold": None if pipeline.reader is None else _finite(pipeline.threshold)}


def _finite(threshold: float) -> float | None:
    """The threshold; None if the risk lets no answer through."""
    return threshold if threshold <= 1 else None
