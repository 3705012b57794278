"""What the OpenAPI document says of requests and replies: schemas of bodies, from the classes that read them, those of
replies (`ragqa.serve.schemas`), and the form of problems.
"""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ragqa.serve.bodies import BODIES
from ragqa.serve.problems import MEDIA_TYPE as PROBLEM
from ragqa.serve.schemas import SCHEMA, SCHEMAS, ref
from ragqa.version import __version__

PROBLEM_SCHEMA = {
    "description": "Why a request is not answered (RFC 9457)",
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("type", "title", "detail", "instance")}
    | {"status": {"type": "integer"}},
    "required": ["type", "title", "status", "detail", "instance"],
}


def takes(body: type) -> dict[str, Any]:
    """Of a route: that it takes this body."""
    content = {"application/json": {"schema": ref(body.__name__)}}
    return {"requestBody": {"required": True, "content": content}}


def sends_file() -> dict[str, Any]:
    """Of a route: that its body is a file as it is."""
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "content": content}}


def gives(*media_types: str, reply: str = "") -> dict[str, Any]:
    """Of a route: the name of its reply's schema, and that it may be of these kinds, too."""
    content: dict[str, Any] = {media_type: {} for media_type in media_types}
    if reply:
        content["application/json"] = {"schema": ref(reply)}
    return {"responses": {"200": {"content": content}}}


def in_query(*texts: str, **numbers: int) -> list[dict[str, Any]]:
    """Parameters in a route's query."""
    found: list[dict[str, Any]] = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in texts]
    for name, default in numbers.items():
        schema = {"type": "integer", "minimum": 0, "default": default}
        found.append({"name": name, "in": "query", "schema": schema})
    return found


def in_path(name: str) -> list[dict[str, Any]]:
    """A text in a route's path, as a parameter."""
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}]


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of an application."""
    if not app.openapi_schema:
        document = get_openapi(title="ragqa", version=__version__, routes=app.routes)
        _, schemas = msgspec.json.schema_components(BODIES, ref_template=SCHEMA + "{name}")
        own = {**schemas, **SCHEMAS, "Problem": PROBLEM_SCHEMA}
        document.setdefault("components", {}).setdefault("schemas", {}).update(own)
        refusal = {"description": "A problem", "content": {PROBLEM: {"schema": ref("Problem")}}}
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = refusal
        app.openapi_schema = document
    return app.openapi_schema
