"""The protocol of a runtime, and loading checkpoints for torch (which needs ``[train]``)."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ragqa.device import AUTO, CPU, gpu_of
from ragqa.errors import ConfigError, MissingExtra, ModelError
from ragqa.models.hub import is_local
from ragqa.models.native import one_line
from ragqa.models.quiet import quietly
from ragqa.models.tokenize import Window

if TYPE_CHECKING:
    import torch

Floats = NDArray[np.float32]
ADAPTER, BASE = "adapter", "base"
TITLES = "reads_titles"  # in the configuration of a reader that was trained to read titles


class Runtime(Protocol):
    """What runs a model's forward pass, whatever library it uses."""

    def run(self, windows: Sequence[Window]) -> list[tuple[Floats, ...]]:
        """Each window's outputs in order, float32, cut to its own length: [l] for readers, [l, dim] for encoders;
        [1] for rerankers.
        """
        ...

    @property
    def prefers_batches(self) -> bool:
        """Whether it runs many windows together faster than one after the other."""
        ...


def require_torch(what: str) -> None:
    """Raise `MissingExtra` unless torch and transformers can be imported."""
    import importlib.util

    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
        raise MissingExtra(what, "train")


def torch_device(name: str = AUTO, place: int = 0) -> torch.device:
    """The torch device that a device name means (see `ragqa.device.gpu_of`, also for ``place``).

    If torch was built without CUDA, "auto" means the CPU, and a GPU that is named is a `ConfigError`.
    """
    import torch

    number = gpu_of(name, place)
    if number is not None and torch.cuda.is_available():
        return torch.device("cuda", number)
    if number is not None and name != AUTO:
        raise ConfigError(f"device {name}: torch {torch.__version__} cannot use it, install a torch that has CUDA")
    return torch.device("cpu")


def load_span_model(name: str) -> tuple[Any, Any]:
    """A transformers checkpoint with trained span heads, from a directory or a hub, and its tokenizer.

    A directory with ``base`` and ``adapter`` holds a base and a trained prompt, which cannot be merged into one
    checkpoint.
    """
    require_torch(f"The reader {name}")
    if is_prompted(name):
        return _load_prompted(Path(name))
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    with one_line(f"{name}: cannot be loaded as a reader"), quietly():
        local = is_local(name)
        model, info = AutoModelForQuestionAnswering.from_pretrained(
            name, trust_remote_code=False, use_safetensors=True, output_loading_info=True, local_files_only=local
        )
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False, local_files_only=local)
    if any("qa_outputs" in key for key in info["missing_keys"]):
        raise ModelError(f"{name}: has no trained span heads; fine-tune it with ragqa train reader")
    return model, tokenizer


def load_pair_model(name: str, **options: Any) -> tuple[Any, Any]:
    """A transformers checkpoint that gives one trained logit to a pair of texts, from a directory or a hub, and its
    tokenizer; ``options`` go to transformers.
    """
    require_torch(f"The reranker {name}")
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

    with one_line(f"{name}: cannot be loaded as a reranker"), quietly():
        options["local_files_only"] = local = is_local(name)
        labels = AutoConfig.from_pretrained(name, trust_remote_code=False, local_files_only=local).num_labels
        if labels != 1:
            raise ModelError(f"{name}: has {labels} labels, a reranker has one: how relevant a passage is")
        model, info = AutoModelForSequenceClassification.from_pretrained(
            name, trust_remote_code=False, use_safetensors=True, output_loading_info=True, **options
        )
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False, local_files_only=local)
    if info["missing_keys"]:
        raise ModelError(f"{name}: has no trained weights for {min(info['missing_keys'])}, so its scores are random")
    return model, tokenizer


def is_prompted(name: str | Path) -> bool:
    """Whether a directory holds a trained prompt (prefix or prompt tuning) and its base."""
    return (Path(name) / ADAPTER / "adapter_config.json").is_file() and (Path(name) / BASE / "config.json").is_file()


def run_with_adapter(shell: Any) -> None:
    """Replace the forward pass of PEFT's model by one whose outputs leave out the virtual tokens.

    PEFT's own forward pass for question answering (0.21) drops token types, and passes an argument under a name that
    transformers 5.24 has changed.
    """
    import torch

    config, base = shell.active_peft_config, shell.get_base_model()
    if not config.is_prompt_learning:
        shell.forward = base.forward
        return
    virtual = config.num_virtual_tokens
    past = "cache" if "cache" in inspect.signature(base.base_model.forward).parameters else "past_key_values"

    def lengthen(array: torch.Tensor, value: int) -> torch.Tensor:
        return torch.cat([array.new_full((len(array), virtual), value), array], dim=1)

    def forward(input_ids: Any, attention_mask: Any, token_type_ids: Any = None, **options: Any) -> Any:
        prompt, mask = shell.get_prompt(len(input_ids)), lengthen(attention_mask, 1)
        kinds = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        if config.peft_type == "PREFIX_TUNING":
            return base(input_ids=input_ids, attention_mask=mask, **kinds, **{past: prompt}, **options)
        words = base.get_input_embeddings()(input_ids)
        embedded = torch.cat([prompt.to(words.dtype), words], dim=1)
        kinds = {name: lengthen(value, 0) for name, value in kinds.items()}
        output = base(inputs_embeds=embedded, attention_mask=mask, **kinds, **options)
        output.start_logits, output.end_logits = output.start_logits[:, virtual:], output.end_logits[:, virtual:]
        if output.hidden_states is not None:
            output.hidden_states = tuple(states[:, virtual:] for states in output.hidden_states)
        return output

    shell.forward = forward


def reads_titles(model: Any) -> bool:
    """Whether a model with span heads was trained to read titles before passages."""
    return bool(getattr(model.config, TITLES, False))


def positions(model: Any) -> int:
    """How many tokens a model has positions for, not counting virtual tokens."""
    config = getattr(model, "active_peft_config", None)
    return int(model.config.max_position_embeddings - getattr(config, "num_virtual_tokens", 0))


def _load_prompted(folder: Path) -> tuple[Any, Any]:
    model, tokenizer = load_span_model(str(folder / BASE))
    try:
        from peft import PeftModel
    except ImportError as error:
        raise MissingExtra(f"The reader {folder}", "train") from error
    with one_line(f"{folder / ADAPTER}: cannot be loaded"):
        shell = PeftModel.from_pretrained(model, str(folder / ADAPTER))
    run_with_adapter(shell)
    return shell, tokenizer


def load_sentence_model(name: str, device: str = CPU) -> Any:
    """A sentence-transformers model on a device, from a directory or a hub."""
    require_torch(f"The encoder {name}")
    from sentence_transformers import SentenceTransformer

    with one_line(f"{name}: cannot be loaded as a sentence-transformers model"), quietly():
        return SentenceTransformer(
            name,
            device=str(torch_device(device)),
            trust_remote_code=False,
            local_files_only=is_local(name),
            model_kwargs={"use_safetensors": True},
        )
