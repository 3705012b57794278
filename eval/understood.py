"""How many questions of written dialogues are understood as their author meant them. No index and no model is needed.

    python eval/understood.py [FILE …] [--show]

A file has one dialogue a line: its documents (title and text) and its turns, each with the question as typed, the
questions that may be understood by it ("meant", the best first; the question itself where nothing may be carried), the
answer, and the title of the document that answers if that is not the first one. Other languages than English are named
("language"), and such dialogues have no documents. Each turn follows what its author meant
by the turns before it, so one misunderstanding counts once. A question is right if it has the same words as one that
was meant; articles, prepositions and the order of the words aside.

Prints, per file, right of all turns by kind. ``--show`` prints each turn that was misunderstood.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ragqa.followup import Turn, understand
from ragqa.followup.words import DETERMINERS, PREPOSITIONS, words

QUESTIONS = Path(__file__).parent / "questions"
NAMES = ("followups", "followups-aside", "followups-manuals", "followups-languages")
FILES = tuple(QUESTIONS / f"{name}.jsonl" for name in NAMES)


@dataclass(frozen=True, slots=True)
class Judged:
    """A later turn of a dialogue: what it was understood as, and what was meant."""

    dialogue: str
    kind: str
    typed: str
    understood: str
    meant: tuple[str, ...]

    @property
    def right(self) -> bool:
        return any(same(self.understood, meant) for meant in self.meant)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=FILES)
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    for path in arguments.files:
        turns = [turn for line in path.read_text(encoding="utf-8").splitlines() for turn in judge(json.loads(line))]
        print(f"{path.name}: {counted(turns)}")
        kinds: dict[str, list[Judged]] = defaultdict(list)
        for turn in turns:
            kinds[turn.kind].append(turn)
        for kind, own in sorted(kinds.items()):
            print(f"  {kind}: {counted(own)}")
        for turn in turns:
            if arguments.show and not turn.right:
                print(f"  {turn.dialogue}  {turn.typed}  →  {turn.understood}  (meant: {' / '.join(turn.meant)})")


def judge(dialogue: dict) -> Iterator[Judged]:
    """The later turns of one dialogue."""
    history: list[Turn] = []
    for turn in dialogue["turns"]:
        if history:
            understood = understand(turn["question"], history, dialogue.get("language", "en")).question
            yield Judged(dialogue["id"], turn["kind"], turn["question"], understood, tuple(turn["meant"]))
        history.append(written(turn, dialogue.get("documents", {})))


def written(turn: dict, documents: dict[str, str]) -> Turn:
    """A turn with what its author meant and the answer that the author gave."""
    if not turn["answers"]:
        return Turn(turn["question"], turn["meant"][0])
    title = turn.get("title") or next(iter(documents), "")
    return Turn(turn["question"], turn["meant"][0], turn["answers"][0], title, documents.get(title, ""))


def same(one: str, other: str) -> bool:
    """Whether two questions have the same words, in whatever order; articles and prepositions aside."""
    loose = DETERMINERS | PREPOSITIONS
    return sorted(set(_spelled(one)) - loose) == sorted(set(_spelled(other)) - loose)


def _spelled(text: str) -> list[str]:
    return words(text.replace("’", "'").replace("What's", "What is").replace("Who's", "Who is"))


def counted(turns: list[Judged]) -> str:
    return f"{sum(turn.right for turn in turns)} of {len(turns)}"


if __name__ == "__main__":
    main()
