"""A fine-tuned checkpoint as a small PEFT adapter on its base, and back.

The difference of each encoder matrix to that of the base is reduced to a low rank; biases, layer normalisations and the
span heads are kept as they are. All are stored in fp16. If questions are given, the reduction keeps what matters for
the inputs that each matrix really gets (the whitening of Wang et al. 2024, SVD-LLM), which loses far less than the
plain decomposition.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor, nn
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from ragqa.convert import convert, read_json
from ragqa.convert import plain as plain_data
from ragqa.corpus.squad import load_squad
from ragqa.errors import ModelError
from ragqa.models.catalog import PRETRAINED, resolve
from ragqa.models.quiet import quietly
from ragqa.models.runtime import TITLES, reads_titles
from ragqa.models.tokenize import PairTokenizer, pad
from ragqa.store.atomic import storing

BASE_CARD = "base.json"
FP16_STEP = 2e-3
SHOWN = 512
TARGETS = r".*encoder\.layer\.\d+\..*(query|key|value|dense)"


@dataclass(frozen=True, slots=True)
class _BaseCard:
    """The content of `BASE_CARD`: the base, the hash of its weights, and whether the reader reads titles."""

    base: str
    sha256: str
    titles: bool = False


def compress(
    checkpoint: str | Path, base: str, output: str | Path, rank: int = 64, data: Sequence[str | Path] = ()
) -> Path:
    """Store ``checkpoint`` as an adapter of ``rank`` on ``base``. Parts that were frozen take no space.

    Questions of ``data`` (SQuAD format) show which inputs the matrices get; without them all directions count alike.
    """
    tuned, plain = _load(str(checkpoint)), _load(resolve(base, "base").as_posix())
    weights = tuned.state_dict()
    moments = input_moments(tuned, AutoTokenizer.from_pretrained(str(checkpoint)), data) if data else {}
    config = LoraConfig(
        r=rank,
        lora_alpha=rank,
        target_modules=TARGETS,
        modules_to_save=["LayerNorm", "qa_outputs"],
        bias="all",
        base_model_name_or_path=base,
    )
    with quietly():  # it says that it puts the folder of this machine there
        adapted = get_peft_model(plain, config)
    adapted.peft_config["default"].base_model_name_or_path = base
    with torch.no_grad():
        for name, module in adapted.base_model.model.named_modules():
            _fill(name, module, weights, moments.get(name))
    _check_nothing_lost(adapted, weights, base)
    card = _BaseCard(base, _weights_sha(base), reads_titles(tuned))
    with quietly(), storing(Path(output)):
        adapted.half().save_pretrained(str(output))
        (Path(output) / "README.md").unlink(missing_ok=True)  # peft's empty form
        (Path(output) / BASE_CARD).write_text(json.dumps(plain_data(card), indent=2) + "\n", encoding="utf-8")
    return Path(output)


def merge(adapter: str | Path, output: str | Path) -> Path:
    """Write the full, standard checkpoint. The base must be exactly the one that the adapter was made on."""
    try:
        card = convert(_BaseCard, read_json((Path(adapter) / BASE_CARD).read_bytes()))
    except (OSError, ValueError) as error:
        raise ModelError(f"{adapter}: not an adapter made by ragqa models compress ({error})") from error
    if _weights_sha(card.base) != card.sha256:
        raise ModelError(f"{card.base}: not the weights this adapter was made on; install the version ragqa names")
    base = resolve(card.base, "base").as_posix()
    plain = _load(base)
    with quietly():
        merged = PeftModel.from_pretrained(plain, str(adapter)).merge_and_unload()
        setattr(merged.config, TITLES, card.titles)
        tokenizer = AutoTokenizer.from_pretrained(base, trust_remote_code=False)
        with storing(Path(output)):
            merged.save_pretrained(str(output))
            tokenizer.save_pretrained(str(output))
    return Path(output)


def merge_packaged(name: str, output: str | Path) -> Path:
    """The packaged model's full checkpoint."""
    return merge(PRETRAINED / name / "adapter", output)


def low_rank(difference: Tensor, rank: int, moment: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """``down`` [rank, in] and ``up`` [out, rank] whose product D is the best of that rank for ``difference``.

    Best: least ‖difference − D‖ (Eckart and Young 1936), or, with the ``moment`` E[x xᵀ] of its inputs, least
    E‖(difference − D) x‖².
    """
    difference = difference.double()
    if moment is None:
        root = torch.eye(difference.shape[1], dtype=torch.float64)
    else:
        ridge = 1e-6 * moment.diagonal().mean()
        root = torch.linalg.cholesky(moment + ridge * torch.eye(len(moment), dtype=torch.float64))
    u, s, v = torch.linalg.svd(difference @ root, full_matrices=False)
    scale = s[:rank].sqrt()
    down = torch.linalg.solve_triangular(root, scale[:, None] * v[:rank], upper=False, left=False)
    return down.float(), (u[:, :rank] * scale).float()


def input_moments(model: Any, tokenizer: Any, data: Sequence[str | Path]) -> dict[str, Tensor]:
    """E[x xᵀ] of the inputs of each matrix that an adapter changes, over `SHOWN` questions of ``data``."""
    paragraphs = [paragraph for path in data for paragraph in load_squad(path)]
    asked = [(question.text, paragraph) for paragraph in paragraphs for question in paragraph.questions]
    chosen = [asked[place] for place in np.random.default_rng(0).permutation(len(asked))[:SHOWN]]
    cut = PairTokenizer(tokenizer.backend_tokenizer, min(384, model.config.max_position_embeddings))
    questions, texts = cut.encode([text for text, _ in chosen]), cut.encode([one.text for _, one in chosen])
    titles = cut.encode([one.subject if reads_titles(model) else "" for _, one in chosen])
    windows = [
        cut.windows(cut.about(question.ids, title.ids), text.ids, 96)[0]
        for question, title, text in zip(questions, titles, texts, strict=True)
    ]
    moments: dict[str, Tensor] = {}
    mask = torch.empty(0)

    def look(name: str) -> Any:
        def add(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            seen = inputs[0][mask.bool()].double()
            moments[name] = moments.get(name, 0) + seen.T @ seen

        return add

    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and re.fullmatch(TARGETS, name):
            module.register_forward_pre_hook(look(name))
    model.eval()
    for start in range(0, len(windows), 16):
        batch = pad(windows[start : start + 16], cut.pad_id)
        mask = torch.from_numpy(batch.mask)
        with torch.no_grad():
            ids, kinds = torch.from_numpy(batch.ids), torch.from_numpy(batch.type_ids)
            model(input_ids=ids, attention_mask=mask, token_type_ids=kinds)
    tokens = sum(len(window.ids) for window in windows)
    return {name: moment / tokens for name, moment in moments.items()}


def _fill(name: str, module: nn.Module, weights: dict[str, Tensor], moment: Tensor | None) -> None:
    """Give one adapted module the tuned weights."""
    if hasattr(module, "lora_A"):
        plain = module.base_layer
        rank = module.lora_A["default"].out_features
        down, up = low_rank(weights[f"{name}.weight"] - plain.weight, rank, moment)
        module.lora_A["default"].weight.copy_(down)
        module.lora_B["default"].weight.copy_(up)
        plain.bias.copy_(weights[f"{name}.bias"])
    elif hasattr(module, "modules_to_save"):
        for part, parameter in module.modules_to_save["default"].named_parameters():
            parameter.copy_(weights[f"{name}.{part}"])


def _check_nothing_lost(adapted: Any, weights: dict[str, Tensor], base: str) -> None:
    """Parts the adapter does not hold, such as embeddings, must still be the base's."""
    for name, parameter in adapted.base_model.model.state_dict().items():
        same = name not in weights or torch.allclose(parameter, weights[name], atol=FP16_STEP)
        if not same:
            raise ModelError(f"{name} differs from {base}, and an adapter does not hold it: train with it frozen")


def _load(path: str) -> Any:
    try:
        with quietly():
            return AutoModelForQuestionAnswering.from_pretrained(
                path, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
            )
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be loaded as a reader ({str(error).splitlines()[0]})") from error


def _weights_sha(base: str) -> str:
    path = resolve(base, "base") / "model.safetensors"
    if not path.is_file():
        raise ModelError(f"{base}: an adapter's base must be a local folder with model.safetensors")
    return hashlib.sha256(path.read_bytes()).hexdigest()
