"""Whether the answers of a run keep what is promised of them.

    python eval/check_answers.py RUN INDEX

RUN is a run of an open suite with one part (``ragqa eval run``), INDEX the index that it asked. Prints one JSON object:
how many replies and answers were looked at, and how many answers

    misplaced     do not stand in their document where they are said to
    duplicate     say the same as a better one of the same reply, or nearly so (`ragqa.evidence.phrases`)
    overlapping   share characters of a document with a better one of the same reply
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from typing import Any

from ragqa.eval.runs.folder import SuiteRun
from ragqa.evidence.phrases import near, phrase
from ragqa.index.snapshot import Snapshot
from ragqa.wording import Wording, wording_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("index")
    given = parser.parse_args()
    snapshot = Snapshot.open(given.index, parts=("passages",))
    rows = [row for row in range(snapshot.rows) if snapshot.alive[row]]
    wording = wording_of(snapshot.manifest.config.language)
    starts = {passage.id: passage.start for passage in snapshot.passages(rows)}
    found = Counter(replies=0, answers=0, misplaced=0, duplicate=0, overlapping=0)
    for record in SuiteRun(given.run).records():
        found["replies"] += 1
        better: list[tuple[dict[str, Any], int, int]] = []
        for answer in record["answers"]:
            start, end = (starts[answer["passage"]] + answer[side] for side in ("start", "end"))
            found["answers"] += 1
            found["misplaced"] += snapshot.document(answer["doc_id"]).text[start:end] != answer["text"]
            found["duplicate"] += any(alike(answer["text"], other["text"], wording) for other, _, _ in better)
            found["overlapping"] += any(
                other["doc_id"] == answer["doc_id"] and begin < end and start < stop for other, begin, stop in better
            )
            better.append((answer, start, end))
    print(json.dumps(found, indent=2))


def alike(one: str, other: str, wording: Wording) -> bool:
    first, second = phrase(one, wording), phrase(other, wording)
    return first.key == second.key or near(first, second, wording)


if __name__ == "__main__":
    main()
