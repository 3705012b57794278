"""`Service`: the indexes that are served, who may ask them, the queue, and the generations that come and go."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from starlette.requests import Request

from ragqa.asking import Ask
from ragqa.errors import ConfigError, QuestionError, RagqaError, StorageError
from ragqa.filters import Filter
from ragqa.library import Index
from ragqa.pipeline import Pipeline
from ragqa.serve.bodies import MODEL, Gone
from ragqa.serve.keys import ACTIONS, KeyFile
from ragqa.serve.listening import is_loopback
from ragqa.serve.metrics import Metrics
from ragqa.serve.problems import Refused, busy, unauthorized
from ragqa.serve.questionlog import Entry, QuestionLog, asked
from ragqa.serve.rates import Rates
from ragqa.serve.sessions import Sessions
from ragqa.serve.settings import ServeConfig
from ragqa.serve.tracing import find_traces
from ragqa.serve.waiting import Queue, Result
from ragqa.serve.work import Done, Found, Kind, Work, do
from ragqa.store.packed import layout_of

LOG = logging.getLogger("ragqa.serve")
CHANGES = 16  # changes of documents that wait for one another
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller may do: ``indexes`` are the names of those it may ask (none: all), ``where`` what it may see."""

    key: str = ""
    actions: tuple[str, ...] = ACTIONS
    indexes: tuple[str, ...] = ()
    where: Filter | None = None


class Service:
    """Everything that outlives a request. Made before the event loop, which `running` is for."""

    queue: Queue

    def __init__(
        self,
        pipelines: Mapping[str, Pipeline],
        config: ServeConfig,
        keys: KeyFile | None = None,
        host: str = "",
        questions: QuestionLog | None = None,
    ) -> None:
        self.pipelines, self.config, self.keys, self._host = dict(pipelines), config, keys, host
        self.metrics, self.sessions = Metrics(), Sessions(config.session_seconds)
        self.questions, self.rates = questions, Rates()
        self.traces = find_traces()
        self.tools: str | None = None  # the path of tools for agents, where they are mounted
        self._writing = ThreadPoolExecutor(1, "ragqa-write")
        self._changes = 0
        self._failed: dict[str, str] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While requests are taken."""
        self.queue = Queue(partial(do, self.pipelines), self.config)
        watch = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            await self.queue.close()
            self._writing.shutdown(wait=True)  # a change that has begun is finished

    def access(self, request: Request, action: str = "") -> Access:
        """Who asks, if they may do this, and not more often than they may: 401, 403 or 429 otherwise. Without an
        ``action`` any key will do, however often.

        Without keys everybody may do everything, and only under a name of this machine: a page in a browser that has
        had its own name point here (DNS rebinding) is refused.
        """
        if self.keys is None:
            if not _is_here(request.headers.get("host", ""), self._host):
                raise Refused(403, "foreign-host", "the request names another host than the one that is served")
            return Access()
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthorized("send a key: Authorization: Bearer ragqa_…")
        try:
            key = self.keys.find(token.strip())
        except ConfigError as error:  # a file of the service: its message is for the log, not for the caller
            LOG.error("%s", error)
            raise Refused(500, "keys-unreadable", "the service cannot read its keys: its log says why") from None
        if key is None:
            raise unauthorized("the key is not known, or its time is over")
        request.state.note["key"] = key.id
        if action and action not in key.actions:
            raise Refused(403, "forbidden", f"the key is not for this: it needs the action {action}")
        if action and key.limit is not None:
            self.rates.take(key.id, key.limit)
        return Access(key.id, key.actions, key.indexes, key.filter)

    def behind(self, name: str) -> bool:
        """Whether an index has a newer generation that could not be opened; the log says why."""
        return name in self._failed

    def visible(self, access: Access) -> dict[str, Pipeline]:
        """The indexes that a caller may ask, by name."""
        return {name: own for name, own in self.pipelines.items() if not access.indexes or name in access.indexes}

    def chosen(self, access: Access, name: str | None) -> tuple[str, Pipeline]:
        """The index of a name, or the only one; one that the caller may not ask is as if it were not there."""
        known = self.visible(access)
        if name is None and len(known) == 1:
            return next(iter(known.items()))
        if name is None:
            raise Refused(400, "index-missing", f"name the index: one of {', '.join(sorted(known))}")
        if name not in known:
            raise Refused(404, "index-not-found", "there is no such index: GET /v1/info lists those there are")
        return name, known[name]

    def named(self, access: Access, model: str) -> str:
        """The index that a model's name means, for clients that choose one: "ragqa/NAME" or "NAME", and "ragqa" the
        only one.
        """
        return self.chosen(access, None if model == MODEL else model.removeprefix(f"{MODEL}/"))[0]

    def work(self, kind: Kind, name: str, ask: Ask, texts: tuple[str, ...] = ()) -> Work:
        """A checked piece of work, for the generation that is current now."""
        answering = self.pipelines[name].answering
        answering.request(ask)
        return Work(kind, name, answering.snapshot.generation, ask, texts)

    async def results(
        self,
        request: Request,
        works: Sequence[Work],
        seconds: float | None,
        access: Access,
        found: Callable[[Found], None] | None = None,
    ) -> list[Result]:
        """The results of works, while the caller is there (else `Gone`), within so many seconds. ``found`` is called
        with what is found for a question before it is answered.
        """
        most = self.config.timeout
        if seconds is not None and not 0 < seconds <= most:
            raise Refused(400, "timeout", f"timeout must be above 0 and at most {most:g} seconds")
        within, entered = most if seconds is None else seconds, time.time_ns()
        results = await _while_there(request, self.queue.results(works, within, found))
        entries = []
        for work, result in zip(works, results, strict=True):
            if isinstance(result, Exception):
                continue
            begun = result.stages[0][1]
            stages = ("queue", min(entered, begun), begun), *result.stages
            self.traces.stages(stages)
            self.metrics.work(work.kind, stages)
            if result.reply is not None:
                self.metrics.reply(work.kind, work.index, result.reply)
                entries.append(asked(work.index, result.reply, access.key))
        if self.questions is not None and entries:
            await asyncio.to_thread(self._remember, self.questions, entries)
        return [_veiled(result, access) for result in results]

    def _remember(self, questions: QuestionLog, entries: Sequence[Entry]) -> None:
        """Write to the log of questions; where that fails, questions are answered all the same."""
        try:
            for entry in entries:
                questions.add(entry)
        except StorageError as error:
            LOG.error("%s", error)

    async def result(
        self,
        request: Request,
        work: Work,
        seconds: float | None,
        access: Access,
        found: Callable[[Found], None] | None = None,
    ) -> Done:
        """The result of one piece of work, which the log is told of; an error is raised. ``found`` as in `results`."""
        (result,) = await self.results(request, [work], seconds, access, found)
        if isinstance(result, Exception):
            raise result
        request.state.note.update(index=work.index, generation=result.generation)
        if result.reply is not None:
            request.state.note["answered"] = result.reply.answered
        return result

    async def steps(
        self, request: Request, work: Work, seconds: float | None, access: Access
    ) -> AsyncGenerator[Found | Done, None]:
        """What is found for a question, as soon as it is, and then its result. Errors are raised by the step that they
        take the place of.
        """
        found: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self.result(request, work, seconds, access, found.set_result))
        try:
            either: set[asyncio.Future[Any]] = {task, found}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if found.done():
                yield found.result()
            yield await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def change(self, name: str, what: Callable[[Index], T]) -> tuple[T, int]:
        """Change an index, one change after the other, and open the new generation: the result and its number."""
        if self._changes >= CHANGES:
            raise busy()
        self._changes += 1
        try:
            loop = asyncio.get_running_loop()
            return await asyncio.shield(loop.run_in_executor(self._writing, self._changed, name, what))
        finally:
            self._changes -= 1

    def _changed(self, name: str, what: Callable[[Index], T]) -> tuple[T, int]:
        pipeline = self.pipelines[name]
        directory = pipeline.snapshot.directory
        layout_of(directory).require_current()  # where there is none, an `Index` would make one
        with Index(directory, encoder=pipeline.retriever.encoder) as index:
            result = what(index)
        pipeline.refresh()
        return result, pipeline.snapshot.generation

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.config.refresh)
            for name, pipeline in self.pipelines.items():
                try:
                    await asyncio.to_thread(pipeline.refresh)
                    self._failed.pop(name, None)
                except Exception as error:  # whatever it is, the old generation goes on answering, and is watched
                    if self._failed.get(name) != str(error):
                        why = None if isinstance(error, (RagqaError, OSError)) else error
                        LOG.error("%s: the new generation cannot be opened: %s", name, error, exc_info=why)
                    self._failed[name] = str(error)


def _veiled(result: Result, access: Access) -> Result:
    """What is wrong with a filter tells which metadata keys there are; not to those who may see some documents only."""
    if access.where is not None and isinstance(result, ConfigError) and not isinstance(result, QuestionError):
        return ConfigError("where: no document has one of the metadata keys that the filter names")
    return result


def _is_here(header: str, host: str) -> bool:
    name = header.rpartition(":")[0] if header.rpartition(":")[2].isdigit() else header
    return is_loopback(name) or name == host


async def _while_there(request: Request, doing: Coroutine[Any, Any, T]) -> T:
    task, gone = asyncio.create_task(doing), asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Gone
        return task.result()
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
