"""What a checkpoint must hold beside the model and the optimizer, so that a resumed run equals an uninterrupted one.

One file, ``companions.safetensors``, holds the tensors of all companions: moving averages, AdaLoRA's sensitivities, and
the exact weights of models that save an adapter only. ``relevance.safetensors`` is the relevance head, which
`AutoModelForQuestionAnswering` would not know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ragqa.errors import SourceError

COMPANIONS, RELEVANCE = "companions.safetensors", "relevance.safetensors"


class Companion(Protocol):
    """Something with a memory of its own."""

    name: str

    def state(self) -> Mapping[str, Tensor]:
        """All it must remember."""
        ...

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from `state`."""
        ...


class ExactWeights:
    """A `Companion` with the moving weights of a model whose own checkpoints hold a form of them only."""

    name = "weights"

    def __init__(self, model: nn.Module) -> None:
        self.weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}

    def state(self) -> dict[str, Tensor]:
        """By name."""
        return {name: weight.detach() for name, weight in self.weights.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take them back."""
        with torch.no_grad():
            for name, value in state.items():
                self.weights[name].copy_(value)


class RelevanceHead(nn.Linear):
    """Tells from position 0 whether the window holds an answer; a `Companion` of its own file."""

    def __init__(self, width: int) -> None:
        super().__init__(width, 1)

    def save(self, folder: Path) -> None:
        """Write ``relevance.safetensors``: weight [1, width] and bias [1] on the last hidden state of position 0."""
        state = {name: value.detach().float().contiguous() for name, value in self.state_dict().items()}
        save_file(state, str(folder / RELEVANCE))

    def load(self, folder: Path) -> None:
        """Read it back."""
        self.load_state_dict(_read(folder / RELEVANCE))


def save_companions(folder: Path, companions: Sequence[Companion]) -> None:
    """Write all companions' states."""
    tensors = {
        f"{companion.name}/{key}": value.detach().cpu().clone().contiguous()
        for companion in companions
        for key, value in companion.state().items()
    }
    if companions:
        save_file(tensors, str(folder / COMPANIONS))


def load_companions(folder: Path, companions: Sequence[Companion]) -> None:
    """Give all companions the states they had."""
    tensors = _read(folder / COMPANIONS) if companions else {}
    for companion in companions:
        prefix = f"{companion.name}/"
        own = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        companion.restore(own)


def _read(path: Path) -> dict[str, Tensor]:
    try:
        return dict(load_file(str(path)))
    except (OSError, SafetensorError) as error:
        raise SourceError(f"{path}: damaged or missing, so the run cannot go on from here ({error})") from error
