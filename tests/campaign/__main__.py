"""``python -m tests.campaign``: trials of all kinds in turn until the time is up, then the table of outcomes.

Exit code 1 if any promise was broken; each such trial is told with the command that repeats it. Exit code 2 if the
campaign itself failed in a trial, which then counts for nothing.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import shlex
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import tracing
from .kinds import Lab, clear
from .outcome import BAD, Result
from .table import render

KINDS = {  # the share of the time that each gets
    "kills": 3,
    "errors": 3,
    "corruption": 4,
    "concurrency": 2,
    "limits": 2,
    "hostile": 2,
    "fuzz": 4,
    "unicode": 2,
    "power": 3,
}
SHORT = {  # trials of the short form, which the tests run
    "kills": 4,
    "errors": 4,
    "corruption": 6,
    "concurrency": 1,
    "limits": 3,
    "hostile": 6,
    "fuzz": 8,
    "unicode": 2,
    "power": 4,
}
STEPS = {"hostile": 10}  # the short form takes every tenth of the hostile files
TRACED = ("errors", "power")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; 0 if every promise held."""
    options = _options().parse_args(arguments)
    kinds = [kind for kind in options.only.split(",") if kind] or list(KINDS)
    if unknown := set(kinds) - set(KINDS):
        raise SystemExit(f"no kind called {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    left_out = {} if tracing.available() else dict.fromkeys(set(TRACED) & set(kinds), "needs ptrace on Linux x86-64")
    kinds = [kind for kind in kinds if kind not in left_out]
    report = Report(options, arguments, kinds, left_out)
    scratch = Path(tempfile.mkdtemp(prefix="campaign-"))
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
    try:
        for kind, number in _plan(kinds, options, report.began):
            report.add(kind, number, _try(Lab(scratch, kind, options.seed), number))
    except KeyboardInterrupt:
        print("interrupted; the table so far:", file=sys.stderr)
    finally:
        clear(scratch)
    report.save()
    print(render(report.to_dict()))
    return 2 if report.failed else int(bool(report.broken))


def _try(lab: Lab, number: int) -> Result | str:
    """The result of a trial, or how the campaign itself failed in it."""
    try:
        found: Result = importlib.import_module(f".kinds.{lab.kind}", __package__).trial(lab, number)
    except Exception:
        return traceback.format_exc()
    return found


class Report:
    """What was tried and came of it; told as it happens, and saved every minute."""

    def __init__(
        self, options: argparse.Namespace, line: Sequence[str] | None, kinds: Sequence[str], left_out: dict[str, str]
    ) -> None:
        self.began = self._saved = time.monotonic()
        self.broken: list[dict[str, object]] = []
        self.failed: list[dict[str, object]] = []
        self._options, self._left_out = options, left_out
        self._line = shlex.join(["python", "-m", "tests.campaign", *(sys.argv[1:] if line is None else line)])
        self._counts: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}

    def add(self, kind: str, number: int, found: Result | str) -> None:
        """Count a trial; tell it if it broke a promise, or if all are to be told."""
        again = f"python -m tests.campaign --only {kind} --seed {self._options.seed} --trial {number}"
        if isinstance(found, str):
            self.failed.append({"kind": kind, "seen": found, "again": again})
            print(f"THE CAMPAIGN ITSELF FAILED: {again}\n{found}", flush=True)
            return
        self._counts[kind][found.outcome.value] += 1
        if found.outcome in BAD:
            told = {"kind": kind, "outcome": found.outcome.value, "what": found.what, "seen": found.seen}
            self.broken.append({**told, "again": again})
            print(f"{found.outcome.value}: {found.what}\n    {found.seen}\n    {again}", flush=True)
        elif self._options.verbose:
            print(f"{kind} {number}: {found.outcome.value}: {found.what}  {found.seen}", flush=True)
        if time.monotonic() - self._saved > 60:
            self.save()

    def save(self) -> None:
        """Write it to the file that was asked for."""
        self._saved = time.monotonic()
        if self._options.json:
            content = json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"
            Path(self._options.json).write_text(content, encoding="utf-8")

    def to_dict(self) -> dict[str, object]:
        """As JSON."""
        return {
            "command": self._line,
            "seed": self._options.seed,
            "seconds": round(time.monotonic() - self.began, 1),
            "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
            "kinds": {kind: dict(found) for kind, found in self._counts.items()},
            "left_out": self._left_out,
            "broken": self.broken,
            "failed": self.failed,
        }


def _plan(kinds: Sequence[str], options: argparse.Namespace, began: float) -> Iterator[tuple[str, int]]:
    """Which trial comes next: the kind that has had the least of its share of the time."""
    if options.trial is not None:
        yield from ((kind, options.trial) for kind in kinds)
        return
    if options.short:
        yield from ((kind, STEPS.get(kind, 1) * number) for kind in kinds for number in range(SHORT[kind]))
        return
    if options.trials is not None:
        yield from ((kind, number) for kind in kinds for number in range(options.trials))
        return
    spent, numbers = dict.fromkeys(kinds, 0.0), dict.fromkeys(kinds, 0)
    while time.monotonic() - began < 60 * options.minutes:
        kind = min(kinds, key=lambda kind: spent[kind] / KINDS[kind])
        start = time.monotonic()
        yield kind, numbers[kind]
        spent[kind] += time.monotonic() - start
        numbers[kind] += 1


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.campaign", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to go on [1]")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins with [1]")
    parser.add_argument("--only", default="", metavar="KIND,…", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--trials", type=int, help="so many trials of each kind, instead of minutes")
    parser.add_argument("--trial", type=int, help="this trial alone, to repeat it")
    parser.add_argument("--short", action="store_true", help="a few trials of each kind, as the tests run them")
    parser.add_argument("--json", metavar="FILE", help="counts and broken promises as JSON")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell every trial")
    return parser


if __name__ == "__main__":
    sys.exit(main())
