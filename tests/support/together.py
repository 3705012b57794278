"""Runs of training in this process, one of several that share them: ``python together.py CASES RESULTS``.

CASES is a JSON list of runs, RESULTS the file for what became of each in this process. A case names its kind, recipe
settings, and output; "break" makes one process' loss NaN in the third pass, "interrupt" sends it SIGINT then, and
"apart" gives the other processes an output folder of their own, in which all that they write can be seen.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path


def train(case: dict, output: Path) -> None:
    from ragqa import train as training
    from ragqa.convert import override
    from ragqa.train.engine import recipe as recipes

    recipe = override(recipes.KINDS[case["kind"]](), case["settings"])
    fit = getattr(training, f"fit_{case['kind']}")
    if case["kind"] == "joint":
        fit(case["index"], case["data"], output, recipe)
    else:
        fit([case["data"]], output, recipe)


def disturb(case: dict, rank: int) -> None:
    """In the last process alone, the third pass goes wrong, or somebody presses Ctrl-C in it."""
    from ragqa.train.engine.trainer import EngineTrainer

    plain = EngineTrainer._backward
    EngineTrainer.plain = getattr(EngineTrainer, "plain", plain)
    EngineTrainer._backward, passes = EngineTrainer.plain, []
    if rank == 0 or not (case.get("break") or case.get("interrupt")):
        return

    def backward(self, loss):
        passes.append(loss)
        if len(passes) == 3 and case.get("interrupt"):
            os.kill(os.getpid(), signal.SIGINT)
        return EngineTrainer.plain(self, loss * float("nan") if len(passes) == 3 and case.get("break") else loss)

    EngineTrainer._backward = backward


def main() -> None:
    cases, results, rank = json.loads(Path(sys.argv[1]).read_text()), [], int(os.environ["RANK"])
    for case in cases:
        output = Path(case["output"])
        output = output.with_name(f"{output.name}-of-{rank}") if case.get("apart") and rank else output
        disturb(case, rank)
        try:
            train(case, output)
            results.append("done")
        except (Exception, KeyboardInterrupt) as error:
            results.append(f"{type(error).__name__}: {error}")
        Path(sys.argv[2]).write_text(json.dumps(results))


if __name__ == "__main__":
    main()
