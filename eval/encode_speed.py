"""Indexing throughput against sentence-transformers' default ``encode`` on the same passages, in one run.

    python eval/encode_speed.py passages.json.gz [--passages 300] [--rounds 3]        (needs [train])

The two take turns; prints passages a second of each round and the ratio of the medians, and how well the int8 vectors
agree with the fp32 ones (mean cosine).
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable

import numpy as np
from sentence_transformers import SentenceTransformer

from ragqa.corpus.squad import load_squad
from ragqa.documents import Passage
from ragqa.models.catalog import load_encoder, resolve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--passages", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    paragraphs = random.Random(1).sample(load_squad(arguments.data), arguments.passages)
    passages = [Passage("", "", p.text, p.subject, 0, len(p.text)) for p in paragraphs]
    ours, theirs = load_encoder(), SentenceTransformer(resolve("all-MiniLM-L6-v2", "base").as_posix(), device="cpu")
    texts = [passage.retrieval_text for passage in passages]
    speeds: dict[str, list[float]] = {"ragqa": [], "sentence-transformers": []}
    for _ in range(arguments.rounds):
        speeds["ragqa"].append(len(texts) / timed(lambda: ours.encode_passages(passages)))
        speeds["sentence-transformers"].append(len(texts) / timed(lambda: theirs.encode(texts)))
    a, b = ours.encode_passages(passages), np.asarray(theirs.encode(texts, normalize_embeddings=True))
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    print(
        json.dumps(
            {
                "passages": len(texts),
                "passages_per_second": {name: [round(v, 1) for v in values] for name, values in speeds.items()},
                "ratio_of_medians": round(medians["ragqa"] / medians["sentence-transformers"], 2),
                "mean_cosine": round(float((a * b).sum(axis=1).mean()), 4),
            },
            indent=2,
        )
    )


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
