"""How long one question takes, warm, and how many a second `ask_many` answers.

    python eval/ask_speed.py indexes/squad dev-v1.1.json.gz [--sample 300]

Prints one JSON object; stages are medians in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time

from ragqa.judging.questions import read_questions
from ragqa.pipeline import Pipeline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index")
    parser.add_argument("questions")
    parser.add_argument("--sample", type=int, default=300)
    arguments = parser.parse_args()
    questions = [question.text for question in read_questions(arguments.questions)]
    chosen = random.Random(2).sample(questions, min(arguments.sample, len(questions)))
    pipeline = Pipeline.load(arguments.index)
    pipeline.ask_many(chosen[:10])
    times, read, stages = [], [], []
    for question in chosen:
        started = time.perf_counter()
        reply = pipeline.ask(question)
        times.append(1000 * (time.perf_counter() - started))
        read.append(reply.read)
        stages.append({**reply.timings, "read one passage": reply.timings["read"] / max(1, reply.read)})
    started = time.perf_counter()
    pipeline.ask_many(chosen)
    together = time.perf_counter() - started
    quantiles = statistics.quantiles(times, n=20)
    result = {
        "questions": len(chosen),
        "ask_ms": {"p50": round(statistics.median(times), 1), "p95": round(quantiles[18], 1)},
        "stages_ms": {name: round(statistics.median(one[name] for one in stages), 1) for name in stages[0]},
        "passages_read": {"mean": round(statistics.mean(read), 2), "median": statistics.median(read)},
        "ask_many_per_second": round(len(chosen) / together, 1),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
