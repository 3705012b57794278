"""Model soups: the uniform average of several checkpoints' weights (Wortsman et al. 2022)."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ragqa.convert import convert, read_json
from ragqa.errors import ConfigError, ModelError
from ragqa.store.atomic import storing

WEIGHTS, CONFIG, TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"


@dataclass(frozen=True, slots=True)
class _Architecture:
    """What `CONFIG` says of it."""

    model_type: str
    architectures: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """For a message."""
        return f"{self.model_type} ({', '.join(self.architectures)})"


def soup(checkpoints: Sequence[str | Path], output: str | Path) -> Path:
    """Average checkpoints of one architecture and one tokenizer into a standard checkpoint.

    Averages are made in fp32 and kept in the first one's precision. Other shapes or tokenizers are a `ModelError`,
    fewer than two checkpoints or an existing target a `ConfigError`.
    """
    folders, output = [Path(checkpoint) for checkpoint in checkpoints], Path(output)
    if len(folders) < 2:
        raise ConfigError("a soup needs at least two checkpoints")
    if output.exists():
        raise ConfigError(f"{output} exists already: choose another folder with -o")
    first = folders[0]
    for folder in folders[1:]:
        _check_alike(first, folder)
    total = {name: weight.float() for name, weight in _weights(first).items()}
    kept = {name: weight.dtype for name, weight in _weights(first).items()}
    for folder in folders[1:]:
        weights = _weights(folder)
        _check_shapes(first, total, folder, weights)
        for name, weight in weights.items():
            total[name] += weight.float()
    aside = output.with_name(f"{output.name}.tmp")
    with storing(output):
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for path in sorted(first.glob("*.json")):
            if path.name not in ("run.json", "ragqa.json"):
                shutil.copyfile(path, aside / path.name)
        mean = {name: (weight / len(folders)).to(kept[name]).contiguous() for name, weight in total.items()}
        save_file(mean, str(aside / WEIGHTS), metadata={"format": "pt"})
        aside.replace(output)
    return output


def _check_alike(first: Path, other: Path) -> None:
    one, two = _architecture(first), _architecture(other)
    if one != two:
        raise ModelError(f"{other} is a {two.name}, {first} a {one.name}: a soup is of one architecture")
    if _tokenizer(first) != _tokenizer(other):
        raise ModelError(f"{other} has another tokenizer than {first}: their weights mean different things")


def _check_shapes(first: Path, total: dict[str, Tensor], other: Path, weights: dict[str, Tensor]) -> None:
    if total.keys() != weights.keys():
        name = sorted(total.keys() ^ weights.keys())[0]
        raise ModelError(f"{name} is in only one of {first} and {other}: a soup is of one architecture")
    for name, weight in weights.items():
        if weight.shape != total[name].shape:
            shapes = f"{tuple(weight.shape)} in {other}, {tuple(total[name].shape)} in {first}"
            raise ModelError(f"{name} is {shapes}: a soup is of one architecture")


def _weights(folder: Path) -> dict[str, Tensor]:
    try:
        return dict(load_file(str(folder / WEIGHTS)))
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{folder}: not a standard checkpoint with {WEIGHTS} ({error})") from error


def _architecture(folder: Path) -> _Architecture:
    try:
        return convert(_Architecture, read_json((folder / CONFIG).read_bytes()), loose=True)
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder}: not a standard checkpoint with {CONFIG} ({error})") from error


def _tokenizer(folder: Path) -> str:
    """A hash of what decides how text becomes tokens. Padding and truncation, which a run may have set, do not
    count.
    """
    try:
        content = read_json((folder / TOKENIZER).read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder}: not a standard checkpoint with {TOKENIZER} ({error})") from error
    decisive = {name: part for name, part in content.items() if name not in ("padding", "truncation")}
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
