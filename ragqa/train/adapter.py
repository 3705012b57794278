"""A fine-tuned checkpoint as a small PEFT adapter on its base, and back.

The difference of each encoder matrix to the base's is brought to low rank by its singular value decomposition (the best
approximation of that rank); biases, layer normalisations and the span heads are kept as they are. All in fp16.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor, nn
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from ragqa.errors import ModelError
from ragqa.models.catalog import PRETRAINED
from ragqa.train.base import base_path

BASE_CARD = "base.json"
FP16_STEP = 2e-3
TARGETS = r".*encoder\.layer\.\d+\..*(query|key|value|dense)"


def compress(checkpoint: str | Path, base: str, output: str | Path, rank: int = 64) -> Path:
    """Store ``checkpoint`` as an adapter of ``rank`` on ``base``; whatever was frozen costs nothing."""
    tuned, plain = _load(str(checkpoint)), _load(base_path(base))
    weights = tuned.state_dict()
    config = LoraConfig(
        r=rank,
        lora_alpha=rank,
        target_modules=TARGETS,
        modules_to_save=["LayerNorm", "qa_outputs"],
        bias="all",
        base_model_name_or_path=base,
    )
    adapted = get_peft_model(plain, config)
    adapted.peft_config["default"].base_model_name_or_path = base  # peft puts the folder of this machine there
    with torch.no_grad():
        for name, module in adapted.base_model.model.named_modules():
            _fill(name, module, weights)
    _check_nothing_lost(adapted, weights, base)
    adapted.half().save_pretrained(str(output))
    (Path(output) / "README.md").unlink(missing_ok=True)  # peft's empty form
    card = {"base": base, "sha256": _weights_sha(base)}
    (Path(output) / BASE_CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return Path(output)


def merge(adapter: str | Path, output: str | Path) -> Path:
    """Write the full, standard checkpoint; the base must be the very one the adapter was made on."""
    try:
        card = json.loads((Path(adapter) / BASE_CARD).read_text(encoding="utf-8"))
        base, digest = str(card["base"]), str(card["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{adapter}: not an adapter made by ragqa models compress ({error})") from error
    if _weights_sha(base) != digest:
        raise ModelError(f"{base}: not the weights this adapter was made on; install the version ragqa names")
    merged = PeftModel.from_pretrained(_load(base_path(base)), str(adapter)).merge_and_unload()
    merged.save_pretrained(str(output))
    AutoTokenizer.from_pretrained(base_path(base), trust_remote_code=False).save_pretrained(str(output))
    return Path(output)


def merge_packaged(name: str, output: str | Path) -> Path:
    """The packaged model's full checkpoint."""
    return merge(PRETRAINED / name / "adapter", output)


def low_rank(difference: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """``down`` [rank, in] and ``up`` [out, rank] whose product is the best of that rank (Eckart and Young 1936)."""
    u, s, v = torch.linalg.svd(difference.double(), full_matrices=False)
    root = s[:rank].sqrt()
    return (root[:, None] * v[:rank]).float(), (u[:, :rank] * root).float()


def _fill(name: str, module: nn.Module, weights: dict[str, Tensor]) -> None:
    """Give one adapted module the tuned weights."""
    if hasattr(module, "lora_A"):
        plain = module.base_layer
        down, up = low_rank(weights[f"{name}.weight"] - plain.weight, module.lora_A["default"].out_features)
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
        return AutoModelForQuestionAnswering.from_pretrained(
            path, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be loaded as a reader ({str(error).splitlines()[0]})") from error


def _weights_sha(base: str) -> str:
    path = Path(base_path(base)) / "model.safetensors"
    if not path.is_file():
        raise ModelError(f"{base}: an adapter's base must be a local folder with model.safetensors")
    return hashlib.sha256(path.read_bytes()).hexdigest()
