"""Find the passages that the packaged reader's third run learns from.

    python eval/shipped_reader_data.py SQUAD_INDEX TRAIN.json -o mined.jsonl

TRAIN.json are SQuAD v1.1's training questions, SQUAD_INDEX holds their paragraphs (and the development set's). Asked are
16,000 of the questions, of articles that calibration does not ask about (`shipped_calibration.py`); kept are up to six
passages a question that hybrid retrieval finds and that do not hold the answer.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import asdict
from pathlib import Path

from shipped_calibration import unseen

from ragqa.eval.data import read_questions
from ragqa.train.mining import Mining, mine

QUESTIONS, SEED = 16_000, 3


def main() -> None:
    """Draw, mine, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("squad_index", type=Path)
    parser.add_argument("train", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    asked = {question.id for question in unseen(str(given.train))}
    others = [question for question in read_questions(given.train) if question.id not in asked]
    chosen = random.Random(SEED).sample(others, QUESTIONS)
    print(json.dumps(asdict(mine(given.squad_index, chosen, given.output, Mining(negatives=6, margin=None))), indent=2))


if __name__ == "__main__":
    main()
