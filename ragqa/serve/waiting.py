"""The queue: bounded, with a deadline for each request; equal questions that wait or are being answered are asked once.

All of its state belongs to the event loop, so there are no locks; only `do` runs in threads.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ragqa.errors import RagqaError
from ragqa.serve.problems import busy, late
from ragqa.serve.settings import ServeConfig
from ragqa.serve.work import Done, Found, Work

Result = Done | Exception
Do = Callable[[Sequence[Work], Callable[[int, Found], None], Callable[[int], bool]], Sequence[Done | RagqaError]]


class Ticket:
    """A piece of work and those who wait for it; ``deadline`` is the latest of theirs. What is ``found`` for a question
    may come before its ``result``. Once nobody waits any more it is no longer open, so nobody comes to wait again.
    """

    def __init__(self, work: Work) -> None:
        self.work, self.waiters, self.deadline = work, 0, 0.0
        loop = asyncio.get_running_loop()
        self.found: asyncio.Future[Found] = loop.create_future()
        self.result: asyncio.Future[Result] = loop.create_future()


class Queue:
    """Works wait here for one of the workers. ``shared`` counts those spared because an equal one was open."""

    def __init__(self, do: Do, config: ServeConfig) -> None:
        self._do, self._room, self._batch = do, config.queue, config.batch
        self._line: deque[Ticket] = deque()
        self._open: dict[Work, Ticket] = {}  # waiting or being done
        self._arrived = asyncio.Event()
        self._pool = ThreadPoolExecutor(config.workers, "ragqa-answer")
        self._workers = [asyncio.create_task(self._work()) for _ in range(config.workers)]
        self.shared, self.running = 0, 0

    def __len__(self) -> int:
        """How many works wait."""
        return len(self._line)

    @property
    def full(self) -> bool:
        """Whether no further work is taken."""
        return len(self._line) >= self._room

    async def results(
        self, works: Sequence[Work], seconds: float, found: Callable[[Found], None] | None = None
    ) -> list[Result]:
        """The results in order, as soon as all are there. All works are taken, or none and a 503 is raised; after
        ``seconds`` a 504 is. Whoever cancels this leaves the queue. What nobody waits for is not done, or done no
        further. ``found`` is called with what is found for a question before it is answered.
        """
        if len({work for work in works if work not in self._open}) > self._room - len(self._line):
            raise busy()
        deadline = asyncio.get_running_loop().time() + seconds
        tickets = [self._enter(work, deadline) for work in works]
        if found is not None:
            for ticket in tickets:
                ticket.found.add_done_callback(lambda told: found(told.result()))
        try:
            async with asyncio.timeout_at(deadline):
                return [await asyncio.shield(ticket.result) for ticket in tickets]
        except TimeoutError:
            raise late() from None
        finally:
            for ticket in tickets:
                self._leave(ticket)

    async def close(self) -> None:
        """Stop the workers; those who still wait are cancelled."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        for ticket in self._open.values():
            ticket.result.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _enter(self, work: Work, deadline: float) -> Ticket:
        ticket = self._open.get(work)
        if ticket is None:
            ticket = self._open[work] = Ticket(work)
            self._line.append(ticket)
            self._arrived.set()
        else:
            self.shared += 1
        ticket.waiters += 1
        ticket.deadline = max(ticket.deadline, deadline)
        return ticket

    def _leave(self, ticket: Ticket) -> None:
        ticket.waiters -= 1
        if not ticket.waiters:
            self._close(ticket)
            if ticket in self._line:
                self._line.remove(ticket)

    def _close(self, ticket: Ticket) -> None:
        """Let nobody else come to wait for it."""
        if self._open.get(ticket.work) is ticket:
            del self._open[ticket.work]

    async def _work(self) -> None:
        while True:
            await self._arrived.wait()
            batch = self._take()
            if not batch:
                self._arrived.clear()
                continue
            self.running += len(batch)
            for ticket, result in zip(batch, await self._results(batch), strict=True):
                self._close(ticket)
                if not ticket.result.done():
                    ticket.result.set_result(result)
            self.running -= len(batch)

    def _take(self) -> list[Ticket]:
        """The first work whose deadline has not passed, and those behind it that go with it."""
        now = asyncio.get_running_loop().time()
        for ticket in [ticket for ticket in self._line if ticket.deadline <= now]:
            self._line.remove(ticket)
            self._close(ticket)
        if not self._line:
            return []
        first = self._line[0].work
        found = [ticket for ticket in self._line if ticket.work is first or ticket.work.goes_with(first)]
        for ticket in found[: self._batch]:
            self._line.remove(ticket)
        return found[: self._batch]

    async def _results(self, batch: Sequence[Ticket]) -> Sequence[Result]:
        """The results; if a batch fails, each work is done alone, so that it spoils no other."""
        works = [ticket.work for ticket in batch]
        loop = asyncio.get_running_loop()

        def tell(place: int, found: Found) -> None:  # in the worker's thread
            loop.call_soon_threadsafe(_tell, batch[place], found)

        def left(place: int) -> bool:  # in the worker's thread
            return not batch[place].waiters

        try:
            return await loop.run_in_executor(self._pool, self._do, works, tell, left)
        except Exception as error:  # of the index or of a model; who waits is told, and the worker goes on
            if len(batch) == 1:
                return [error]
        return [result for ticket in batch for result in await self._results([ticket])]  # left ones end at once


def _tell(ticket: Ticket, found: Found) -> None:
    if not ticket.found.done():  # it is, if the work is done once more
        ticket.found.set_result(found)
