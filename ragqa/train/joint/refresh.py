"""Joint training that moves passages too: the run's own index, whose passages are encoded anew every n steps.

``index/`` in the run's folder begins as a copy of the index that was named, which itself is only read. After each n
steps the encoder as it is then gives all passages new vectors, in a new generation; until that is committed the old one
stands. At the end there is one with those of the finished encoder.

Which vectors a step sees depends on the weights at the last multiple of n alone. There a checkpoint is saved before
anything is encoded, so a refresh that was interrupted is made once more from the same weights; and every checkpoint
names the encoder, by fingerprint, whose vectors its step was trained on.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.utils import logging as bars

from ragqa.convert import convert, plain, read_json
from ragqa.device import AUTO
from ragqa.errors import ConfigError, IndexFormatError, SourceError, TrainingError
from ragqa.index.derive import copy_index, reencode
from ragqa.index.report import Progress, silent
from ragqa.index.snapshot import Snapshot
from ragqa.index.writer import compact
from ragqa.models.encoder import SentenceTransformerEncoder
from ragqa.store.atomic import replace_file, storing
from ragqa.store.layout import Layout
from ragqa.store.manifest import read_manifest
from ragqa.train.engine.folder import TrainingFolder, kept_at
from ragqa.train.engine.processes import Processes

INDEX, QUESTIONS, VECTORS = "index", "questions.json", "vectors.json"
Split = tuple[list[int], list[int]]
Content = TypeVar("Content", "_Questions", "_Vectors")


@dataclass(frozen=True, slots=True)
class _Questions:
    """The content of `QUESTIONS`: numbers of questions in the file that was named."""

    training: tuple[int, ...]
    held_out: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Vectors:
    """The content of `VECTORS`: the fingerprint of the encoder whose vectors a checkpoint's last step saw."""

    fingerprint: str


class OwnIndex:
    """The index of a run whose passages move every ``every`` steps; ``encoder`` is where the result will lie.

    All processes open it; what writes there (`begin`, `remembered`, `refresh`, `complete`) is for the first alone.
    """

    def __init__(self, folder: TrainingFolder, encoder: Path, every: int) -> None:
        self.directory, self.every = folder.path / INDEX, every
        self._folder, self._encoder = folder, encoder
        self.device = AUTO  # where it is searched

    def check(self, source: str | Path) -> None:
        """`ConfigError` if the index to copy is the copy itself."""
        if self.directory.exists() and self.directory.samefile(source):
            raise ConfigError(f"{source}: belongs to a run of training; name the index that it began with")

    def begin(self, source: str | Path) -> None:
        """Copy ``source``, unless the run has come to a checkpoint already."""
        if self._folder.newest() is not None:
            return
        with storing(self.directory):
            shutil.rmtree(self.directory, ignore_errors=True)  # of a run that never came to a checkpoint
        manifest = copy_index(source, self.directory)
        if manifest.live_passages < manifest.rows:
            compact(self.directory, device=self.device)  # what is deleted need not be encoded again and again

    def open(self) -> Snapshot:
        """The generation that the run's newest checkpoint names, or of the copy. `TrainingError` if that is gone."""
        checkpoint = self._folder.newest()
        return self.newest() if checkpoint is None else self._as_left(checkpoint)

    def newest(self) -> Snapshot:
        """Its current generation."""
        return Snapshot.open(self.directory, device=self.device)

    def remembered(self, split: Callable[[], Split]) -> Split:
        """Which questions to train on, and those held out: found once, with the vectors that the run began with."""
        path = self._folder.path / QUESTIONS
        if self._folder.newest() is None:
            training, held_out = split()
            with storing(path):
                replace_file(path, _line(_Questions(tuple(training), tuple(held_out))))
            return training, held_out
        found = _read(path, _Questions)
        return list(found.training), list(found.held_out)

    def refresh(self, model: Any, progress: Progress = silent) -> None:
        """A generation with the vectors of this sentence-transformers model, made unless it is there already."""
        moving = model.training
        try:
            reencode(self.directory, SentenceTransformerEncoder(model), str(self._encoder), progress)
        finally:
            model.train(moving)

    def complete(self, model: Any) -> None:
        """Leave the index with the vectors of the finished encoder, which lies in its place already."""
        try:
            with _Bar(Event(), 0) as bar:
                self.refresh(model, bar)
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt("trained, but passages are not encoded yet; the same command goes on") from error

    def _as_left(self, checkpoint: Path) -> Snapshot:
        layout, wanted = Layout(self.directory), read_record(checkpoint)
        current = layout.current_generation()
        if current is None:
            raise self._gone(checkpoint, wanted)
        if kept_at(checkpoint) % self.every == 0:
            return self.newest()  # its passages are encoded anew before they are used
        for number in sorted((one for one in layout.stored_generations() if one <= current), reverse=True):
            try:
                if read_manifest(layout, number).encoder.fingerprint == wanted:
                    return Snapshot(layout, number, device=self.device)
            except IndexFormatError:
                continue
        raise self._gone(checkpoint, wanted)

    def _gone(self, checkpoint: Path, wanted: str) -> TrainingError:
        return TrainingError(
            f"{self.directory} no longer holds the vectors ({wanted}) that {checkpoint} was trained on: begin again in "
            f"another folder with -o"
        )


def write_record(checkpoint: Path, snapshot: Snapshot) -> None:
    """Put down with a checkpoint whose vectors its last step saw."""
    (checkpoint / VECTORS).write_bytes(_line(_Vectors(snapshot.manifest.encoder.fingerprint)))


def read_record(checkpoint: Path) -> str:
    """The fingerprint that `write_record` put down."""
    return _read(checkpoint / VECTORS, _Vectors).fingerprint


def _line(content: _Questions | _Vectors) -> bytes:
    return f"{json.dumps(plain(content))}\n".encode()


def _read(path: Path, kind: type[Content]) -> Content:
    try:
        return convert(kind, read_json(path.read_bytes()), complete=True)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: damaged or missing, so the run cannot go on from here ({error})") from error


class Refreshing(TrainerCallback):
    """Lets the first process encode the passages anew when it is time, and hands the new generation on in all.

    Whoever asks to stop meanwhile need not wait: the checkpoint of this step is there already.
    """

    def __init__(self, own: OwnIndex, model: Any, hand_on: Callable[[Snapshot], None], processes: Processes) -> None:
        self._own, self._model, self._hand_on, self._processes = own, model, hand_on, processes

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Called by the trainer; also before the first step after a pause."""
        step = state.global_step
        if step and step % self._own.every == 0:
            self._processes.from_first(lambda: self._refresh(step))
            self._hand_on(self._own.newest())
        return control

    def _refresh(self, step: int) -> None:
        with _Bar(self._processes.asked, step) as bar:
            self._own.refresh(self._model, bar)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Called by the trainer: weights that passages are to be encoded with are saved first."""
        if state.global_step % self._own.every == 0:
            control.should_save = True
        return control


class _Bar:
    """A `Progress` on stderr that ends the work when it is asked to stop."""

    def __init__(self, stop: Event, step: int) -> None:
        self._stop, self._step, self._done = stop, step, 0
        self._bar = bars.tqdm(desc="encoding passages", leave=False)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt(f"saved at step {self._step:,}; the same command goes on from there")
        self._bar.total = total
        self._bar.set_description(stage, refresh=False)
        self._bar.update(done - self._done)
        self._done = done
