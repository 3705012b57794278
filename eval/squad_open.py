"""Open-domain figures on SQuAD: retrieval by gold passage, answers end to end, offsets, speed.

    ragqa index train-v1.1.json.gz dev-v1.1.json.gz -o indexes/squad
    python eval/squad_open.py indexes/squad dev-v1.1.json.gz [--reader default|DIR] [--sample N]

Every answer given is checked: slicing its source paragraph by the answer's document span must give the answer's text.
Prints one JSON object; shares in percent, with 95 % bootstrap intervals over questions where they are means.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from dataclasses import replace

import numpy as np

from ragqa.config import Config, ReadConfig
from ragqa.corpus.squad import load_squad
from ragqa.eval.metrics import exact_match, f1, mean_interval
from ragqa.pipeline import Pipeline

DEPTHS = (1, 5, 20)
FUSIONS = {"BM25": "bm25", "dense": "dense", "hybrid": "convex", "RRF": "rrf"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index")
    parser.add_argument("data")
    parser.add_argument("--reader", default="default")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--weight", type=float, default=ReadConfig().retrieval_weight)
    parser.add_argument("--skip-retrieval", action="store_true")
    arguments = parser.parse_args()
    pairs = [(paragraph, question) for paragraph in load_squad(arguments.data) for question in paragraph.questions]
    if arguments.sample:
        pairs = random.Random(1).sample(pairs, arguments.sample)
    config = Config(read=ReadConfig(reader=arguments.reader, retrieval_weight=arguments.weight))
    pipeline = Pipeline.load(arguments.index, config)
    result = {"n": len(pairs), "passages": int(pipeline.snapshot.live), "reader": arguments.reader}
    if not arguments.skip_retrieval:
        result["retrieval"] = retrieval(pipeline, pairs)
    result["answers"] = answers(pipeline, pairs)
    result["latency"] = latency(pipeline, [question.text for _, question in pairs])
    print(json.dumps(result, indent=2))


def retrieval(pipeline: Pipeline, pairs: list) -> dict:
    """Top-k accuracy by gold passage for each way of ranking, in percent."""
    retriever, table = pipeline.retriever, {}
    for name, fusion in FUSIONS.items():
        retriever.config = replace(retriever.config, fusion=fusion)
        ranks = []
        for start in range(0, len(pairs), 64):
            batch = pairs[start : start + 64]
            found = retriever.retrieve([question.text for _, question in batch], max(DEPTHS))
            for (paragraph, _), hits in zip(batch, found, strict=True):
                ranks.append(next((h.rank for h in hits if is_gold(h.passage.doc_id, paragraph.id)), 10**9))
        table[name] = {f"top-{depth}": round(100 * float(np.mean(np.array(ranks) <= depth)), 2) for depth in DEPTHS}
    retriever.config = pipeline.config.retrieve
    return table


def answers(pipeline: Pipeline, pairs: list) -> dict:
    """EM and F1 of the best answer, passages read, offsets that do not hold, and questions a second."""
    em, f1s, read, broken = [], [], [], 0
    started = time.perf_counter()
    replies = pipeline.ask_many([question.text for _, question in pairs])
    seconds = time.perf_counter() - started
    for (_, question), reply in zip(pairs, replies, strict=True):
        references = [answer.text for answer in question.answers]
        best = reply.answers[0].text if reply.answered else ""
        em.append(100 * exact_match(best, references))
        f1s.append(100 * f1(best, references))
        read.append(reply.read)
        for answer in reply.answers:
            document = pipeline.snapshot.document(answer.hit.passage.doc_id)
            start, end = answer.document_span
            broken += document is None or document.text[start:end] != answer.text
    return {
        "EM": interval(em),
        "F1": interval(f1s),
        "passages_read": {"mean": round(float(np.mean(read)), 2), "median": float(np.median(read))},
        "answers_given": sum(len(reply.answers) for reply in replies),
        "offsets_broken": int(broken),
        "ask_many_per_second": round(len(pairs) / seconds, 1),
    }


def latency(pipeline: Pipeline, questions: list[str]) -> dict:
    """One question at a time, warm: milliseconds."""
    sample = random.Random(2).sample(questions, min(200, len(questions)))
    times = []
    for question in sample:
        started = time.perf_counter()
        pipeline.ask(question)
        times.append(1000 * (time.perf_counter() - started))
    p95 = statistics.quantiles(times, n=20)[18]
    return {"n": len(sample), "p50_ms": round(statistics.median(times), 1), "p95_ms": round(p95, 1)}


def is_gold(doc_id: str, paragraph_id: str) -> bool:
    """Whether an indexed document is that paragraph; an index of several files puts the file's name in front."""
    return doc_id == paragraph_id or doc_id.endswith("/" + paragraph_id)


def interval(values: list[float]) -> dict[str, float]:
    mean, low, high = mean_interval(values)
    return {"mean": round(mean, 2), "low": round(low, 2), "high": round(high, 2)}


if __name__ == "__main__":
    main()
