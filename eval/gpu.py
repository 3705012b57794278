"""Everything that a GPU does, once, with rates: a check for a new machine.

    python eval/gpu.py [--device cuda] [--steps 20] [--texts 2000] [--rows 500000]      (needs [train])
    python eval/gpu.py --device cpu --steps 2 --texts 24 --rows 20000                   the same in a small form

Trains a reader, a retriever, both together and a reranker in bf16 (questions a second, the first steps included),
encodes passages (a second), and searches random vectors exactly in eight threads at once (questions a second), which
must find what numpy finds. Questions and texts are made up, so only rates mean something.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

import ragqa.train
from ragqa import build
from ragqa.convert import override
from ragqa.device import gpu_of
from ragqa.documents import Passage
from ragqa.index.exact import NumpyScan
from ragqa.index.gpu import gpu_scan
from ragqa.mining.pairs import Candidate, Pairing, write_pairings
from ragqa.models.catalog import load_encoder, resolve
from ragqa.train.engine.recipe import KINDS

BASE = "all-MiniLM-L6-v2"
THREADS, AT_ONCE, ROUNDS = 8, 64, 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--rows", type=int, default=500_000)
    arguments = parser.parse_args()
    number = gpu_of(arguments.device)  # a line that says what is there, where it is not
    print("processor" if number is None else torch.cuda.get_device_name(number), flush=True)
    with TemporaryDirectory() as folder:
        train(Path(folder), arguments)
    encode(arguments)
    search(arguments)


def text_of(number: int) -> str:
    return f"Bridge {number} was opened in {1800 + number % 200} by the mayor of town {number * 7}. " * 6


def train(folder: Path, arguments: argparse.Namespace) -> None:
    """All kinds, on made-up questions."""
    texts, count = [text_of(number) for number in range(arguments.texts)], arguments.texts
    (folder / "texts").mkdir()
    paragraphs, asked, mined = [], [], []
    for number, text in enumerate(texts):
        question, answer = f"When was bridge {number} opened?", str(1800 + number % 200)
        qas = [
            {"id": str(number), "question": question, "answers": [{"text": answer, "answer_start": text.index(answer)}]}
        ]
        paragraphs.append({"context": text, "qas": qas})
        asked.append(json.dumps({"id": str(number), "question": question, "answers": [answer]}))
        others = tuple(Candidate(str(o), texts[o]) for o in ((number + step) % count for step in range(1, 9)))
        mined.append(Pairing(str(number), question, (answer,), (Candidate(str(number), text),), others))
        (folder / "texts" / f"{number}.txt").write_text(text)
    (folder / "squad.json").write_text(json.dumps({"data": [{"title": "Bridges", "paragraphs": paragraphs}]}))
    (folder / "qa.jsonl").write_text("\n".join(asked) + "\n")
    write_pairings(folder / "mined.jsonl", mined)
    build(folder / "texts", folder / "index")
    given = {
        "reader": ([folder / "squad.json"],),
        "retriever": ([folder / "mined.jsonl"],),
        "joint": (folder / "index", folder / "qa.jsonl"),
        "reranker": ([folder / "mined.jsonl"],),
    }
    batch = {"reader": 32, "retriever": 64, "joint": 8, "reranker": 16}
    for kind, own in given.items():
        size = min(batch[kind], max(2, count // 12))
        settings = {"steps": arguments.steps, "warmup_steps": 1, "decay_steps": 1, "save_every": arguments.steps}
        settings |= {"batch_size": size, "bf16": True, "report_to": "", "lr": 1e-5}
        recipe = override(KINDS[kind](), {f"train.{name}": value for name, value in settings.items()})
        fit = getattr(ragqa.train, f"fit_{kind}")
        seconds = timed(lambda fit=fit, own=own, recipe=recipe, kind=kind: fit(
            *own, folder / kind, recipe, device=arguments.device
        ))  # fmt: skip
        tell(f"train {kind}, {arguments.steps} steps of {size} in bf16", arguments.steps * size / seconds, "questions")


def encode(arguments: argparse.Namespace) -> None:
    """Passages through the base model."""
    encoder = load_encoder(resolve(BASE, "base").as_posix(), device=arguments.device)
    passages = [Passage("", "", text_of(number), "", 0, 0) for number in range(arguments.texts)]
    encoder.encode_passages(passages[:16])
    tell("encode", len(passages) / timed(lambda: encoder.encode_passages(passages)), "passages")


def search(arguments: argparse.Namespace) -> None:
    """Random unit vectors, asked by several threads at once."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(arguments.rows, 384)).astype(np.float32)
    halfs = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    plain = NumpyScan(halfs, keep=False)
    scan = gpu_scan(halfs, arguments.device) or plain
    name = type(getattr(scan, "scan", scan)).__name__
    questions = [halfs[rng.integers(arguments.rows, size=AT_ONCE)].astype(np.float32) for _ in range(THREADS * ROUNDS)]
    scan.propose(questions[0], 10, None)
    with ThreadPoolExecutor(THREADS) as pool:
        start = time.perf_counter()
        found = list(pool.map(lambda asked: scan.propose(asked, 10, None), questions))
        seconds = time.perf_counter() - start
    for asked, proposed in list(zip(questions, found, strict=True))[::8]:
        scores = asked @ halfs.astype(np.float32).T
        best = np.argsort(-scores, axis=1, kind="stable")[:, :10]
        assert all(set(row) <= set(own.tolist()) for row, own in zip(best.tolist(), proposed, strict=True))
    tell(
        f"search {arguments.rows:,} vectors, {name}, {THREADS} threads", AT_ONCE * len(questions) / seconds, "questions"
    )


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def tell(what: str, rate: float, unit: str) -> None:
    print(f"{what}: {rate:,.1f} {unit} a second", flush=True)


if __name__ == "__main__":
    main()
