"""``python -m tests.campaign``: trials of all kinds in turn until the time is up, then the table of outcomes.

Exit code 1 if any promise was broken; each such trial is told with the command that repeats it.
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
    "kills": 7,
    "errors": 6,
    "corruption": 10,
    "concurrency": 1,
    "limits": 5,
    "hostile": 6,
    "fuzz": 12,
    "unicode": 2,
    "power": 6,
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
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    broken: list[dict[str, object]] = []
    began = time.monotonic()
    scratch = Path(tempfile.mkdtemp(prefix="campaign-"))
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
    try:
        for kind, number in _plan(kinds, options, began):
            trial = importlib.import_module(f".kinds.{kind}", __package__).trial
            found: Result = trial(Lab(scratch, kind, options.seed), number)
            counts[kind][found.outcome.value] += 1
            if found.outcome in BAD:
                again = f"python -m tests.campaign --only {kind} --seed {options.seed} --trial {number}"
                told = {"kind": kind, "outcome": found.outcome.value, "what": found.what, "seen": found.seen}
                broken.append({**told, "again": again})
                print(f"{found.outcome.value}: {found.what}\n    {found.seen}\n    {again}", flush=True)
            elif options.verbose:
                print(f"{kind} {number}: {found.outcome.value}: {found.what}  {found.seen}", flush=True)
    except KeyboardInterrupt:
        print("interrupted; the table so far:", file=sys.stderr)
    except Exception:
        traceback.print_exc()
        print("the campaign itself failed", file=sys.stderr)
        return 2
    finally:
        clear(scratch)
    report = {
        "command": shlex.join(["python", "-m", "tests.campaign", *(sys.argv[1:] if arguments is None else arguments)]),
        "seed": options.seed,
        "seconds": round(time.monotonic() - began, 1),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "kinds": {kind: dict(found) for kind, found in counts.items()},
        "left_out": left_out,
        "broken": broken,
    }
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(render(report))
    return int(bool(broken))


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
