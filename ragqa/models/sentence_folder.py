"""What a sentence-transformers folder says that the fast form must know: length limit, prompts and pooling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ragqa.convert import Misfit, convert, read_json
from ragqa.errors import ModelError

Wanted = TypeVar("Wanted")


def length_and_prompts(checkpoint: Path) -> tuple[int | None, dict[str, str]]:
    """Its length limit in tokens and its prompts by name, neither where the folder is of another kind; `ModelError` for
    what has no fast form: other pooling than the mean, prompts for more than questions and passages.
    """
    if not (checkpoint / "modules.json").is_file():
        return None, {}
    folder = _read_settings(checkpoint / "config_sentence_transformers.json", _FolderSettings)
    length = _read_settings(checkpoint / "sentence_bert_config.json", _LengthSettings).max_seq_length
    length = length or _read_settings(checkpoint / "tokenizer_config.json", _TokenizerSettings).model_max_length
    poolings = [_read_table(path) for path in checkpoint.glob("*_Pooling/config.json")]
    prompts = {name: prompt or "" for name, prompt in (folder.prompts or {}).items()}
    if folder.default_prompt_name or any(prompts[name] for name in prompts.keys() - {"query", "document"}):
        raise ModelError(f"{checkpoint}: has prompts for more than questions and passages, which the fast form has not")
    if not all(_pools_by_mean(pooling) for pooling in poolings):
        raise ModelError(f"{checkpoint}: does not pool by the mean, as the fast form does")
    return length if isinstance(length, int) else None, prompts


@dataclass(frozen=True, slots=True)
class _FolderSettings:
    """Of config_sentence_transformers.json: prompts by the kind of text that they stand in front of."""

    prompts: Mapping[str, str | None] | None = None
    default_prompt_name: str | None = None


@dataclass(frozen=True, slots=True)
class _LengthSettings:
    """Of sentence_bert_config.json: a length limit in tokens."""

    max_seq_length: int | None = None


@dataclass(frozen=True, slots=True)
class _TokenizerSettings:
    """Of tokenizer_config.json: a length limit in tokens, or a float where there is none."""

    model_max_length: Any = None


def _read_settings(path: Path, kind: type[Wanted]) -> Wanted:
    """What is wanted of a file; as by default if there is no such file."""
    try:
        return convert(kind, _read_table(path) if path.is_file() else {}, loose=True)
    except Misfit as error:
        raise ModelError(f"{path}: not a usable sentence-transformers folder ({error})") from error


def _read_table(path: Path) -> dict[str, Any]:
    try:
        return read_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not a usable sentence-transformers folder ({error})") from error


def _pools_by_mean(pooling: dict[str, Any]) -> bool:
    """Of both forms that sentence-transformers has written: a list of switches, and a name."""
    switches = [key for key, on in pooling.items() if key.startswith("pooling_mode_") and on is True]
    return (switches or ["pooling_mode_mean_tokens"]) == ["pooling_mode_mean_tokens"] and pooling.get(
        "pooling_mode", "mean"
    ) in ("mean", ["mean"])
