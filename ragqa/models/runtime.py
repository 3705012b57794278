"""Where a model runs: onnxruntime (core install) or torch (with ``[train]``). Batches in, float32 arrays out."""

from __future__ import annotations

import inspect
import logging
import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ragqa.device import AUTO, gpu_of
from ragqa.errors import ConfigError, MissingExtra, ModelError
from ragqa.models.native import one_line
from ragqa.models.tokenize import Batch, Window, pad

if TYPE_CHECKING:
    import torch

Floats = NDArray[np.float32]
ADAPTER, BASE = "adapter", "base"
TITLES = "reads_titles"  # in the configuration of a checkpoint that has learnt with titles before its passages


class Runtime(Protocol):
    """A forward pass."""

    def run(self, windows: Sequence[Window]) -> list[tuple[Floats, ...]]:
        """Each window's outputs in order, float32, cut to its own length: [l] for readers, [l, dim] for encoders;
        [1] for rerankers.
        """
        ...


class OnnxRuntime:
    """A ``model.onnx`` file under onnxruntime; safe to use from several threads.

    Each window runs alone: dynamic quantization scales activations over the whole input, so a batch would make a
    window's result depend on its neighbours. Alone it is the same in every batch, and nothing is padded. A few windows
    run one after the other on all cores; of many each core takes its own, which wastes less on waiting for the others.
    """

    def __init__(self, path: str | Path) -> None:
        self.path, self._cores = Path(path), available_cores()
        self.session = self._open(self._cores)
        with one_line(f"{self.path}: not a usable ONNX model"):
            self.inputs = {item.name for item in self.session.get_inputs()}
            self.outputs = tuple(item.name for item in self.session.get_outputs())
        self._opening = threading.Lock()
        self._narrow: Any = None

    def run(self, windows: Sequence[Window]) -> list[tuple[Floats, ...]]:
        """Each window's outputs in order."""
        if self._cores == 1 or len(windows) < 2 * self._cores:
            return [self._run_one(self.session, window) for window in windows]
        session, pool = self._one_core_session(), ThreadPoolExecutor(self._cores)
        try:
            return list(pool.map(lambda window: self._run_one(session, window), windows))
        finally:
            pool.shutdown(cancel_futures=True)  # an interrupt waits for what is running, not for all

    def _one_core_session(self) -> Any:
        """Opened when it is first needed, as it holds the weights a second time."""
        with self._opening:
            if self._narrow is None:
                self._narrow = self._open(1)
            return self._narrow

    def _open(self, threads: int) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # errors are raised, and told once
        # Threads that spin while they wait take the core from the next model, and from FAISS.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        onnxruntime.set_default_logger_severity(4)
        with one_line(f"{self.path}: not a usable ONNX model"):
            return onnxruntime.InferenceSession(
                str(self.path),
                options,
                providers=["CPUExecutionProvider"],
                enable_fallback=0,  # to the same, after printing to stdout
            )

    def _run_one(self, session: Any, window: Window) -> tuple[Floats, ...]:
        arrays = {
            "input_ids": window.ids[None],
            "attention_mask": np.ones((1, len(window.ids)), np.int64),
            "token_type_ids": window.type_ids[None],
        }
        with one_line(f"{self.path}: cannot take these {len(window.ids)} tokens"):
            outputs = session.run(None, {name: array for name, array in arrays.items() if name in self.inputs})
            numbers = tuple(np.asarray(output[0], np.float32) for output in outputs)
        if not all(np.isfinite(output).all() for output in numbers):
            raise ModelError(f"{self.path}: gives results that are no numbers (NaN or infinite)")
        return numbers


class TorchRuntime:
    """A transformers model under torch, on a GPU where there is one, in batches of similar length."""

    def __init__(
        self, model: Any, outputs: tuple[str, ...], pad_id: int, type_ids: bool, batch_tokens: int = 8192
    ) -> None:
        import torch

        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = model.to(self.device).eval()
        self.outputs, self.pad_id, self.type_ids, self.batch_tokens = outputs, pad_id, type_ids, batch_tokens

    def run(self, windows: Sequence[Window]) -> list[tuple[Floats, ...]]:
        """Each window's outputs in order."""
        results: list[tuple[Floats, ...]] = [()] * len(windows)
        for rows in batches_by_length([len(window.ids) for window in windows], self.batch_tokens):
            outputs = self._run_batch(pad([windows[row] for row in rows], self.pad_id))
            for position, row in enumerate(rows):
                results[row] = tuple(output[position, : len(windows[row].ids)] for output in outputs)
        return results

    def _run_batch(self, batch: Batch) -> tuple[Floats, ...]:
        import torch

        feed = {"input_ids": batch.ids, "attention_mask": batch.mask}
        if self.type_ids:
            feed["token_type_ids"] = batch.type_ids
        with torch.inference_mode():
            result = self.model(**{name: torch.from_numpy(array).to(self.device) for name, array in feed.items()})
        return tuple(getattr(result, name).float().cpu().numpy() for name in self.outputs)


def batches_by_length(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Positions in batches of similar length, longest first; padded to its longest a batch holds ``budget`` at most."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and lengths[batch[0]] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def require_torch(what: str) -> None:
    """Raise `MissingExtra` unless torch and transformers can be imported."""
    import importlib.util

    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
        raise MissingExtra(what, "train")


def torch_device(name: str = AUTO, place: int = 0) -> torch.device:
    """The device of a name for torch (see `ragqa.device.gpu_of`, also for ``place``).

    Where torch was built without CUDA "auto" is the processor, and a GPU that was asked for by name a `ConfigError`.
    """
    import torch

    number = gpu_of(name, place)
    if number is not None and torch.cuda.is_available():
        return torch.device("cuda", number)
    if number is not None and name != AUTO:
        raise ConfigError(f"device {name}: torch {torch.__version__} cannot use it, install a torch that has CUDA")
    return torch.device("cpu")


@contextmanager
def quietly() -> Iterator[None]:
    """Without the bars, remarks and warnings of torch, transformers and their kin, which speak to developers.

    Callers check for themselves what they need; errors are raised all the same.
    """
    from transformers.utils import logging as bars

    shown, below = bars.is_progress_bar_enabled(), logging.root.manager.disable
    bars.disable_progress_bar()
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(below)
        if shown:
            bars.enable_progress_bar()


def load_span_model(name: str) -> tuple[Any, Any]:
    """A transformers checkpoint with trained span heads, from a directory or a hub, and its tokenizer.

    A directory with ``base`` and ``adapter`` is a base under a trained prompt, which has no single checkpoint.
    """
    require_torch(f"The reader {name}")
    if is_prompted(name):
        return _load_prompted(Path(name))
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    with one_line(f"{name}: cannot be loaded as a reader"), quietly():
        model, info = AutoModelForQuestionAnswering.from_pretrained(
            name, trust_remote_code=False, use_safetensors=True, output_loading_info=True
        )
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
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
        labels = AutoConfig.from_pretrained(name, trust_remote_code=False).num_labels
        if labels != 1:
            raise ModelError(f"{name}: has {labels} labels, a reranker has one: how relevant a passage is")
        model, info = AutoModelForSequenceClassification.from_pretrained(
            name, trust_remote_code=False, use_safetensors=True, output_loading_info=True, **options
        )
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    if info["missing_keys"]:
        raise ModelError(f"{name}: has no trained weights for {min(info['missing_keys'])}, so its scores are random")
    return model, tokenizer


def is_prompted(name: str | Path) -> bool:
    """Whether a directory holds a trained prompt (prefix or prompt tuning) and its base."""
    return (Path(name) / ADAPTER / "adapter_config.json").is_file() and (Path(name) / BASE / "config.json").is_file()


def run_with_adapter(shell: Any) -> None:
    """Give PEFT's model a forward pass whose outputs are those of the text alone, without virtual tokens.

    PEFT's own for question answering (0.21) leaves token types out, and asks for an argument by a name that
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
    """Whether a model with span heads has learnt with titles before its passages."""
    return bool(getattr(model.config, TITLES, False))


def positions(model: Any) -> int:
    """The longest text that a model has positions for, virtual tokens taken off."""
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


def load_sentence_model(name: str) -> Any:
    """A sentence-transformers model, from a directory or a hub."""
    require_torch(f"The encoder {name}")
    from sentence_transformers import SentenceTransformer

    with one_line(f"{name}: cannot be loaded as a sentence-transformers model"), quietly():
        return SentenceTransformer(name, trust_remote_code=False, model_kwargs={"use_safetensors": True})


def available_cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
