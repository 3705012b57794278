"""How fast the models of the packaged pairs read on this processor.

    python eval/model_speed.py dev-v1.1.json.gz [--passages 200] [--rounds 3]

The pairs take turns. Prints Markdown: tokens a second of processor time (all cores together) of encoder and reader,
each in its own tokens and with what is put around a text: the median of the rounds, the slowest and the fastest.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable

from ragqa.corpus.squad import load_squad
from ragqa.documents import Passage
from ragqa.models.catalog import load_encoder, load_reader, pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--passages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    paragraphs = random.Random(1).sample(load_squad(given.data), given.passages)
    passages = [Passage("", "", one.text, "", 0, len(one.text)) for one in paragraphs]
    questions = [one.questions[0].text for one in paragraphs]
    jobs: dict[str, tuple[int, Callable[[], object]]] = {}
    for name in pairs():
        encoder, reader = load_encoder(name), load_reader(name)
        single = (encoder.tokenizer.single(one.ids) for one in encoder.tokenizer.encode([one.text for one in passages]))
        asked, read = (reader.tokenizer.encode(texts) for texts in (questions, [one.text for one in passages]))
        cut = (reader.tokenizer.windows(q.ids, p.ids, reader.stride) for q, p in zip(asked, read, strict=True))
        jobs[f"{name} encoder"] = (
            sum(len(window.ids) for window in single),
            lambda own=encoder: own.encode_passages(passages),
        )
        windows = sum(len(window.ids) for windows in cut for window in windows)
        jobs[f"{name} reader"] = windows, lambda own=reader: own.read(questions, passages)
    speeds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(given.rounds):
        for name, (tokens, job) in jobs.items():
            begun = time.process_time()
            job()
            speeds[name].append(tokens / (time.process_time() - begun))
    print("| | tokens a second and core | from | to |\n|---|---|---|---|")
    for name, found in speeds.items():
        print(f"| {name} | {statistics.median(found):,.0f} | {min(found):,.0f} | {max(found):,.0f} |")


if __name__ == "__main__":
    main()
