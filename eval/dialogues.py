"""What carrying over from earlier questions is worth: sixty dialogues about the sample corpus.

    python eval/dialogues.py [INDEX] [--split dev,test] [--json] [--show]

Builds the index of corpora/sample [indexes/sample], or opens it. Each dialogue is asked twice: in a session, where a
question may lean on those before it (and on the replies that it really got), and question by question as typed. The
rules were written with the half "dev" in view; "test" is about other documents and was written before the rules were.

Prints Markdown: EM and F1 of first turns, of follow-up turns and of later turns that lean on nothing, and how many of
the latter were changed. Intervals are 95 % bootstrap over dialogues, p is of a paired randomisation test over them.
``--show`` prints every question as it was understood, with its answer.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ragqa.eval.measure.stats import Figure, bootstrap, randomization_test
from ragqa.indexing import build
from ragqa.judging.metrics import exact_match, f1
from ragqa.pipeline import Pipeline
from ragqa.types import Reply

ROOT = Path(__file__).parents[1]
DIALOGUES = ROOT / "eval" / "questions" / "dialogues.jsonl"
GROUPS = ("first", "follow-up", "independent")


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn, asked in its session and as typed. Scores are EM and F1."""

    dialogue: str
    kind: str
    typed: str
    understood: str
    answer: str
    with_context: tuple[float, float]
    without: tuple[float, float]

    @property
    def group(self) -> str:
        return self.kind if self.kind in ("first", "independent") else "follow-up"

    @property
    def changed(self) -> bool:
        return self.typed != self.understood


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", nargs="?", default="indexes/sample")
    parser.add_argument("--split", default="dev,test")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    build(ROOT / "corpora" / "sample", arguments.index)
    pipeline = Pipeline.load(arguments.index)
    dialogues = [json.loads(line) for line in DIALOGUES.read_text(encoding="utf-8").splitlines()]
    results = {
        split: [turn for dialogue in dialogues if dialogue["split"] == split for turn in ask(pipeline, dialogue)]
        for split in arguments.split.split(",")
    }
    if arguments.show:
        show(results)
    if arguments.json:
        print(json.dumps({split: summary(turns) for split, turns in results.items()}, indent=2))
        return
    print("\n".join([*table(results), "", *kinds(results)]))


def ask(pipeline: Pipeline, dialogue: dict) -> Iterator[Asked]:
    """The turns of one dialogue."""
    session = pipeline.session()
    for turn in dialogue["turns"]:
        reply = session.ask(turn["question"])
        yield Asked(
            dialogue["id"],
            turn["kind"],
            turn["question"],
            session.history[-1].understood.question,
            best(reply),
            score(reply, turn["answers"]),
            score(pipeline.ask(turn["question"]), turn["answers"]),
        )


def best(reply: Reply) -> str:
    return reply.answers[0].text if reply.answers else ""


def score(reply: Reply, answers: Sequence[str]) -> tuple[float, float]:
    """EM and F1 of the best answer; of a question without an answer, whether none was given."""
    return exact_match(best(reply), answers), f1(best(reply), answers)


def over_dialogues(turns: Sequence[Asked], value: Callable[[Asked], float]) -> Figure:
    """The mean over turns, its interval over dialogues, whose turns hang together; n is the number of turns."""
    parts = by_dialogue(turns, value)
    figure = bootstrap(
        lambda rows: float(np.mean(np.concatenate([parts[row] for row in rows]))), len(parts), samples=2000
    )
    return Figure(figure.value, figure.low, figure.high, len(turns))


def difference(turns: Sequence[Asked], which: int) -> tuple[Figure, float]:
    """How much better with context, and p."""

    def gain(turn: Asked) -> float:
        return turn.with_context[which] - turn.without[which]

    sums = np.array([values.sum() for values in by_dialogue(turns, gain)])
    return over_dialogues(turns, gain), randomization_test(sums)


def by_dialogue(turns: Sequence[Asked], value: Callable[[Asked], float]) -> list[np.ndarray]:
    names = sorted({turn.dialogue for turn in turns})
    return [np.array([value(turn) for turn in turns if turn.dialogue == name]) for name in names]


def summary(turns: Sequence[Asked]) -> dict:
    """All figures of a split."""
    found: dict = {}
    for group in GROUPS:
        own = [turn for turn in turns if turn.group == group]
        found[group] = {"n": len(own), "changed": sum(turn.changed for turn in own)}
        for which, name in enumerate(("em", "f1")):
            gain, p = difference(own, which)
            found[group][name] = {
                "with": over_dialogues(own, lambda turn, at=which: turn.with_context[at]).to_dict(),
                "without": over_dialogues(own, lambda turn, at=which: turn.without[at]).to_dict(),
                "difference": {**gain.to_dict(), "p": p},
            }
    return found


def table(results: dict[str, list[Asked]]) -> Iterator[str]:
    yield "| split | turns | n | EM as typed | EM in a session | difference | p | F1 as typed | F1 in one | changed |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for split, turns in results.items():
        for group, found in summary(turns).items():
            em, overlap = found["em"], found["f1"]
            gain, p = em["difference"], em["difference"]["p"]
            cells = (percent(em["without"]), percent(em["with"]), percent(gain), f"{p:.4f}")
            more = (percent(overlap["without"]), percent(overlap["with"]), f"{found['changed']} of {found['n']}")
            yield f"| {split} | {group} | {found['n']} | {' | '.join((*cells, *more))} |"


def kinds(results: dict[str, list[Asked]]) -> Iterator[str]:
    """Right answers by what a follow-up leans on."""
    yield f"| follow-ups | {' | '.join(f'{split}: n | as typed | in a session' for split in results)} |"
    yield f"|---|{'---|' * 3 * len(results)}"
    every = [turn for turns in results.values() for turn in turns if turn.group == "follow-up"]
    for kind in sorted({turn.kind for turn in every}):
        cells = []
        for turns in results.values():
            own = [turn for turn in turns if turn.kind == kind]
            right = sum(turn.without[0] for turn in own), sum(turn.with_context[0] for turn in own)
            cells += [f"{len(own)}", *(f"{count:.0f}" for count in right)]
        yield f"| {kind} | {' | '.join(cells)} |"


def percent(figure: dict) -> str:
    return f"{100 * figure['value']:.1f} ({100 * figure['low']:.1f}–{100 * figure['high']:.1f})"


def show(results: dict[str, list[Asked]]) -> None:
    for turns in results.values():
        for turn in turns:
            mark = "right" if turn.with_context[0] else "wrong"
            print(f"{turn.dialogue}  {turn.kind:12}  {mark}  {turn.typed}  →  {turn.understood}  |  {turn.answer!r}")


if __name__ == "__main__":
    main()
