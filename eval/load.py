"""A service under load: many clients on this machine, while its index is updated again and again.

    python eval/load.py INDEX QUESTIONS [--minutes 10] [--clients 32] [--every 20] [--serve "--workers 2"]

Copies INDEX aside and serves the copy. First one client asks alone for a tenth of the time, then all do, one question
after the other, each as soon as its last is answered. Every ``--every`` seconds `COUNTERS` documents are replaced in
one change, which all say the same new number. One question in ten asks for them, and its reply must show the number
of the generation that it names, and no other. Meanwhile another process asks for /livez ten times a second, and the
memory of the service is looked at.

Prints tables of Markdown: throughput and times of replies (ms), statuses, /livez, memory. Exits with 1 if a status was
none of 200 and 503 with Retry-After, if a connection was lost, or if a reply mixed generations.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ragqa.judging.questions import read_questions

COUNTERS = 6
COUNTER_QUESTION = "At which number does the load counter of station {} stand?"
SHARE = 10  # one question in so many asks for a counter
LIVEZ_EVERY, MEMORY_EVERY = 0.1, 5.0
PATIENCE = 120.0  # seconds for one response


@dataclass
class Seen:
    """What clients have seen. Appending to a list is safe from threads."""

    times: list[float] = field(default_factory=list)  # seconds of replies with status 200
    statuses: list[str] = field(default_factory=list)
    generations: set[int] = field(default_factory=set)
    counters: int = 0
    mixed: list[str] = field(default_factory=list)


class Caller:
    """One kept connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any, float]:
        """Status, content, and the seconds to wait if the service says so."""
        content = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, content, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        data = json.loads(response.read())
        return response.status, data, float(response.headers.get("Retry-After", 0))


class Numbers:
    """The number that the counters show, by generation."""

    def __init__(self) -> None:
        self.by_generation: dict[int, int] = {}
        self._last = 0

    def change(self, caller: Caller) -> None:
        """Have all counters show the next number."""
        self._last += 1
        documents = [
            {
                "id": f"load-counter-{place}",
                "title": f"Load counter of station {place}",
                "text": _says(place, self._last),
            }
            for place in range(COUNTERS)
        ]
        status, data, _ = caller.send("POST", "/v1/documents", {"documents": documents})
        if status != 200:
            raise SystemExit(f"the index cannot be updated: {status} {data}")
        self.by_generation[data["generation"]] = self._last

    def check(self, reply: Any) -> str:
        """What is wrong with a reply to a question for a counter, "" if nothing is."""
        shown = {
            hit["passage"]["text"].rpartition(" ")[2]
            for hit in reply["hits"]
            if hit["passage"]["doc_id"].startswith("load-counter-")
        }
        end = time.monotonic() + 5  # the response to the change may come a moment after the first reply of it
        while reply["generation"] not in self.by_generation and time.monotonic() < end:
            time.sleep(0.05)
        expected = self.by_generation.get(reply["generation"])
        return (
            "" if shown == {f"{expected}."} else f"generation {reply['generation']}: {expected}, shown {sorted(shown)}"
        )


def _says(place: int, number: int) -> str:
    return f"The load counter of station {place} stands at the number {number}."


def ask_on(url: str, questions: Sequence[str], seed: int, end: float, seen: Seen, numbers: Numbers) -> None:
    """Ask until the end."""
    caller, chance = Caller(url), random.Random(seed)
    while time.monotonic() < end:
        counter = chance.randrange(SHARE) == 0
        question = COUNTER_QUESTION.format(chance.randrange(COUNTERS)) if counter else chance.choice(questions)
        begun = time.perf_counter()
        try:
            status, reply, pause = caller.send("POST", "/v1/ask", {"question": question})
        except (OSError, HTTPException, ValueError) as error:
            seen.statuses.append(type(error).__name__)
            caller = Caller(url)
            continue
        seen.statuses.append(f"{status}" if status != 503 or pause else "503 without Retry-After")
        if status == 200:
            seen.times.append(time.perf_counter() - begun)
            seen.generations.add(reply["generation"])
            if counter:
                seen.counters += 1
                seen.mixed += filter(None, [numbers.check(reply)])
        elif pause:
            time.sleep(pause)


def under_load(
    url: str, questions: Sequence[str], clients: int, seconds: float, every: float, numbers: Numbers
) -> Seen:
    """What ``clients`` see in so many seconds, while the counters change every so many."""
    seen, begun = Seen(), time.monotonic()
    asking = [
        threading.Thread(target=ask_on, args=(url, questions, seed, begun + seconds, seen, numbers), daemon=True)
        for seed in range(clients)
    ]
    for thread in asking:
        thread.start()
    while (left := begun + seconds - time.monotonic()) > 0:
        time.sleep(min(every, left))
        if time.monotonic() < begun + seconds:
            numbers.change(Caller(url))  # a kept connection would be closed meanwhile
    for thread in asking:
        thread.join()
    return seen


def watch_health(url: str, stop: Any, results: Any) -> None:
    """In a process of its own, so that the clients here do not count."""
    caller, times, failures = Caller(url), [], 0
    while not stop.wait(LIVEZ_EVERY):
        begun = time.perf_counter()
        try:
            failures += caller.send("GET", "/livez")[0] != 200
            times.append(time.perf_counter() - begun)
        except (OSError, HTTPException):
            failures, caller = failures + 1, Caller(url)
    results.put((times, failures))


@contextmanager
def health_watched(url: str) -> Iterator[list[tuple[list[float], int]]]:
    """The times of /livez, and how many failed, once it is left."""
    context = multiprocessing.get_context("spawn")
    stop, results, found = context.Event(), context.Queue(), []
    process = context.Process(target=watch_health, args=(url, stop, results), daemon=True)
    process.start()
    try:
        yield found
    finally:
        stop.set()
        found.append(results.get(timeout=PATIENCE))
        process.join()


def memory_mb(process_id: int) -> float:
    """The resident memory of a process (Linux)."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


@contextmanager
def memory_watched(process_id: int) -> Iterator[list[float]]:
    """The memory from now on, every `MEMORY_EVERY` seconds."""
    found, stop = [memory_mb(process_id)], threading.Event()

    def watch() -> None:
        while not stop.wait(MEMORY_EVERY):
            found.append(memory_mb(process_id))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


@contextmanager
def served(index: str, options: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The address and the process of a service for a copy of an index."""
    with tempfile.TemporaryDirectory() as aside:
        copy = str(Path(aside) / "index")
        subprocess.run([sys.executable, "-m", "ragqa", "copy", index, copy], check=True, stdout=subprocess.DEVNULL)
        command = [sys.executable, "-m", "ragqa", "serve", "-i", copy, "--port", "0", "--writable", *options]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as service:
            assert service.stderr is not None
            try:
                line = service.stderr.readline()
                if "http://" not in line:
                    sys.exit(line + service.stderr.read())
                yield line.split()[-1], service.pid
            finally:
                service.terminate()
                print(service.stderr.read(), file=sys.stderr, end="")


def quantile(times: Sequence[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(times)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def row(name: str, times: Sequence[float], seconds: float) -> str:
    cells = [f"{quantile(times, share):,.0f}" for share in (0.5, 0.95, 0.99)]
    longest = f"{1000 * max(times, default=float('nan')):,.0f}"
    return f"| {name} | {len(times):,} | {len(times) / seconds:.1f} | {' | '.join(cells)} | {longest} |"


def report(
    alone: Seen, seen: Seen, seconds: tuple[float, float], health: Any, memory: Sequence[float], clients: int
) -> bool:
    """Print the tables; whether all is well."""
    print("| clients | replies | a second | p50 | p95 | p99 | longest |\n|---|---|---|---|---|---|---|")
    print(row("1", alone.times, seconds[0]))
    print(row(f"{clients}", seen.times, seconds[1]))
    times, failures = health
    print(row("/livez meanwhile", times, seconds[1]))
    statuses = Counter(alone.statuses + seen.statuses)
    print(f"\nstatuses: {', '.join(f'{name}: {count:,}' for name, count in statuses.most_common())}")
    print(f"/livez that failed: {failures}")
    checked, mixed = alone.counters + seen.counters, alone.mixed + seen.mixed
    print(f"generations: {len(seen.generations)}; replies that mixed them: {len(mixed)} of {checked:,} looked at")
    for line in mixed[:5]:
        print(f"  {line}")
    minute = round(60 / MEMORY_EVERY)
    print(f"memory each minute (MB): {', '.join(f'{value:,.0f}' for value in [*memory[::minute], memory[-1]])}")
    half = len(memory) // 2
    first, second = (statistics.mean(part) for part in (memory[half // 2 : half] or memory, memory[half:]))
    print(f"mean of the second quarter {first:,.0f} MB, of the second half {second:,.0f} MB")
    return not (set(statuses) - {"200", "503"} or failures or mixed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index")
    parser.add_argument("questions")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--every", type=float, default=20.0)
    parser.add_argument("--serve", default="", help="further options of ragqa serve")
    given = parser.parse_args()
    questions = [question.text for question in read_questions(given.questions)]
    seconds = (6 * given.minutes, 60 * given.minutes)
    numbers = Numbers()
    with served(given.index, shlex.split(given.serve)) as (url, process_id):
        numbers.change(Caller(url))
        for question in questions[:20]:  # warm
            Caller(url).send("POST", "/v1/ask", {"question": question})
        alone = under_load(url, questions, 1, seconds[0], given.every, numbers)
        with memory_watched(process_id) as memory, health_watched(url) as health:
            seen = under_load(url, questions, given.clients, seconds[1], given.every, numbers)
    sys.exit(not report(alone, seen, seconds, health[0], memory, given.clients))


if __name__ == "__main__":
    main()
