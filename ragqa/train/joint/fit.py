"""Train a question encoder and a reader together, from questions and answers alone, on the passages of a live index.

Each step the questions are encoded, their passages found in the index with these vectors, and read; the loss
(`ragqa.train.joint.losses`) then moves both. Passage vectors stay as they are indexed, so nothing needs to be indexed
again; or passages move as well (`ragqa.train.joint.refresh`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import TrainerCallback, TrainingArguments, set_seed

from ragqa.config import Config, ReadConfig, RetrieveConfig
from ragqa.errors import TrainingError
from ragqa.index.snapshot import Snapshot
from ragqa.judging.metrics import exact_match
from ragqa.judging.questions import read_questions
from ragqa.models.reader import SpanReader
from ragqa.models.runtime import reads_titles
from ragqa.models.tokenize import PairTokenizer
from ragqa.models.torch_runtime import TorchRuntime
from ragqa.pipeline import Pipeline
from ragqa.train.engine.recipe import JointRecipe
from ragqa.train.engine.run import RunFolder, Scored, arguments, fit, optimizer_for, settle, use_bf16
from ragqa.train.joint.candidates import Candidates, CandidateSource
from ragqa.train.joint.data import JointWindows
from ragqa.train.joint.losses import OBJECTIVES, answer_log_likelihood, passage_log_probabilities, silence
from ragqa.train.joint.model import ENCODER, JointModel, QuestionSide, load_models, save_models
from ragqa.train.joint.refresh import OwnIndex, Refreshing, write_record
from ragqa.train.reader.scoring import Patience
from ragqa.types import Question


class Joint:
    """Questions over one generation of an index, and the two models that are learning to answer them."""

    def __init__(
        self,
        recipe: JointRecipe,
        snapshot: Snapshot,
        questions: Sequence[Question],
        model: JointModel,
        tokenizer: PairTokenizer,
        type_ids: bool,
    ) -> None:
        self.recipe, self.snapshot, self.questions, self.model = recipe, snapshot, questions, model
        self._tokenizer, self._type_ids = tokenizer, type_ids
        retrieve = RetrieveConfig(depth=recipe.data.depth)
        self._source = CandidateSource(snapshot, questions, retrieve, recipe.data.passages)
        self._windows = JointWindows(questions, tokenizer, recipe.data.stride, titles=reads_titles(model.reader))

    def split(self) -> tuple[list[int], list[int]]:
        """Numbers of the questions to train on, which can be learnt from, and of those held out."""
        rng = np.random.default_rng(self.recipe.train.seed)
        order = rng.permutation(len(self.questions)).tolist()
        count = min(round(self.recipe.data.held_out * len(order)), self.recipe.data.held_out_questions)
        held_out, rest = sorted(order[:count]), sorted(order[count:])
        side = QuestionSide(self.model.eval(), self.snapshot)
        training = self._source.reachable(rest, side.encode_questions([self.questions[number].text for number in rest]))
        self.model.train()
        if not training:
            raise TrainingError(
                f"none of the {len(rest):,} questions finds a passage with its answer in {self.snapshot.directory}: "
                f"index the documents that answer them"
            )
        return training, held_out

    def loss(self, model: JointModel, numbers: Sequence[int]) -> Tensor:
        """The loss of these questions, with gradients for both sides."""
        loss, device = self.recipe.loss, model.device
        vectors = model.encode([self.questions[number].text for number in numbers])
        found = self._source.find(numbers, vectors.detach().cpu().numpy())
        similarity = torch.einsum("bd,bkd->bk", vectors, self._passages(model, found))
        retrieval = passage_log_probabilities(similarity, torch.from_numpy(found.rows >= 0).to(device), loss.scale)
        reading, nothing, together = self._read(model, numbers, found)
        objective = OBJECTIVES[loss.objective](retrieval, reading, together, loss.retriever)
        return objective + loss.silence * silence(nothing, reading)

    def use(self, snapshot: Snapshot) -> None:
        """Find passages in another generation from now on; it must differ in its vectors alone."""
        self.snapshot = snapshot
        self._source.use(snapshot)

    def _passages(self, model: JointModel, found: Candidates) -> Tensor:
        """The vectors [b, k, dim] of the candidates, 0 where there is none: the index' own, or where passages move the
        encoder's, with gradients (as REALM does: Guu et al. 2020).
        """
        if not self.recipe.method.refresh_every:
            return torch.from_numpy(found.vectors).to(model.device)
        rows = sorted(found.passages)
        places = np.searchsorted(rows, found.rows) + 1  # rows of -1 come to 0
        places[found.rows < 0] = 0
        vectors = model.encode_passages([found.passages[row] for row in rows])
        return nn.functional.pad(vectors, (0, 0, 1, 0))[torch.from_numpy(places).to(model.device)]

    def _read(self, model: JointModel, numbers: Sequence[int], found: Candidates) -> tuple[Tensor, Tensor, Tensor]:
        """Log p(answer | question, passage) and log p(no answer | question, passage) [b, k], and log p(answer |
        question, all of its passages) [b].
        """
        step, (b, k) = self._windows.step(numbers, found), found.rows.shape
        feed = {"input_ids": step.batch.ids, "attention_mask": step.batch.mask}
        if self._type_ids:
            feed["token_type_ids"] = step.batch.type_ids
        result = model.reader(**{name: torch.from_numpy(array).to(model.device) for name, array in feed.items()})
        allowed, spans, owner = (
            torch.from_numpy(array).to(model.device) for array in (step.allowed, step.spans, step.owner)
        )
        logits = result.start_logits, result.end_logits, allowed
        alone = answer_log_likelihood(*logits, spans, owner, b * k).reshape(b, k)
        nothing = answer_log_likelihood(*logits, torch.zeros_like(spans[:, :1]), owner, b * k).reshape(b, k)
        return alone, nothing, answer_log_likelihood(*logits, spans, owner // k, b)

    def open_em(self, numbers: Sequence[int]) -> float:
        """EM (percent) of the best answers to these questions, retrieved and read by the models as they are."""
        runtime = TorchRuntime(
            self.model.reader, ("start_logits", "end_logits"), self._tokenizer.pad_id, self._type_ids
        )
        reader = SpanReader(self._tokenizer, runtime, self.recipe.data.stride, titles=reads_titles(self.model.reader))
        config = Config(read=ReadConfig(passages=self.recipe.data.passages, answers=1, min_score=0.0))
        pipeline = Pipeline(self.snapshot, QuestionSide(self.model, self.snapshot), reader, config)
        asked = [self.questions[number] for number in numbers]
        replies = pipeline.ask_many([question.text for question in asked])
        texts = [reply.answers[0].text if reply.answers else "" for reply in replies]
        right = [exact_match(text, question.answers) for text, question in zip(texts, asked, strict=True)]
        return 100.0 * float(np.mean(right))


class JointTrainer(Scored):
    """Batches are question numbers; everything else is found out in the step."""

    def __init__(
        self,
        *args: Any,
        step: Callable[[JointModel, list[int]], Tensor],
        score: Callable[[], float] | None,
        record: Callable[[Path], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._step, self._score, self._record = step, score, record

    def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, **_: Any) -> Any:
        """The joint loss of some questions."""
        loss = self._step(self.accelerator.unwrap_model(model), inputs["numbers"].tolist())
        return (loss, {}) if return_outputs else loss

    def figures(self) -> dict[str, float] | None:
        """Open-domain EM (percent) on the questions held out; where passages move, with those of the last refresh."""
        return self._score and {"em": self._score()}

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """A checkpoint also says which vectors it saw, before the trainer's state, which says that it is whole."""
        super().save_model(output_dir, _internal_call)
        if self._record is not None and _internal_call and output_dir is not None and self.args.should_save:
            self._record(Path(output_dir))


class Numbers(torch.utils.data.Dataset):
    """The questions of a whole run in order: shuffled anew for each pass, drawn once from the seed."""

    def __init__(self, questions: Sequence[int], count: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        passes = -(-count // len(questions))
        drawn = [np.asarray(questions, np.int64)[rng.permutation(len(questions))] for _ in range(passes)]
        self._order = np.concatenate(drawn)[:count]

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, place: int) -> int:
        return int(self._order[place])


def collate(numbers: Sequence[int]) -> dict[str, Tensor]:
    """Question numbers as a batch."""
    return {"numbers": torch.tensor(numbers)}


def fit_joint(index: str | Path, questions: str | Path, output: str | Path, recipe: JointRecipe) -> Path:
    """Train on a file of questions with answers (any form that evaluation reads) over an index, which is only read.

    Writes ``output/encoder``, for ``--encoder``, and ``output/reader``, for ``--reader``; an unfinished run there goes
    on. With ``method.refresh_every`` the encoder is one for both sides, and ``output/index`` is the index with its
    vectors, ready to be asked. Questions none of whose retrieved passages holds an answer are left out; if that leaves
    none, it is a `TrainingError`.
    """
    snapshot = Snapshot.open(index)
    folder = RunFolder(output)
    own = None
    if recipe.method.refresh_every:
        own = OwnIndex(folder, folder.path / ENCODER, recipe.method.refresh_every)
        own.check(index)
    folder.begin(recipe, [questions], {"index": snapshot.manifest.encoder.fingerprint})
    set_seed(recipe.train.seed)
    options = _options(recipe, folder)
    if own is not None:
        with options.main_process_first(local=False):
            snapshot = own.open(index)
    model, tokenizers = load_models(recipe, snapshot)
    untouched = {name: value.detach().clone() for name, value in model.named_parameters() if not value.requires_grad}
    if use_bf16(recipe.train):
        model.to(torch.bfloat16)
    tokenizer = PairTokenizer(tokenizers.backend_tokenizer, recipe.data.max_length)
    asked = [question for question in read_questions(questions) if question.answers and question.answerable]
    joint = Joint(recipe, snapshot, asked, model, tokenizer, "token_type_ids" in tokenizers.model_input_names)
    optimizer, stop = optimizer_for(model, recipe.train), Event()
    trainer = _trainer(joint, options, optimizer, own, stop)
    fit(trainer, folder, stop)
    settle(trainer, optimizer, model)
    model.float().load_state_dict(untouched, strict=False)  # unrounded
    save_models(model, tokenizers, None if own else snapshot, folder.path)
    if own is not None:
        with options.main_process_first(local=False):
            own.complete(model.encoder)
    folder.finish()
    return folder.path


def _options(recipe: JointRecipe, folder: RunFolder) -> TrainingArguments:
    return TrainingArguments(
        **arguments(recipe.train, folder),
        train_sampling_strategy="sequential",
        remove_unused_columns=False,
        metric_for_best_model="em" if recipe.train.eval_every else None,
    )


def _trainer(
    joint: Joint, options: TrainingArguments, optimizer: torch.optim.Optimizer, own: OwnIndex | None, stop: Event
) -> JointTrainer:
    settings = joint.recipe.train
    training, held_out = joint.split() if own is None else own.remembered(joint.split)
    scored = bool(settings.eval_every)
    callbacks: list[TrainerCallback] = [Patience("em", settings.patience)] if scored else []
    if own is not None:
        callbacks.append(Refreshing(own, joint.model.encoder, joint.use, stop))
    return JointTrainer(
        model=joint.model,
        optimizers=(optimizer, None),
        args=options,
        train_dataset=Numbers(training, settings.steps * settings.batch_size, settings.seed),
        eval_dataset=Numbers(training, 1, 0) if scored else None,  # never looked at: `evaluate` has its own questions
        data_collator=collate,
        callbacks=callbacks,
        step=joint.loss,
        score=(lambda: joint.open_em(held_out)) if scored else None,
        record=None if own is None else lambda checkpoint: write_record(checkpoint, joint.snapshot),
    )
