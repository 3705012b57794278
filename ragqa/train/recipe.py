"""Recipes: TOML files that decide everything about a training run. Copy one, change it, name it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ragqa.config import override, parse_setting, read_toml
from ragqa.errors import ConfigError

RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True, slots=True)
class ReaderRecipe:
    """Everything that decides how a reader is trained; the last ``decay_steps`` bring the rate linearly to 0."""

    base: str = "all-MiniLM-L6-v2"
    seed: int = 1
    steps: int = 5000
    batch_size: int = 32
    learning_rate: float = 3e-4
    weight_decay: float = 0.01
    warmup_steps: int = 200
    decay_steps: int = 2500
    max_length: int = 384
    stride: int = 96
    crop_tokens: int = 0
    crop_until: float = 0.0
    negatives: float = 0.1
    dropout: float = 0.0
    freeze: tuple[str, ...] = ("embeddings",)
    attention: str = "sdpa"
    bf16: bool | None = None
    save_every: int = 500
    eval_every: int = 0
    patience: int = 3
    held_out: float = 0.0
    held_out_questions: int = 1000

    def __post_init__(self) -> None:
        """Reject settings that cannot work before anything is loaded."""
        if min(self.steps, self.batch_size, self.save_every) < 1:
            raise ConfigError("steps, batch_size and save_every must be at least 1")
        if self.warmup_steps + self.decay_steps > self.steps:
            raise ConfigError("warmup_steps + decay_steps must not exceed steps")
        if self.eval_every and not self.held_out:
            raise ConfigError("eval_every needs held_out > 0: the share of articles kept for evaluation")


def load_reader_recipe(name: str, settings: Sequence[str] = ()) -> ReaderRecipe:
    """A packaged recipe by name or a TOML file by path, then ``name=value`` settings; keys and values are checked."""
    packaged = RECIPES / f"{name}.toml"
    path = packaged if packaged.is_file() else Path(name)
    if not path.is_file():
        choice = ", ".join(sorted(recipe.stem for recipe in RECIPES.glob("*.toml")))
        raise ConfigError(f"{name}: neither a recipe file nor a packaged recipe ({choice})")
    return override(ReaderRecipe(), {**read_toml(path), **dict(parse_setting(setting) for setting in settings)})
