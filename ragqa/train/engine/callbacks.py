"""What every kind of run does after a step: show progress, stop early, stop on request."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import ProgressCallback


class Patience(TrainerCallback):
    """Ends a run when ``patience`` scores in a row are not better than the best before.

    It reads the scores from the trainer's log, which every checkpoint saves, instead of counting. So a run that is
    resumed stops where an uninterrupted one does.
    """

    def __init__(self, metric: str, patience: int) -> None:
        self.metric, self.patience = f"eval_{metric}", patience

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Called by the trainer after it has scored the model."""
        scores = [row[self.metric] for row in state.log_history if self.metric in row]
        if scores and len(scores) - 1 - int(np.argmax(scores)) >= self.patience:
            control.should_training_stop = True
        return control


class Stopper(TrainerCallback):
    """Saves a checkpoint and stops, at the end of the step in which the processes have agreed to stop."""

    def __init__(self, agreed: Callable[[], bool]) -> None:
        self.agreed = agreed

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Called by the trainer."""
        if self.agreed() and state.global_step < state.max_steps:
            control.should_save = control.should_training_stop = True
        return control


class Bar(ProgressCallback):
    """Transformers' progress bar, which writes its log to stderr as well, because stdout is for results."""

    training_bar: Any

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Called by the trainer."""
        if self.training_bar is not None:
            shown = {
                name: f"{value:.4g}" if isinstance(value, float) else value
                for name, value in (logs or {}).items()
                if name != "total_flos"
            }
            self.training_bar.write(str(shown), file=sys.stderr)

    def close(self) -> None:
        """End the bar's line, so that an error message begins on a line of its own."""
        if self.training_bar is not None:
            self.training_bar.close()
            self.training_bar = None
