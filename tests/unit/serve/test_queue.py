"""The queue: what is done together, what is asked once, what is not done at all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest

from ragqa.asking import Ask
from ragqa.errors import RagqaError
from ragqa.serve.problems import Refused
from ragqa.serve.settings import ServeConfig
from ragqa.serve.waiting import Queue
from ragqa.serve.work import Done, Found, Kind, Work


def work(question: str, kind: Kind = "ask", index: str = "a", generation: int = 1) -> Work:
    return Work(kind, index, generation, Ask(question))


class Hands:
    """Do what is asked for, one batch after the other; the first waits for `go`."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(
        self, works: Sequence[Work], tell: Callable[[int, Found], None], left: Callable[[int], bool]
    ) -> list[Done | RagqaError]:
        self.left = left
        self.batches.append([each.ask.question for each in works])
        for place in range(len(works)):
            tell(place, Found([], len(self.batches)))
        self.begun.set()
        assert self.go.wait(10)
        if any("broken" in each.ask.question for each in works):
            raise RuntimeError("broken")
        return [Done({"question": each.ask.question}, 1) for each in works]


def play(scene: Callable[[Queue, Hands], object], **settings: float) -> Hands:
    """Run a scene with a queue whose worker is busy with "first"."""
    hands = Hands()

    async def stage() -> None:
        queue = Queue(hands, ServeConfig(**settings))  # type: ignore[arg-type]
        try:
            first = asyncio.create_task(queue.results([work("first")], 10))
            await asyncio.to_thread(hands.begun.wait, 10)
            await scene(queue, hands)  # type: ignore[misc]
            hands.go.set()
            await first
        finally:
            hands.go.set()
            await queue.close()

    asyncio.run(stage())
    return hands


async def enter(queue: Queue, *works: Work, seconds: float = 10) -> asyncio.Task[list[Done | Exception]]:
    task = asyncio.create_task(queue.results(works, seconds))
    await asyncio.sleep(0)
    return task


async def end(hands: Hands, *tasks: asyncio.Task[list[Done | Exception]]) -> list[list[Done | Exception]]:
    hands.go.set()
    return await asyncio.gather(*tasks)


def test_what_waits_is_done_in_batches_of_one_index_and_kind() -> None:
    async def scene(queue: Queue, hands: Hands) -> None:
        tasks = [
            await enter(queue, each)
            for each in (
                work("1"),
                work("other index", index="b"),
                work("search", "search"),
                *map(work, "2345"),
            )
        ]
        results = await end(hands, *tasks)
        assert [result.content["question"] for (result,) in results] == [  # type: ignore[union-attr]
            *("1", "other index", "search"),
            *"2345",
        ]

    hands = play(scene, batch=4)
    assert hands.batches == [["first"], ["1", "2", "3", "4"], ["other index"], ["search"], ["5"]]


def test_equal_questions_to_one_generation_are_asked_once() -> None:
    async def scene(queue: Queue, hands: Hands) -> None:
        again = await enter(queue, work("first"))  # is being answered
        both = await enter(queue, work("a"), work("a"))
        newer = await enter(queue, work("first", generation=2))
        assert (len(queue), queue.shared) == (2, 2)
        (one,), two, _ = await end(hands, again, both, newer)
        assert one.content == {"question": "first"} and two[0] is two[1]  # type: ignore[union-attr]

    assert play(scene, batch=1).batches == [["first"], ["a"], ["first"]]


def test_past_its_size_nothing_enters_not_even_a_part() -> None:
    async def scene(queue: Queue, hands: Hands) -> None:
        waiting = await enter(queue, work("1"))
        with pytest.raises(Refused) as refused:
            await queue.results([work("2"), work("3")], 10)
        assert refused.value.status == 503 and refused.value.headers == {"Retry-After": "1"}
        assert len(queue) == 1 and not queue.full
        more = await enter(queue, work("1"), work("2"))  # one of them waits already
        assert queue.full
        await end(hands, waiting, more)

    assert play(scene, queue=2).batches == [["first"], ["1", "2"]]


def test_what_came_too_late_is_not_done() -> None:
    async def scene(queue: Queue, hands: Hands) -> None:
        late = await enter(queue, work("late"), seconds=0.02)
        shared = await enter(queue, work("shared"), seconds=0.02)
        patient = await enter(queue, work("shared"))
        for task in (late, shared):
            with pytest.raises(Refused) as refused:
                await task
            assert refused.value.status == 504
        assert len(queue) == 1
        await end(hands, patient)

    assert play(scene).batches == [["first"], ["shared"]]


def test_who_has_gone_is_forgotten() -> None:
    async def scene(queue: Queue, hands: Hands) -> None:
        gone = await enter(queue, work("gone"), work("both"))
        stays = await enter(queue, work("both"))
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        assert len(queue) == 1
        await end(hands, stays)

    assert play(scene).batches == [["first"], ["both"]]


def test_what_is_being_done_is_told_when_nobody_waits_any_more() -> None:
    async def scene(queue: Queue, hands: Hands) -> None:
        hands.go.set()
        await queue.results([work("earlier")], 10)
        hands.go.clear()
        hands.begun.clear()
        leaves = await enter(queue, work("1"), work("2"))
        await asyncio.to_thread(hands.begun.wait, 10)
        stays, late = await enter(queue, work("2")), await enter(queue, work("1"), seconds=0.1)
        leaves.cancel()
        await asyncio.gather(leaves, return_exceptions=True)
        assert [hands.left(place) for place in range(2)] == [late.done(), False]
        with pytest.raises(Refused):
            await late
        assert [hands.left(place) for place in range(2)] == [True, False]
        again = await enter(queue, work("1"))  # what is left is of no use to who comes now
        assert len(queue) == 1
        (result,), (other,) = await end(hands, stays, again)
        assert result.content == {"question": "2"} and other.content == {"question": "1"}  # type: ignore[union-attr]

    assert play(scene).batches == [["first"], ["earlier"], ["1", "2"], ["1"]]


def test_what_breaks_one_spoils_no_other() -> None:
    async def scene(queue: Queue, hands: Hands) -> None:
        tasks = [await enter(queue, work(each)) for each in ("1", "broken", "2")]
        (one,), (broken,), (two,) = await end(hands, *tasks)
        assert isinstance(broken, RuntimeError) and isinstance(one, Done) and isinstance(two, Done)

    assert play(scene).batches == [["first"], ["1", "broken", "2"], ["1"], ["broken"], ["2"]]


def test_what_is_found_is_told_once_to_all_who_wait_for_it_before_the_result() -> None:
    async def scene(queue: Queue, hands: Hands) -> None:
        told: list[tuple[str, int]] = []
        listening = [
            asyncio.create_task(
                queue.results([work(name)], 10, lambda found, of=of: told.append((of, found.generation)))
            )
            for of, name in (("a", "first"), ("b", "1"), ("c", "1"), ("d", "broken"))
        ]
        for _ in range(3):
            await asyncio.sleep(0)
        assert told == [("a", 1)] and not listening[0].done(), "its passages were found when it began"
        await end(hands, *listening)
        assert told == [("a", 1), ("b", 2), ("c", 2), ("d", 2)]

    assert play(scene).batches == [["first"], ["1", "broken"], ["1"], ["broken"]]


def test_who_waits_when_it_closes_is_cancelled() -> None:
    async def scene(queue: Queue, hands: Hands) -> None:
        waiting = await enter(queue, work("1"))
        asyncio.get_running_loop().call_later(0.05, hands.go.set)
        await queue.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    with pytest.raises(asyncio.CancelledError):
        play(scene)
