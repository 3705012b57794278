"""Opens a folder in the fast form: card, tokenizer and graph, which must fit together.

A folder may come from an untrusted place. So its card is first compared with its graph: inputs and outputs, their
widths, and how many positions and tokens it has embeddings for. A difference is a `ModelError` that names the file, and
so is every failure of a native library on a damaged file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ragqa.device import AUTO
from ragqa.errors import ModelError
from ragqa.models.card import MODEL, TOKENIZER, Card, common_folder, read_card
from ragqa.models.graph import check_files, positions, read_graph
from ragqa.models.native import require_file
from ragqa.models.onnx_runtime import OnnxRuntime
from ragqa.models.tokenize import PairTokenizer, Window
from ragqa.models.words import WORDS, WordTable

OUTPUTS = {
    "encoder": ("last_hidden_state",),
    "question-encoder": ("last_hidden_state",),
    "reader": ("start_logits", "end_logits"),
    "reranker": ("logits",),
}
MASKS = {"attention_mask", "token_type_ids"}
LARGEST_MODEL = 4 << 30


def open_fast_form(folder: str | Path, kind: str, device: str = AUTO) -> tuple[Card, PairTokenizer, OnnxRuntime]:
    """Open a folder that `ragqa export` made, check its parts against each other, and put the graph on a device."""
    folder = Path(folder)
    card = read_card(folder, kind)
    common = common_folder(folder, card)
    tokenizer = PairTokenizer.from_file(common / TOKENIZER, card.max_length)
    path = folder / MODEL
    require_file(path, LARGEST_MODEL)
    graph = read_graph(path)
    check_files(path, graph)
    known = positions(graph)
    if known is not None and card.max_length > known:
        raise ModelError(f"{folder}: the card says {card.max_length} tokens, the graph has {known} positions")
    runtime = OnnxRuntime(path, device, WordTable.open(common / WORDS) if card.shared else None)
    _check_names(path, runtime, kind)
    _probe(common, folder, card, tokenizer, runtime)
    return card, tokenizer, runtime


def _check_names(path: Path, runtime: OnnxRuntime, kind: str) -> None:
    tokens = "input_ids" if runtime.words is None else "inputs_embeds"
    if tokens not in runtime.inputs or not runtime.inputs <= {tokens, *MASKS}:
        found = ", ".join(sorted(runtime.inputs))
        raise ModelError(f"{path}: has the inputs {found}, not {tokens} with, at most, its mask and types")
    if runtime.outputs != OUTPUTS[kind]:
        found, wanted = ", ".join(runtime.outputs), ", ".join(OUTPUTS[kind])
        raise ModelError(f"{path}: has the outputs {found}, of kind {kind} are {wanted}")


def _probe(common: Path, folder: Path, card: Card, tokenizer: PairTokenizer, runtime: OnnxRuntime) -> None:
    """Run three tokens, one of which has the tokenizer's largest id, and check the shapes of the outputs."""
    last = tokenizer.last_id
    ids = np.array([0, last, 0], np.int64)
    try:
        (outputs,) = runtime.run([Window(ids, np.zeros_like(ids), 0, 0, len(ids))])
    except ModelError as error:
        raise ModelError(f"{error}; among them {last}, the last that {common / TOKENIZER} knows") from error
    shapes = {"reader": [(3,), (3,)], "reranker": [(1,)]}.get(card.kind, [(3, card.dim)])
    found = [output.shape for output in outputs]
    if found != shapes:
        raise ModelError(f"{folder}: its graph gives {found} for three tokens, a {card.kind} of its card {shapes}")
