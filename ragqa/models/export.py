"""From a torch checkpoint to the fast form: one folder with an int8 ONNX graph, the tokenizer and a card.

The two models of a pair (``shared``) have one tokenizer and one word table, in 4 bits, in the folder above theirs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ragqa.config import DENSE_SCALE
from ragqa.device import CPU
from ragqa.errors import MissingExtra, ModelError
from ragqa.models.card import CARD, MODEL, TOKENIZER, Card, has_card, place_from, place_of, read_card, write_card
from ragqa.models.conversion import write_graph
from ragqa.models.onnx_runtime import OnnxRuntime
from ragqa.models.quiet import quietly
from ragqa.models.runtime import is_prompted, load_pair_model, positions, reads_titles, require_torch
from ragqa.models.sentence_folder import length_and_prompts
from ragqa.models.tokenize import PairTokenizer, Window
from ragqa.models.torch_runtime import TorchRuntime
from ragqa.models.words import WORDS, WordTable, pack
from ragqa.store.atomic import storing

ROUNDING = 0.01  # of a row of a word table, as a share of its length; 16 bits make 0.004
PROBES = (
    ("What is the capital of France?", "Paris is the capital and most populous city of France."),
    (
        "When was the bridge opened to traffic?",
        "Work began in 1933, and the bridge was opened on 27 May 1937 after four years.",
    ),
    ("Who wrote it?", "The report, which runs to more than nine hundred pages, names no author at all. " * 3),
)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """Where the fast form lies, its size in bytes, and its mean cosine to the checkpoint's outputs on probe texts.

    Of a reranker it is the cosine of all logits, each less their mean: how far they tell passages apart alike.
    """

    path: Path
    size: int
    cosine: float


def export_reader(
    checkpoint: str,
    output: str | Path,
    *,
    max_length: int = 384,
    stride: int = 128,
    int8: bool = True,
    shared: bool = False,
    name: str = "",
) -> ExportReport:
    """Export a checkpoint with span heads; raises `ModelError` where it cannot be loaded or the result disagrees."""
    require_torch("Exporting a reader")
    if is_prompted(checkpoint):
        raise ModelError(f"{checkpoint}: a trained prompt has no fast form; use the folder itself as --reader")
    from transformers import AutoModelForQuestionAnswering

    model, tokenizer = _load(AutoModelForQuestionAnswering, checkpoint)
    card = Card(
        kind="reader",
        name=name or Path(checkpoint).name,
        fingerprint="",
        max_length=max_length,
        stride=stride,
        titles=reads_titles(model),
        shared=shared,
    )
    return _export(model, tokenizer, ("start_logits", "end_logits"), card, Path(output), int8)


def export_encoder(
    checkpoint: str,
    output: str | Path,
    *,
    max_length: int | None = None,
    int8: bool = True,
    shared: bool = False,
    dense_scale: float = DENSE_SCALE,
    name: str = "",
) -> ExportReport:
    """Export a mean-pooling sentence encoder's transformer; pooling and unit length are done outside the graph.

    Its length limit is kept unless another is given (256 where it has none). Of a question encoder the questions' side
    is exported; the card goes on naming the passages' encoder. Prompts that sentence-transformers puts in front of
    questions ("query") and passages ("document") become the card's prefixes. Encoders that pool otherwise than by the
    mean, or always put a prompt in front, have no fast form: `ModelError`.
    """
    require_torch("Exporting an encoder")
    from transformers import AutoModel

    own_length, prompts = length_and_prompts(Path(checkpoint))
    model, tokenizer = _load(AutoModel, checkpoint)
    card = Card(
        kind="encoder",
        name=name or Path(checkpoint).name,
        fingerprint="",
        max_length=min(max_length or own_length or 256, model.config.max_position_embeddings),
        dim=int(model.config.hidden_size),
        question_prefix=prompts.get("query", ""),
        passage_prefix=prompts.get("document", ""),
        dense_scale=dense_scale,
        shared=shared,
    )
    if has_card(Path(checkpoint), "question-encoder"):
        was = read_card(Path(checkpoint), "question-encoder")
        passages = place_from(Path(output), place_of(Path(checkpoint), was.passages))
        card = replace(card, kind="question-encoder", passages=passages, passages_fingerprint=was.passages_fingerprint)
    return _export(model, tokenizer, ("last_hidden_state",), card, Path(output), int8)


def export_reranker(
    checkpoint: str, output: str | Path, *, max_length: int = 512, int8: bool = True, name: str = ""
) -> ExportReport:
    """Export a checkpoint that classifies pairs of texts with one label, its length limit ``max_length`` at most."""
    require_torch("Exporting a reranker")
    model, tokenizer = load_pair_model(checkpoint, attn_implementation="eager")
    length = min(max_length, positions(model), tokenizer.model_max_length)
    card = Card(kind="reranker", name=name or Path(checkpoint).name, fingerprint="", max_length=length)
    return _export(model.float().eval(), tokenizer, ("logits",), card, Path(output), int8)


def _load(kind: Any, checkpoint: str) -> tuple[Any, Any]:
    from transformers import AutoTokenizer

    try:
        with quietly():
            model = kind.from_pretrained(
                checkpoint, trust_remote_code=False, use_safetensors=True, attn_implementation="eager"
            )
            tokenizer = AutoTokenizer.from_pretrained(checkpoint, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"{checkpoint}: cannot be loaded ({str(error).splitlines()[0]})") from error
    return model.float().eval(), tokenizer


def _export(model: Any, tokenizer: Any, outputs: tuple[str, ...], card: Card, folder: Path, int8: bool) -> ExportReport:
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise MissingExtra("Exporting a model", "train") from error
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    pair = PairTokenizer(tokenizer.backend_tokenizer, card.max_length)
    type_ids = "token_type_ids" in tokenizer.model_input_names
    with quietly(), storing(folder):
        if card.shared:
            _share(model, tokenizer, folder.parent)
        write_graph(model, outputs, folder / MODEL, type_ids=type_ids, shared=card.shared, int8=int8)
    if not card.shared:
        tokenizer.backend_tokenizer.save(str(folder / TOKENIZER), pretty=False)
    write_card(folder / CARD, card.with_fingerprint(_digest(folder, card)[:12]))
    words = WordTable.open(folder.parent / WORDS) if card.shared else None
    reference = TorchRuntime(model, outputs, pair.pad_id, type_ids)
    cosine = _agreement(reference, OnnxRuntime(folder / MODEL, CPU, words), _probe_windows(pair))
    if cosine < 0.9:
        raise ModelError(f"{folder}: the exported model disagrees with its checkpoint (mean cosine {cosine:.3f})")
    return ExportReport(folder, (folder / MODEL).stat().st_size, cosine)


def _share(model: Any, tokenizer: Any, above: Path) -> None:
    """Write word table and tokenizer of a pair, or find those of the other model.

    The tokenizers must be the same, and the tables but for rounding, as training keeps frozen weights in 16 bits.
    """
    above.mkdir(parents=True, exist_ok=True)
    table = model.get_input_embeddings().weight.detach().cpu().float().numpy()
    own = WordTable(pack(table), above / WORDS)
    if not own.path.is_file():
        own.save()
    there = WordTable.open(own.path)
    if there.shape != table.shape or there.distance(table) > own.distance(table) + ROUNDING:
        raise ModelError(f"{above / WORDS}: is another word table; the models of a pair need the same, left as it was")
    content = tokenizer.backend_tokenizer.to_str(pretty=False).encode()
    if (above / TOKENIZER).is_file() and (above / TOKENIZER).read_bytes() != content:
        raise ModelError(f"{above / TOKENIZER}: is another tokenizer; the models of a pair need the same")
    (above / TOKENIZER).write_bytes(content)


def _digest(folder: Path, card: Card) -> str:
    """Over all that decides a model's outputs; of the graph alone where nothing else is asked for."""
    digest = hashlib.sha256((folder / MODEL).read_bytes())
    if card.shared:
        digest.update((folder.parent / WORDS).read_bytes())
    if card.question_prefix or card.passage_prefix:
        digest.update(json.dumps([card.question_prefix, card.passage_prefix]).encode())
    return digest.hexdigest()


def _probe_windows(tokenizer: PairTokenizer) -> list[Window]:
    """Every probe question with every probe passage."""
    questions, passages = (tokenizer.encode(texts) for texts in zip(*PROBES, strict=True))
    pairs = [(question.ids, passage.ids) for question in questions for passage in passages]
    return [window for question, passage in pairs for window in tokenizer.windows(question, passage, 0)]


def _agreement(reference: TorchRuntime, candidate: OnnxRuntime, windows: Sequence[Window]) -> float:
    """The mean cosine between two runtimes' outputs over the windows.

    The cosine of a single number says nothing. So if an output is one number a window, the numbers of all windows are
    compared together, as differences from their mean.
    """
    expected, got = (
        [output for outputs in runtime.run(windows) for output in outputs] for runtime in (reference, candidate)
    )
    if all(output.size == 1 for output in expected):
        expected, got = ([np.ravel(numbers) - np.mean(numbers)] for numbers in (expected, got))
    cosines = [
        float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())) for a, b in zip(expected, got, strict=True)
    ]
    return float(np.mean(cosines))
