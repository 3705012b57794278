"""``/v1/embeddings`` and ``/v1/rerank``: an index' models for texts of the caller's, in the shapes that are usual.
Fields that mean nothing here are passed over.
"""

from __future__ import annotations

import base64
import uuid
from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response

from ragqa.serve.bodies import MODEL, EmbeddingsBody, Question, RerankBody, ask_of, read_body
from ragqa.serve.edge import to_response
from ragqa.serve.openapi import takes
from ragqa.serve.problems import Refused
from ragqa.serve.service import Access, Service
from ragqa.serve.work import Done, Kind


def text_routes(service: Service) -> APIRouter:
    """The routes of texts."""
    router = APIRouter()

    @router.post("/v1/embeddings", openapi_extra=takes(EmbeddingsBody))
    async def embeddings(request: Request) -> Response:
        """The vectors of texts, of length 1, by the encoder of the index."""
        access = service.access(request, "search")
        body = await read_body(request, EmbeddingsBody, service.config, loose=True)
        texts = _texts([body.input] if isinstance(body.input, str) else body.input)
        if texts is None or not all(texts):
            raise Refused(422, "unfit-body", "input must be a text or a list of texts that are not empty")
        if body.encoding_format not in ("float", "base64") or body.input_type not in ("query", "document"):
            raise Refused(422, "unfit-body", "encoding_format is float or base64, input_type is query or document")
        kind: Kind = "embed-questions" if body.input_type == "query" else "embed-passages"
        done, own = await _judged(service, request, access, kind, body.model, "?", texts)
        vectors = [_encoded(row) if body.encoding_format == "base64" else row for row in done.content["vectors"]]
        usage = {"prompt_tokens": 0, "total_tokens": 0}  # clients want it; nothing is counted
        data = [{"object": "embedding", "index": place, "embedding": row} for place, row in enumerate(vectors)]
        shape = {"object": "list", "data": data, "model": body.model, "usage": usage}
        return to_response({**shape, MODEL: own})

    @router.post("/v1/rerank", openapi_extra=takes(RerankBody))
    async def rerank(request: Request) -> Response:
        """Texts in the order of the reader's probability that they hold an answer, which is ``relevance_score``."""
        access = service.access(request, "search")
        body = await read_body(request, RerankBody, service.config, loose=True)
        texts = _texts([item.get("text") if isinstance(item, dict) else item for item in body.documents])
        if texts is None:
            raise Refused(422, "unfit-body", "documents must be texts, or tables with a text")
        if not body.query.strip() or (body.top_n is not None and body.top_n < 1):
            raise Refused(422, "unfit-body", "the query must not be empty, and top_n at least 1")
        done, own = await _judged(service, request, access, "rerank", body.model, body.query, texts)
        scores = done.content["scores"]
        order = sorted(range(len(texts)), key=lambda place: (-scores[place], place))[: body.top_n]
        results: list[dict[str, Any]] = [{"index": place, "relevance_score": scores[place]} for place in order]
        if body.return_documents:
            results = [{**each, "document": {"text": texts[each["index"]]}} for each in results]
        return to_response({"id": uuid.uuid4().hex, "model": body.model, "results": results, MODEL: own})

    return router


async def _judged(
    service: Service, request: Request, access: Access, kind: Kind, model: str, query: str, texts: list[str]
) -> tuple[Done, dict[str, Any]]:
    """The result, and from which index and generation it comes."""
    if not 1 <= len(texts) <= service.config.passages:
        raise Refused(422, "unfit-body", f"from 1 to {service.config.passages} texts are taken")
    ask = ask_of(Question(query), None, service.config)
    name = service.named(access, model)
    done = await service.result(request, service.work(kind, name, ask, tuple(texts)), None, access)
    return done, {"index": name, "generation": done.generation}


def _texts(values: Any) -> list[str] | None:
    """The values, if they are a list of texts."""
    return values if isinstance(values, list) and all(isinstance(value, str) for value in values) else None


def _encoded(row: list[float]) -> str:
    """A vector as clients of that shape ask for it: base64 of little-endian 32-bit floats."""
    return base64.b64encode(np.asarray(row, "<f4").tobytes()).decode()
