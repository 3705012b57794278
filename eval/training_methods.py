"""What each way to train a reader is worth: methods × seeds on a fixed budget of questions and steps.

    python eval/training_methods.py train-v1.1.json.gz dev-v1.1.json.gz -o methods [--questions 8000] [--steps 750]
        [--seeds 1,2] [--sample 2000] [--methods full,lora,fgm] [--base all-MiniLM-L6-v2] [--also other.json]

Trains on a sample of the first file's questions, measures on a sample of the second's (the same for all), with their
own paragraphs. Each cell (method and seed) is a process of its own, so that its peak memory is its own. Cells that are
done are kept in the folder, and the same command goes on with the others; an interrupted one begins again, so that its
time is its own. "soup" averages three full runs, of its own seed and the two after it, and costs what they cost (so
soups of neighbouring seeds share runs); "distilled" learns from ``--teacher``; "multi-task" mixes as many questions of
``--also`` in. Prints a Markdown table; ``table.json`` holds the same and more. Intervals are 95 % bootstrap over
questions, of the mean over seeds, so they say nothing of other seeds; differences to "full" are paired.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from parts import articles_of, ids_of, with_questions, write_articles

from ragqa.convert import override
from ragqa.corpus.squad import load_squad
from ragqa.eval.measure.stats import bootstrap_means
from ragqa.judging.metrics import exact_match, f1
from ragqa.store.atomic import replace_file

SOUP = (0, 1, 2)  # added to the seed
METHODS: dict[str, dict[str, Any]] = {
    "full": {},
    "last-2": {"method.tune": "last", "method.layers": 2},
    "bitfit": {"method.tune": "bitfit", "train.lr": 2e-3},
    "lora": {"method.tune": "lora", "method.rank": 32, "train.lr": 1e-3},
    "adalora": {"method.tune": "adalora", "method.rank": 32, "train.lr": 2e-3},
    "ia3": {"method.tune": "ia3", "train.lr": 5e-3},
    "prefix": {"method.tune": "prefix", "train.lr": 1e-2},
    "prompt": {"method.tune": "prompt", "train.lr": 3e-2},
    "layer-decay": {"method.layer_decay": 0.8},
    "unfreezing": {"method.unfreeze_every": 50},
    "fgm": {"method.adversary": "fgm"},
    "pgd": {"method.adversary": "pgd"},
    "freelb": {"method.adversary": "freelb"},
    "r-drop": {"loss.r_drop": 1.0, "method.dropout": 0.1},
    "ema": {"method.ema": 0.999},
    "smoothing": {"loss.label_smoothing": 0.1},
    "word-dropout": {"data.word_dropout": 0.1},
    "relevance": {"loss.relevance": 0.2},
    "first-place": {"loss.places": "first"},
    "shared-norm": {"data.passages": 2},
    "distilled": {"loss.distill": 0.7},
    "multi-task": {"data.temperature": 0.5},
    "soup": {},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("dev")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=8000)
    parser.add_argument("--steps", type=int, default=750)
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--sample", type=int, default=2000)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--base", default="all-MiniLM-L6-v2")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=320)
    parser.add_argument("--teacher", default="default")
    parser.add_argument("--also", default="")
    parser.add_argument("--cell", nargs=2, metavar=("METHOD", "SEED"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.cell:
        run_cell(arguments, arguments.cell[0], int(arguments.cell[1]))
        return
    chosen = [name for name in arguments.methods.split(",") if name != "multi-task" or arguments.also]
    unknown = sorted(set(chosen) - METHODS.keys())
    if unknown:
        parser.error(f"no such method: {', '.join(unknown)} (one of {', '.join(METHODS)})")
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    for method, seed in cells(chosen, seeds):
        if not result_file(arguments, method, seed).exists():
            print(f"{method}, seed {seed} …", file=sys.stderr, flush=True)
            subprocess.run([sys.executable, *sys.argv, "--cell", method, str(seed)], check=True, stdout=sys.stderr)
    print(table(arguments, chosen, seeds))


def cells(methods: Sequence[str], seeds: Sequence[int]) -> Iterator[tuple[str, int]]:
    """All cells, what a soup is made of before it."""
    for method in methods:
        for seed in seeds:
            if method == "soup":
                yield from (("full", seed + more) for more in SOUP)
            yield method, seed


def result_file(arguments: argparse.Namespace, method: str, seed: int) -> Path:
    return Path(arguments.output) / f"{method}-{seed}" / "result.json"


def run_cell(arguments: argparse.Namespace, method: str, seed: int) -> None:
    """Train one cell from its beginning and measure it; its result is written last and whole."""
    import torch

    from ragqa.train.checkpoints.soup import soup

    result = result_file(arguments, method, seed)
    model = result.parent / "model"
    shutil.rmtree(model, ignore_errors=True)
    result.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    if method == "soup":
        parts = [result_file(arguments, "full", seed + more) for more in SOUP]
        soup([part.parent / "model" for part in parts], model)
        facts = [json.loads(part.read_text()) for part in parts]
        trainable = facts[0]["trainable"]
        seconds = sum(fact["seconds"] for fact in facts) + time.perf_counter() - started
        memory = {key: max(fact[key] for fact in facts) for key in ("peak_mb", "gpu_peak_mb")}
    else:
        trainable = train(arguments, method, seed, model)
        seconds = time.perf_counter() - started
        peak = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
        memory = {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "gpu_peak_mb": peak / 2**20}
    exact, overlap = measure(arguments, model)
    content = {
        "method": method,
        "seed": seed,
        "settings": METHODS[method],
        "trainable": trainable,
        "seconds": seconds,
        **memory,
        "em": exact,
        "f1": overlap,
    }
    replace_file(result, json.dumps(content).encode())


def train(arguments: argparse.Namespace, method: str, seed: int, output: Path) -> int:
    """Train into ``output``; returns how many of the model's numbers moved."""
    from ragqa.train import fit_reader
    from ragqa.train.reader.fit import load_base
    from ragqa.train.reader.tuning import tuned

    recipe = recipe_of(arguments, method, seed)
    moving = sum(p.numel() for p in tuned(load_base(recipe)[0], recipe).parameters() if p.requires_grad)
    data: list[str | Path] = [budget(arguments, "train")]
    if method == "multi-task":
        data.append(budget(arguments, "also"))
    fit_reader(data, output, recipe)
    return moving


def recipe_of(arguments: argparse.Namespace, method: str, seed: int) -> Any:
    from ragqa.train.engine.recipe import ReaderRecipe

    steps = arguments.steps
    settings = {
        "train.steps": steps,
        "train.batch_size": arguments.batch_size,
        "train.warmup_steps": steps // 20,
        "train.decay_steps": steps - steps // 20,
        "train.lr": 3e-4,
        "train.save_every": max(1, steps // 4),
        "train.report_to": "",
        "train.seed": seed,
        "data.max_length": arguments.max_length,
        "data.stride": min(96, arguments.max_length // 4),
        "data.negatives": 0.08,
        **METHODS[method],
    }
    if method == "distilled":
        settings["loss.teacher"] = arguments.teacher
    if method == "unfreezing":
        settings["method.unfreeze_every"] = max(1, steps // 10)
    return override(ReaderRecipe(base=arguments.base), settings)


def budget(arguments: argparse.Namespace, source: str) -> Path:
    """The sample of the questions of "train" or "also", as a SQuAD-format file; the same for all cells."""
    path = Path(arguments.output) / f"{source}-{arguments.questions}.json"
    if not path.exists():
        articles = articles_of(getattr(arguments, source))
        ids = ids_of(articles)
        chosen = np.random.default_rng(0).permutation(len(ids))[: arguments.questions]
        path.parent.mkdir(parents=True, exist_ok=True)
        write_articles(path, with_questions(articles, {ids[place] for place in chosen}))
    return path


def measure(arguments: argparse.Namespace, model: Path) -> tuple[list[float], list[float]]:
    """EM and F1 of each question of the sample."""
    from ragqa.models.reader import SpanReader

    asked = [(question, own) for own in load_squad(arguments.dev) for question in own.questions if question.answers]
    order = np.random.default_rng(0).permutation(len(asked))[: arguments.sample]
    questions, own = zip(*(asked[place] for place in order), strict=True)
    texts = [paragraph.text for paragraph in own]
    reader = SpanReader.load_checkpoint(str(model), max_length=arguments.max_length, stride=arguments.max_length // 4)
    exact, overlap = [], []
    found = reader.read_texts([q.text for q in questions], texts, [paragraph.subject for paragraph in own])
    for question, text, decoded in zip(questions, texts, found, strict=True):
        best = decoded.spans[0] if decoded.spans else None
        quote, references = text[best.start : best.end] if best else "", [answer.text for answer in question.answers]
        exact.append(100 * exact_match(quote, references))
        overlap.append(100 * f1(quote, references))
    return exact, overlap


def table(arguments: argparse.Namespace, methods: Sequence[str], seeds: Sequence[int]) -> str:
    """The Markdown table, of the questions that all cells were measured on; ``table.json`` holds its figures."""
    results = {m: [json.loads(result_file(arguments, m, seed).read_text()) for seed in seeds] for m in methods}
    shared = min([arguments.sample, *(len(one["em"]) for own in results.values() for one in own)])
    for one in (one for own in results.values() for one in own):  # a larger sample begins with the smaller one
        one["em"], one["f1"] = one["em"][:shared], one["f1"][:shared]
    means = {m: {key: np.mean([one[key] for one in own], axis=0) for key in ("em", "f1")} for m, own in results.items()}
    rows, lines = [], []
    for method, own in results.items():
        row: dict[str, Any] = {"method": method, "settings": own[0]["settings"], "seeds": list(seeds)}
        for key in ("em", "f1"):
            row[key] = figure(means[method][key])
            row[f"{key}_by_seed"] = [float(np.mean(one[key])) for one in own]
            if "full" in means and method != "full":
                row[f"{key}_to_full"] = figure(means[method][key] - means["full"][key])
        row["trainable"] = own[0]["trainable"]
        row["seconds"] = float(np.mean([one["seconds"] for one in own]))
        memory = "gpu_peak_mb" if own[0]["gpu_peak_mb"] else "peak_mb"
        row["peak_mb"], row["memory"] = max(one[memory] for one in own), memory
        rows.append(row)
        shown = [
            method,
            written(row["em"]),
            written(row["f1"]),
            ", ".join(f"{mean:.1f}" for mean in row["f1_by_seed"]),
            written(row["f1_to_full"], "+") if "f1_to_full" in row else "",
            f"{row['trainable']:,}",
            f"{row['seconds']:,.0f}",
            f"{row['peak_mb']:,.0f}",
        ]
        lines.append(f"| {' | '.join(shown)} |")
    facts = {"questions": arguments.questions, "steps": arguments.steps, "sample": shared}
    replace_file(Path(arguments.output) / "table.json", json.dumps({**facts, "rows": rows}, indent=2).encode())
    head = "| method | EM | F1 | F1 by seed | F1 to full | trainable | seconds | peak MB |\n|" + "---|" * 8
    return "\n".join([head, *lines])


def figure(values: Any) -> list[float]:
    (found,) = bootstrap_means(np.asarray(values, np.float64).reshape(-1, 1), samples=2000)
    return [found.value, found.low, found.high]


def written(value: Sequence[float], sign: str = "") -> str:
    mean, low, high = value
    return f"{mean:{sign}.1f} ({low:{sign}.1f} to {high:{sign}.1f})"


if __name__ == "__main__":
    main()
