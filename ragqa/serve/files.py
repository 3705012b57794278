"""``/v1/files``: a file of any format that `ragqa index` reads, sent as it is, read and indexed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from ragqa.corpus.files import Problem, SourceFile
from ragqa.corpus.formats import format_of
from ragqa.corpus.limits import Limits
from ragqa.corpus.read import read_documents
from ragqa.documents import Document, file_of
from ragqa.errors import SourceError
from ragqa.index.snapshot import Snapshot
from ragqa.library import Index
from ragqa.serve.bodies import Gone, too_large
from ragqa.serve.documents import require_writable
from ragqa.serve.edge import to_response
from ragqa.serve.openapi import in_query, sends_file
from ragqa.serve.problems import Refused
from ragqa.serve.service import Service
from ragqa.serve.settings import ServeConfig
from ragqa.store.atomic import storing

SLOWEST = 10_000  # bytes in a second
WRITTEN = 1 << 20  # bytes at once
LONGEST_NAME = 200  # bytes
UNPACKED_MB = 256


def file_routes(service: Service) -> APIRouter:
    """The route of files."""
    router = APIRouter()

    @router.post("/v1/files", openapi_extra=sends_file() | {"parameters": in_query("index", "name")})
    async def add(request: Request) -> Response:
        """Read a file and add its documents, in place of those that an earlier file of its name gave."""
        access = service.access(request, "write")
        require_writable(service)
        name, pipeline = service.chosen(access, request.query_params.get("index"))
        file_name = _file_name(request.query_params.get("name", ""))
        async with _folder() as folder:
            path = folder / file_name
            await _receive(request, path, service.config)
            reading = Reading(path, limits_of(service.config))
            try:
                added, generation = await service.change(name, lambda index: reading.into(index, pipeline.snapshot))
            except SourceError as error:
                raise Refused(422, "unfit-document", str(error)) from error
        request.state.note.update(index=name, generation=generation)
        problems = [asdict(problem) for problem in reading.problems]
        return to_response({"index": name, **added, "problems": problems, "generation": generation})

    return router


def limits_of(config: ServeConfig) -> Limits:
    """What reading a file that was sent may cost."""
    return Limits(file_mb=1 + (config.file_bytes >> 20), unpacked_mb=UNPACKED_MB)


@dataclass(slots=True)
class Reading:
    """Reads the file of a caller into an index. Its documents are known by its name, and not by where it lies here."""

    path: Path
    limits: Limits
    problems: list[Problem] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def into(self, index: Index, before: Snapshot) -> dict[str, Any]:
        """Add the documents, and delete those that another file of this name gave and this one does not; how many it
        has, and the report. ``before`` is the index as it was.
        """
        stale = set(_ids_of(before, self.path.name))
        report = index.upsert(self._documents())
        whole = not any(problem.unread for problem in self.problems)
        removed = index.delete(stale - self.ids) if whole and self.ids else 0
        return {"documents": len(self.ids), "report": {**asdict(report), "removed": report.removed + removed}}

    def _documents(self) -> Iterator[Document]:
        here = f"{self.path.parent}/"

        def noted(problem: Problem) -> None:
            self.problems.append(
                replace(problem, source=problem.source.removeprefix(here), reason=problem.reason.replace(here, ""))
            )

        for document in read_documents([self.path], noted, limits=self.limits):
            self.ids.add(document.id)
            yield replace(document, source=document.source.removeprefix(here))


def _ids_of(snapshot: Snapshot, file_name: str) -> Iterator[str]:
    """The ids of the documents that callers gave and whose source is a file of this name, or a part of one."""
    given = snapshot.given_documents()
    for number, doc_id, _, source in snapshot.identities():
        if given[number] and file_of(source) == file_name:
            yield doc_id


def _file_name(name: str) -> str:
    """The name, if it can be that of a file here and tells a format."""
    path = Path(name)
    fit = name.isprintable() and not set(name) & set('/\\:*?"<>|') and not name.startswith((".", "~"))
    if not name or not fit or len(name.encode("utf-8", "replace")) > LONGEST_NAME:
        raise Refused(400, "parameter", "name must be the name of the file, without folders")
    if format_of(SourceFile(path, name)) is None:
        raise Refused(
            415, "unknown-format", "files of this ending are not read: ragqa index --formats lists those that are"
        )
    return name


@asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    """A folder that is deleted at the end. Like all that waits for the disk, this is done in threads."""
    folder = await asyncio.to_thread(lambda: TemporaryDirectory(prefix="ragqa-"))
    try:
        yield Path(folder.name)
    finally:
        await asyncio.to_thread(folder.cleanup)


async def _receive(request: Request, path: Path, config: ServeConfig) -> None:
    """Write the body to a file. A page of another origin cannot send this type without asking first."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/octet-stream":
        raise Refused(415, "media-type", "send the file as Content-Type: application/octet-stream")
    length = request.headers.get("content-length", "")
    if length.isdigit() and (len(length) > 12 or int(length) > config.file_bytes):
        raise too_large(config.file_bytes)
    with storing(path):
        file = await asyncio.to_thread(path.open, "xb")
        try:
            async for part in _parts(request, config):
                await asyncio.to_thread(file.write, part)
        finally:
            await asyncio.to_thread(file.close)


async def _parts(request: Request, config: ServeConfig) -> AsyncIterator[bytes]:
    """The body in parts of `WRITTEN` bytes, if it is neither too large nor too slow; how long a part is looked at does
    not count.
    """
    loop, gathered, received = asyncio.get_running_loop(), bytearray(), 0
    left, stream = config.body_seconds, aiter(request.stream())
    while True:
        begun = loop.time()
        try:
            async with asyncio.timeout(left):
                part = await anext(stream, None)
        except TimeoutError:
            raise Refused(408, "slow-body", "the file took too long to arrive") from None
        except ClientDisconnect:
            raise Gone from None
        if part is None:
            break
        gathered += part
        received += len(part)
        if received > config.file_bytes:
            raise too_large(config.file_bytes)
        left += len(part) / SLOWEST - (loop.time() - begun)
        if len(gathered) >= WRITTEN:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)
