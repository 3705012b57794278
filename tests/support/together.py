"""Runs of training in this process, one of several that share them: ``torchrun … together.py CASES FOLDER``.

CASES is a JSON list of runs. FOLDER gets ``said-RANK.json``, what became of each in this process, and at its very end
``left-RANK.json``, whether it was in a group still. A case names its kind, recipe settings, and output; "break" makes
one process' loss NaN in the third pass, "interrupt" sends it SIGINT then, "apart" gives the other processes an output
folder of their own, in which all that they write can be seen, and "command" runs it by ``ragqa train reader``.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
from pathlib import Path


def train(case: dict, output: Path) -> None:
    if case.get("command"):
        by_command(case, output)
        return
    from ragqa import train as training
    from ragqa.convert import override
    from ragqa.train.engine import recipe as recipes

    recipe = override(recipes.KINDS[case["kind"]](), case["settings"])
    fit = getattr(training, f"fit_{case['kind']}")
    if case["kind"] == "joint":
        fit(case["index"], case["data"], output, recipe)
    else:
        fit([case["data"]], output, recipe)


def by_command(case: dict, output: Path) -> None:
    from ragqa.cli import main as ragqa

    bare = output.with_name(f"bare-{os.environ['RANK']}.toml")  # not the packaged recipe
    bare.write_text(f'kind = "{case["kind"]}"\n')
    settings = [word for name, value in case["settings"].items() for word in ("--set", f"{name}={value}")]
    try:
        ragqa(["train", case["kind"], case["data"], "-o", str(output), "--recipe", str(bare), *settings])
    except SystemExit as leave:
        if leave.code != 0:
            raise RuntimeError(f"exit code {leave.code}") from leave


def at_the_end(folder: Path, rank: int) -> None:
    from torch import distributed

    facts = {"still in a group": distributed.is_initialized()}
    (folder / f"left-{rank}.json").write_text(json.dumps(facts))


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
    folder = Path(sys.argv[2])
    atexit.register(at_the_end, folder, rank)  # what is registered first is called last
    for case in cases:
        output = Path(case["output"])
        output = output.with_name(f"{output.name}-of-{rank}") if case.get("apart") and rank else output
        disturb(case, rank)
        try:
            train(case, output)
            results.append("done")
        except (Exception, KeyboardInterrupt) as error:
            results.append(f"{type(error).__name__}: {error}")
        (folder / f"said-{rank}.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main()
