"""What a checkpoint must hold beside the optimizer's state, so that a resumed run equals an uninterrupted one.

One file, ``companions.safetensors``, holds the tensors of all companions: the exact values of the weights being trained
(the model that a job writes for other programs may be in another form, such as an adapter), moving averages, and
AdaLoRA's sensitivities.
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
    """Something that changes during training and whose state a checkpoint must save."""

    name: str

    def state(self) -> Mapping[str, Tensor]:
        """Its tensors, by name."""
        ...

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Set it to what `state` gave earlier."""
        ...


class ExactWeights:
    """A `Companion` that saves the weights being trained, whatever form of the model the job itself writes."""

    name = "weights"

    def __init__(self, model: nn.Module) -> None:
        self.weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}

    def state(self) -> dict[str, Tensor]:
        """The weights by name."""
        return {name: weight.detach() for name, weight in self.weights.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Set the weights to saved ones."""
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(state[name])


def save_companions(folder: Path, companions: Sequence[Companion]) -> None:
    """Write the states of all companions into the folder of a checkpoint."""
    tensors = {
        f"{companion.name}/{key}": value.detach().cpu().clone().contiguous()
        for companion in companions
        for key, value in companion.state().items()
    }
    save_file(tensors, str(folder / COMPANIONS))


def load_companions(folder: Path, companions: Sequence[Companion]) -> None:
    """Restore the states of all companions; a missing, damaged or foreign file is a `SourceError`."""
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
