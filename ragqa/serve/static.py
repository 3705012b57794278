"""The page at ``/``: its files, as they are in the package. They say nothing of any index, so they need no key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request, Response

from ragqa.serve.problems import Refused

PAGE = Path(__file__).parent / "page"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# everything comes from here, nothing is written into the page but as text, and no other page may hold this one
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file of the page; ``tag`` changes with its content."""

    content: bytes
    media_type: str
    tag: str


def page_files() -> dict[str, StaticFile]:
    """The files of the page by name."""
    found = {}
    for path in sorted(PAGE.iterdir()):
        if path.suffix in TYPES:
            content = path.read_bytes()
            tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            found[path.name] = StaticFile(content, TYPES[path.suffix], tag)
    return found


def page_routes() -> APIRouter:
    """The routes of the page. Browsers keep its files, and ask each time whether they have changed."""
    router, files = APIRouter(include_in_schema=False), page_files()

    def sent(request: Request, name: str) -> Response:
        if name not in files:
            raise Refused(404, "not-found", "the page has no such file")
        file = files[name]
        headers = {"content-security-policy": POLICY, "cache-control": "no-cache", "etag": file.tag}
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers=headers)
        return Response(file.content, media_type=file.media_type, headers=headers)

    @router.get("/")
    async def page(request: Request) -> Response:
        """The page itself."""
        return sent(request, "index.html")

    @router.get("/page/{name}")
    async def part(request: Request) -> Response:
        """A script, a style or an image of the page."""
        return sent(request, request.path_params["name"])

    return router
