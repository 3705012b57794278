"""``/livez``, ``/readyz``, ``/metrics``, ``/v1/info``: how the service is, and what it serves."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

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
        generations: dict[Labels, float] = {
            (("index", name),): float(own.snapshot.generation) for name, own in service.pipelines.items()
        }
        text = service.metrics.text(
            {
                "ragqa_queue_waiting": {(): len(queue)},
                "ragqa_queue_running": {(): queue.running},
                "ragqa_index_generation": generations,
            },
            {"ragqa_questions_shared_total": queue.shared},
        )
        return Response(text, media_type=MEDIA_TYPE)

    @router.get("/v1/info")
    async def info(request: Request) -> Response:
        """The version, what the caller may do, the size that a file may have, whether ``/v1/feedback`` takes verdicts,
        at which path tools for agents are (``mcp``, null if nowhere), and the indexes that the caller may ask.
        """
        access = service.access(request)
        indexes = {name: _facts(own, access) for name, own in service.visible(access).items()}
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
