"""Transformers' trainer with ragqa's batches, steps and checkpoints, for one process or several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import Trainer, TrainerControl, TrainingArguments
from transformers.trainer import DEFAULT_PROGRESS_CALLBACK

from ragqa.errors import TrainingError
from ragqa.train.engine.callbacks import Bar, Patience, Stopper
from ragqa.train.engine.companions import ExactWeights, load_companions, save_companions
from ragqa.train.engine.job import Batch, Job, Plan, Task
from ragqa.train.engine.processes import Processes

_ADVICE = "lower train.lr or set train.bf16=false, and begin again in another folder"
WORKERS = 2  # processes that prepare batches for a GPU


class EngineTrainer(Trainer):
    """Runs a `Plan`.

    It does not wrap the model in DistributedDataParallel. Instead the processes average their gradients at the end of
    each step; so a step may have any number of passes, as adversarial training and cached gradients need. At the same
    point they agree whether a loss was NaN or infinite, and whether somebody asked to stop.
    """

    def __init__(
        self,
        job: Job,
        plan: Plan,
        task: Task,
        optimizer: torch.optim.Optimizer,
        told: TrainingArguments,
        processes: Processes,
    ) -> None:
        self.bar, self.stopping = Bar(), False
        on_gpu, settings = processes.device.type == "cuda", job.recipe.train
        wanted = (WORKERS if on_gpu else 0) if settings.workers is None else settings.workers
        self.workers, self._pinned = wanted if plan.forks else 0, on_gpu and settings.pin_memory is not False
        self._job, self._plan, self._processes = job, plan, processes
        self._companions = (ExactWeights(task), *plan.companions)
        self._broken: Tensor | None = None
        patience = [Patience(job.metric, settings.patience)] if plan.score else []
        super().__init__(
            model=task,
            args=told,
            optimizers=(optimizer, None),
            train_dataset=plan.batches,
            eval_dataset=plan.batches
            if plan.score
            else None,  # transformers wants one; `evaluate` asks the plan instead
            data_collator=_only,
            callbacks=[*plan.callbacks, *patience, *job.callbacks, Stopper(lambda: self.stopping)],
        )
        self.remove_callback(DEFAULT_PROGRESS_CALLBACK)
        self.add_callback(self.bar)

    def create_accelerator_and_postprocess(self) -> None:
        """Set up accelerate so that it does not wrap the task in DistributedDataParallel."""
        super().create_accelerator_and_postprocess()
        prepare = self.accelerator.prepare_model
        self.accelerator.prepare_model = lambda model, **options: prepare(model, **{**options, "evaluation_mode": True})

    def get_train_dataloader(self) -> DataLoader[Batch]:
        """The share that this process has of the run's batches, in order."""
        return DataLoader(
            self._plan.batches, batch_size=1, collate_fn=_only, num_workers=self.workers, pin_memory=self._pinned
        )

    def training_step(self, model: nn.Module, inputs: Batch, num_items_in_batch: Any = None) -> Tensor:
        """The passes of one part of a batch; at a step's end, a loss that is NaN or infinite is a `TrainingError`."""
        model.train()
        loss = self._plan.step(model, self._moved(inputs), self._backward)
        broken = ~torch.isfinite(loss)
        self._broken = broken if self._broken is None else self._broken | broken
        if self.accelerator.sync_gradients:
            self._end_step(loss)
        return loss

    def _moved(self, batch: Batch) -> Batch:
        device = self.args.device
        return {
            name: value.to(device, non_blocking=True) if isinstance(value, Tensor) else value
            for name, value in batch.items()
        }

    def _backward(self, loss: Tensor) -> Tensor:
        part = loss / self.args.gradient_accumulation_steps
        self.accelerator.backward(part)
        return part.detach()

    def _end_step(self, loss: Tensor) -> None:
        assert self._broken is not None
        own, self._broken = bool(self._broken), None
        broken, self.stopping = self._processes.agree(own, self._processes.asked.is_set())
        if broken:
            what = f"the loss became {loss.item()}" if own else "the loss of another process became no number"
            raise TrainingError(f"{what} at step {self.state.global_step + 1}; {_ADVICE}")
        self._processes.average_gradients(self.model.parameters())

    def evaluate(self, *_: Any, metric_key_prefix: str = "eval", **__: Any) -> dict[str, float]:
        """The scores that the plan measures on the current model, the same in all processes."""
        score = self._plan.score
        if score is None:
            return {}
        self.model.eval()
        figures = self._processes.from_first(lambda: dict(score()))
        self.model.train()
        metrics = {f"{metric_key_prefix}_{name}": value for name, value in figures.items()}
        self.log(metrics)
        self.control: TrainerControl = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        for name, parameter in model.named_parameters():
            if parameter.requires_grad and not torch.isfinite(parameter).all():
                raise TrainingError(f"{name} is no longer finite at step {self.state.global_step}; {_ADVICE}")
        super()._save_checkpoint(model, trial)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        if self._processes.first:
            folder = Path(output_dir or self.args.output_dir)
            folder.mkdir(parents=True, exist_ok=True)
            self._job.write(folder)
            save_companions(folder, self._companions)

    def _save_rng_state(self, output_dir: str) -> None:
        super()._save_rng_state(output_dir)
        self._processes.wait()  # all have saved before the trainer's state marks the checkpoint as complete

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        load_companions(Path(resume_from_checkpoint), self._companions)

    def _load_best_model(self) -> None:
        load_companions(Path(self.state.best_model_checkpoint), self._companions)


def _only(batches: list[Batch]) -> Batch:
    """The only element: the loader collates one finished batch at a time."""
    (batch,) = batches
    return batch
