"""What a checkpoint must hold beside the model and the optimizer, so that a resumed run equals an uninterrupted one.

One file, ``companions.safetensors``, holds the tensors of all companions: the moving weights of every kind of model
exactly as they are (what a job writes for others to read may be another form of them, such as an adapter), moving
averages, AdaLoRA's sensitivities.
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

COMPANIONS = "companions.safetensors"


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
    """A `Companion` with the moving weights of a model, whatever form a job's own checkpoint has."""

    name = "weights"

    def __init__(self, model: nn.Module) -> None:
        self.weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}

    def state(self) -> dict[str, Tensor]:
        """By name."""
        return {name: weight.detach() for name, weight in self.weights.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take them back."""
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(state[name])


def save_companions(folder: Path, companions: Sequence[Companion]) -> None:
    """Write all companions' states."""
    tensors = {
        f"{companion.name}/{key}": value.detach().cpu().clone().contiguous()
        for companion in companions
        for key, value in companion.state().items()
    }
    save_file(tensors, str(folder / COMPANIONS))


def load_companions(folder: Path, companions: Sequence[Companion]) -> None:
    """Give all companions the states they had."""
    tensors = _read(folder / COMPANIONS)
    for companion in companions:
        prefix = f"{companion.name}/"
        own = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        try:
            companion.restore(own)
        except (KeyError, RuntimeError) as error:
            raise SourceError(f"{folder / COMPANIONS}: is not of this run ({error})") from error


def _read(path: Path) -> dict[str, Tensor]:
    try:
        return dict(load_file(str(path)))
    except (OSError, SafetensorError) as error:
        raise SourceError(f"{path}: damaged or missing, so the run cannot go on from here ({error})") from error
