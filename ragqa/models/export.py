"""From a torch checkpoint to the fast form: one folder with an int8 ONNX graph, the tokenizer and a card.

Weights are quantized per output channel to the 7 bits that give the same sums on every processor, and activations to 8
bits at run time (dynamic quantization). Before that, onnxruntime fuses attention, layer normalisation and GELU.

The two models of a pair (``shared``) have one tokenizer and one word table, in 4 bits, in the folder above theirs.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ragqa.config import DENSE_SCALE
from ragqa.convert import Misfit, convert, read_json
from ragqa.device import CPU
from ragqa.errors import MissingExtra, ModelError
from ragqa.models.card import (
    CARD,
    MODEL,
    TOKENIZER,
    Card,
    has_card,
    place_from,
    place_of,
    read_card,
    write_card,
)
from ragqa.models.onnx_runtime import OnnxRuntime
from ragqa.models.quiet import quietly
from ragqa.models.runtime import is_prompted, load_pair_model, positions, reads_titles, require_torch
from ragqa.models.tokenize import PairTokenizer, Window
from ragqa.models.torch_runtime import TorchRuntime
from ragqa.models.words import WORDS, WordTable, pack
from ragqa.store.atomic import storing

ROUNDING = 0.01  # of a row of a word table, as a share of its length; 16 bits make 0.004
LOOKED_UP = ("EmbedLayerNormalization", "Gather")
MULTIPLIED = ("MatMul", "Attention")
PROBES = (
    ("What is the capital of France?", "Paris is the capital and most populous city of France."),
    (
        "When was the bridge opened to traffic?",
        "Work began in 1933, and the bridge was opened on 27 May 1937 after four years.",
    ),
    ("Who wrote it?", "The report, which runs to more than nine hundred pages, names no author at all. " * 3),
)


Wanted = TypeVar("Wanted")


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

    own_length, prompts = _check_exportable(Path(checkpoint))
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


def export_reranker(checkpoint: str, output: str | Path, *, max_length: int = 512, int8: bool = True) -> ExportReport:
    """Export a checkpoint that classifies pairs of texts with one label, its length limit ``max_length`` at most."""
    require_torch("Exporting a reranker")
    model, tokenizer = load_pair_model(checkpoint, attn_implementation="eager")
    length = min(max_length, positions(model), tokenizer.model_max_length)
    card = Card(kind="reranker", name=Path(checkpoint).name, fingerprint="", max_length=length)
    return _export(model.float().eval(), tokenizer, ("logits",), card, Path(output), int8)


def _check_exportable(checkpoint: Path) -> tuple[int | None, dict[str, str]]:
    """Length limit and prompts of a sentence-transformers folder; `ModelError` for what has no fast form."""
    if not (checkpoint / "modules.json").is_file():
        return None, {}
    folder = _read_settings(checkpoint / "config_sentence_transformers.json", _FolderSettings)
    length = _read_settings(checkpoint / "sentence_bert_config.json", _LengthSettings).max_seq_length
    length = length or _read_settings(checkpoint / "tokenizer_config.json", _TokenizerSettings).model_max_length
    poolings = [_read_table(path) for path in checkpoint.glob("*_Pooling/config.json")]
    prompts = {name: prompt or "" for name, prompt in (folder.prompts or {}).items()}
    if folder.default_prompt_name or any(prompts[name] for name in prompts.keys() - {"query", "document"}):
        raise ModelError(f"{checkpoint}: has prompts for more than questions and passages, which the fast form has not")
    if not all(_pools_by_mean(pooling) for pooling in poolings):
        raise ModelError(f"{checkpoint}: does not pool by the mean, as the fast form does")
    return length if isinstance(length, int) else None, prompts


@dataclass(frozen=True, slots=True)
class _FolderSettings:
    """Of config_sentence_transformers.json: prompts by the kind of text that they stand in front of."""

    prompts: Mapping[str, str | None] | None = None
    default_prompt_name: str | None = None


@dataclass(frozen=True, slots=True)
class _LengthSettings:
    """Of sentence_bert_config.json: a length limit in tokens."""

    max_seq_length: int | None = None


@dataclass(frozen=True, slots=True)
class _TokenizerSettings:
    """Of tokenizer_config.json: a length limit in tokens, or a float where there is none."""

    model_max_length: Any = None


def _read_settings(path: Path, kind: type[Wanted]) -> Wanted:
    """What is wanted of a file; as by default if there is no such file."""
    try:
        return convert(kind, _read_table(path) if path.is_file() else {}, loose=True)
    except Misfit as error:
        raise ModelError(f"{path}: not a usable sentence-transformers folder ({error})") from error


def _read_table(path: Path) -> dict[str, Any]:
    try:
        return read_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not a usable sentence-transformers folder ({error})") from error


def _pools_by_mean(pooling: dict[str, Any]) -> bool:
    """Of both forms that sentence-transformers has written: a list of switches, and a name."""
    switches = [key for key, on in pooling.items() if key.startswith("pooling_mode_") and on is True]
    return (switches or ["pooling_mode_mean_tokens"]) == ["pooling_mode_mean_tokens"] and pooling.get(
        "pooling_mode", "mean"
    ) in ("mean", ["mean"])


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
    with tempfile.TemporaryDirectory() as scratch, quietly(), storing(folder):
        graph = Path(scratch) / "graph.onnx"
        if card.shared:
            _share(model, tokenizer, folder.parent)
        _trace(model, outputs, type_ids, card.shared, graph)
        graph = _fuse(model, graph)
        if int8:
            graph = _quantize(graph)
        shutil.copyfile(graph, folder / MODEL)
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


def _trace(model: Any, outputs: tuple[str, ...], type_ids: bool, shared: bool, path: Path) -> None:
    """Trace with free batch and length; ``shared``: from the words' vectors on."""
    import torch

    tokens = "inputs_embeds" if shared else "input_ids"
    names = [tokens, "attention_mask", *(["token_type_ids"] if type_ids else [])]

    class Plain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, *arrays: torch.Tensor) -> tuple[torch.Tensor, ...]:
            result = self.inner(**dict(zip(names, arrays, strict=True)))
            return tuple(getattr(result, name) for name in outputs)

    example = torch.ones((2, 16), dtype=torch.long)
    with torch.no_grad():
        torch.onnx.export(
            Plain(),
            (torch.zeros((2, 16, model.config.hidden_size)) if shared else example, *(example,) * (len(names) - 1)),
            str(path),
            input_names=names,
            output_names=list(outputs),
            dynamic_axes={
                name: {0: "batch"} if name == "logits" else {0: "batch", 1: "length"} for name in [*names, *outputs]
            },
            opset_version=17,
            dynamo=False,
        )


def _fuse(model: Any, graph: Path) -> Path:
    """Fuse with onnxruntime's transformer optimizer where it knows the architecture."""
    if model.config.model_type not in ("bert", "roberta", "distilbert", "xlm-roberta"):
        return graph
    from onnxruntime.transformers.optimizer import optimize_model

    fused = graph.with_name("fused.onnx")
    optimized = optimize_model(
        str(graph), "bert", num_heads=model.config.num_attention_heads, hidden_size=model.config.hidden_size
    )
    optimized.save_model_to_file(str(fused))
    return fused


def _quantize(graph: Path) -> Path:
    """Tables that are only looked up in take 8 bits a number, weights that are multiplied with take 7.

    Without VNNI a processor adds two products of an activation (0 … 255) and a weight into 16 signed bits. With weights
    from -127 to 127 that sum saturates, so the result would depend on the processor; with 7 bits it never does.
    """
    for operators, seven_bits in ((LOOKED_UP, False), (MULTIPLIED, True)):
        graph = _quantize_operators(graph, operators, seven_bits)
    return graph


def _quantize_operators(graph: Path, operators: Sequence[str], seven_bits: bool) -> Path:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantized = graph.with_name(f"{graph.stem}-int8.onnx")
    fused_nodes_are_float = {"DefaultTensorType": onnx.TensorProto.FLOAT}
    quantize_dynamic(
        str(graph),
        str(quantized),
        op_types_to_quantize=list(operators),
        per_channel=True,
        reduce_range=seven_bits,
        weight_type=QuantType.QInt8,
        extra_options=fused_nodes_are_float,
    )
    return quantized


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
