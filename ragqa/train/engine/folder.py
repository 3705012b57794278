"""The folder of one training run.

It holds ``run.json`` (the recipe, hashes of the data, whether the run is finished), ``steps/checkpoint-N`` during the
run, and in the end the trained model. The same command, given again, resumes from the newest complete checkpoint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ragqa.convert import flatten, read_json
from ragqa.errors import ConfigError, SourceError
from ragqa.store.atomic import replace_file, sha256, storing
from ragqa.train.engine.recipe import Recipe, kind_of

RUN, STEPS = "run.json", "steps"
# Settings that do not change the result, so they may differ when a run is resumed.
NEUTRAL = {"finished", "recipe.train.workers", "recipe.train.pin_memory"}


class TrainingFolder:
    """The folder of one training run. Only the first process of a run writes there."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.steps = self.path / STEPS

    def begin(self, recipe: Recipe, data: Sequence[str | Path] = (), also: Mapping[str, str] | None = None) -> None:
        """Begin the run, or check that the unfinished run in the folder is the same one: the same recipe on the same
        data.

        ``also`` names whatever else decides the result, such as an index' fingerprint. A folder that holds a finished
        run, another run or other files is a `ConfigError` that says what differs. A run that never wrote a checkpoint
        is begun anew.
        """
        facts = {"kind": kind_of(recipe), "recipe": asdict(recipe), "data": _contents(data), **(also or {})}
        if (self.path / RUN).exists() and (self.newest() is not None or self._facts().get("finished")):
            self._compare(json.loads(json.dumps(facts)))
            return
        if self.path.is_dir() and any(self.path.iterdir()) and not (self.path / RUN).exists():
            raise ConfigError(f"{self.path} is not empty and holds no training run: choose another folder with -o")
        self._write({**facts, "finished": False})

    def newest(self) -> Path | None:
        """The last complete checkpoint: one that has the trainer's state, which is the last file to be written."""
        whole = [path.parent for path in self.steps.glob("checkpoint-*/trainer_state.json")]
        return max(whole, key=kept_at, default=None)

    def finish(self) -> None:
        """Record that the trained model is written."""
        self._write({**self._facts(), "finished": True})

    def _compare(self, wanted: dict[str, Any]) -> None:
        held = self._facts()
        if held.get("finished"):
            raise ConfigError(f"{self.path} holds a finished run: choose another folder with -o, or delete it")
        was, now = dict(flatten(held)), dict(flatten(wanted))
        for name in sorted((was.keys() | now.keys()) - NEUTRAL):
            if was.get(name) != now.get(name):
                raise ConfigError(
                    f"{self.path} holds an unfinished run with another {name} ({was.get(name)!r}, now "
                    f"{now.get(name)!r}): go on with the same command, or choose another folder with -o"
                )

    def _facts(self) -> dict[str, Any]:
        try:
            return read_json((self.path / RUN).read_bytes())
        except (OSError, ValueError) as error:
            raise SourceError(f"{self.path / RUN}: not the description of a training run ({error})") from error

    def _write(self, facts: Mapping[str, Any]) -> None:
        with storing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            replace_file(self.path / RUN, (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode())


def kept_at(checkpoint: Path) -> int:
    """The number of the step after which a checkpoint was saved."""
    return int(checkpoint.name.rpartition("-")[2])


def _contents(data: Sequence[str | Path]) -> dict[str, str]:
    for path in map(Path, data):
        if not path.is_file():
            raise SourceError(f"{path}: No such file")
    return {Path(path).name: sha256(Path(path)) for path in data}
