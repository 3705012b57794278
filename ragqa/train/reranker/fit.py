"""Fine-tune a reranker (a cross-encoder) on mined passages.

The result is a standard `AutoModelForSequenceClassification` checkpoint with one label, as ``--reranker`` takes it and
`ragqa export` makes fast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel, TrainerCallback

from ragqa.errors import ModelError, TrainingError
from ragqa.mining.pairs import Pairing
from ragqa.models.catalog import resolve
from ragqa.models.quiet import quietly
from ragqa.models.reranker import CrossEncoder
from ragqa.models.runtime import positions
from ragqa.models.tokenize import PairTokenizer
from ragqa.models.torch_runtime import TorchRuntime
from ragqa.store.atomic import storing
from ragqa.train.engine.base import config_of
from ragqa.train.engine.folder import TrainingFolder
from ragqa.train.engine.job import Job, Plan, Shares
from ragqa.train.engine.processes import Processes
from ragqa.train.engine.recipe import RerankerRecipe
from ragqa.train.engine.run import train
from ragqa.train.reranker.task import PairCollator, RerankerTask
from ragqa.train.retriever.batches import DrawnPairing, draw_batches
from ragqa.train.retriever.data import Note, read_file, split_questions


def fit_reranker(
    data: Sequence[str | Path],
    output: str | Path,
    recipe: RerankerRecipe | None = None,
    *,
    callbacks: Sequence[TrainerCallback] = (),
    note: Note = lambda line: None,
    device: str = "auto",
) -> Path:
    """Train on mined files (or SQuAD-format files, whose negatives are passages of other questions); write ``output``.

    A run that lies there unfinished goes on. ``note`` is told what was left out of the data.
    """
    return train(RerankerJob(data, output, recipe or RerankerRecipe(), callbacks, note), device)


class RerankerJob(Job):
    """A reranker's run."""

    recipe: RerankerRecipe
    metric = "mrr"

    def __init__(
        self,
        data: Sequence[str | Path],
        output: str | Path,
        recipe: RerankerRecipe,
        callbacks: Sequence[TrainerCallback] = (),
        note: Note = lambda line: None,
    ) -> None:
        self.data, self.folder, self.recipe, self.callbacks = data, TrainingFolder(output), recipe, callbacks
        self._note = note
        self._model: Any = None
        self._slow: Any = None
        self._training: list[Pairing] = []
        self._held_out: list[Pairing] = []

    def load(self, device: torch.device, processes: Processes) -> RerankerTask:
        """The base with a fresh head of one logit, and the questions that a passage answers."""
        recipe = self.recipe
        pairings = [pairing for path in self.data for pairing in read_file(Path(path))]
        usable = [pairing for pairing in pairings if pairing.positives]
        if not usable:
            raise TrainingError(f"none of the {len(pairings):,} questions in the data has a passage that answers it")
        if len(usable) < len(pairings) and processes.first:
            self._note(f"{len(pairings) - len(usable):,} of {len(pairings):,} questions left out: no passage answers")
        self._training, self._held_out = split_questions(usable, recipe.data.held_out, recipe.train.seed)
        self._model, self._slow = load_base(recipe)
        return RerankerTask(self._model, recipe.loss.objective, 1 + recipe.data.negatives)

    def plan(self, task: Any, optimizer: torch.optim.Optimizer, processes: Processes) -> Plan:
        """Questions with their passages, in the order of the run."""
        recipe, settings = self.recipe, self.recipe.train
        tokenizer = PairTokenizer(
            self._slow.backend_tokenizer,
            min(recipe.data.max_length, positions(self._model), self._slow.model_max_length),
        )
        type_ids = "token_type_ids" in self._slow.model_input_names
        size = settings.batch_size // settings.accumulate
        batches = draw_batches(
            self._training,
            settings.steps * settings.accumulate,
            size,
            recipe.data.negatives,
            settings.seed,
            in_batch=False,
        )
        rows = [draw for batch in batches for draw in batch]
        score = self._score(tokenizer, type_ids) if settings.eval_every else None
        return Plan(Shares(rows, PairCollator(tokenizer, type_ids), size, processes), score)

    def write(self, folder: Path) -> None:
        """A checkpoint that can be reranked with."""
        self._model.save_pretrained(str(folder))
        self._slow.save_pretrained(str(folder))

    def save(self) -> None:
        """The same, in its final form."""
        with storing(self.folder.path):
            self.write(self.folder.path)

    def _score(self, tokenizer: PairTokenizer, type_ids: bool) -> Callable[[], dict[str, float]]:
        """Mean reciprocal rank and top-1 accuracy (in percent) of held-out questions' passages, as drawn once."""
        data, model = self.recipe.data, self._model
        count = min(len(self._held_out), data.held_out_questions)
        chosen = self._held_out[:count]
        (draws,) = draw_batches(chosen, 1, count, data.negatives, self.recipe.train.seed, in_batch=False)

        def figures() -> dict[str, float]:
            runtime = TorchRuntime(model, ("logits",), tokenizer.pad_id, type_ids)
            return ranks_of(CrossEncoder(tokenizer, runtime), draws)

        return figures


def ranks_of(reranker: CrossEncoder, draws: Sequence[DrawnPairing]) -> dict[str, float]:
    """Mean reciprocal rank and top-1 accuracy (in percent) of each question's positive among its passages.

    Ties count against it.
    """
    asked = [draw.pairing.question for draw in draws for _ in draw.passages]
    logits = reranker.score(asked, [one.retrieval_text for draw in draws for one in draw.passages])
    table = np.array(logits, np.float64).reshape(len(draws), -1)
    ranks = 1 + (table[:, 1:] >= table[:, :1]).sum(axis=1)
    return {"mrr": 100 * float((1 / ranks).mean()), "top1": 100 * float((ranks == 1).mean())}


def load_base(recipe: RerankerRecipe) -> tuple[PreTrainedModel, Any]:
    """The backbone with a head of one logit (a fresh one, or that of a reranker), what moves marked; its tokenizer."""
    path = resolve(recipe.base, "base").as_posix()
    try:
        config = config_of(path, recipe.method.dropout)
        config.num_labels = 1
        with quietly():
            model = AutoModelForSequenceClassification.from_pretrained(
                path, config=config, trust_remote_code=False, use_safetensors=True
            )
        tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{recipe.base}: cannot be loaded as a reranker ({reason})") from error
    frozen = set(recipe.method.freeze)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = frozen.isdisjoint(name.split("."))
    return model, tokenizer
