"""Train a question encoder and a reader together, from questions and answers alone, on the passages of a live index.

Each step the questions are encoded, their passages found in the index with these vectors, and read; the loss
(`ragqa.train.joint.losses`) then moves both. Passage vectors stay as they are indexed, so nothing needs to be indexed
again; or passages move as well (`ragqa.train.joint.refresh`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

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
from ragqa.train.engine.folder import TrainingFolder
from ragqa.train.engine.job import Job, Plan, Shares, Task
from ragqa.train.engine.processes import Processes
from ragqa.train.engine.recipe import JointRecipe
from ragqa.train.engine.run import train
from ragqa.train.joint.candidates import Candidates, CandidateSource
from ragqa.train.joint.data import JointWindows
from ragqa.train.joint.losses import (
    Divisor,
    answer_log_likelihood,
    at_least_one,
    objective,
    passage_log_probabilities,
    silence,
)
from ragqa.train.joint.model import ENCODER, JointModel, QuestionSide, load_models, save_models
from ragqa.train.joint.refresh import OwnIndex, Refreshing, write_record
from ragqa.types import Question

WEIGHTS = "model.safetensors"


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
        divisor: Divisor = at_least_one,
    ) -> None:
        self.recipe, self.snapshot, self.questions, self.model = recipe, snapshot, questions, model
        self._tokenizer, self._type_ids, self._divisor = tokenizer, type_ids, divisor
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
        answering = objective(loss.objective, retrieval, reading, together, loss.retriever, self._divisor)
        return answering + loss.silence * silence(nothing, reading, self._divisor)

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
        config = Config(read=ReadConfig(passages=self.recipe.data.passages, answers=1, min_score=0.0, form="span"))
        pipeline = Pipeline(self.snapshot, QuestionSide(self.model, self.snapshot), reader, config)
        asked = [self.questions[number] for number in numbers]
        replies = pipeline.ask_many([question.text for question in asked])
        texts = [reply.answers[0].text if reply.answers else "" for reply in replies]
        right = [exact_match(text, question.answers) for text, question in zip(texts, asked, strict=True)]
        return 100.0 * float(np.mean(right))


class JointTask(Task):
    """Encoder and reader with the joint loss. A batch is the numbers of its questions; a step finds all else."""

    def __init__(self, model: JointModel, joint: Joint) -> None:
        super().__init__()
        self.model, self._joint = model, joint

    def forward(self, **batch: Any) -> Tensor:
        """The joint loss of some questions."""
        return self._joint.loss(self.model, batch["numbers"].tolist())


class Numbers:
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


def fit_joint(
    index: str | Path, questions: str | Path, output: str | Path, recipe: JointRecipe, *, device: str = "auto"
) -> Path:
    """Train on a file of questions with answers (any form that evaluation reads) over an index, which is only read.

    Writes ``output/encoder``, for ``--encoder``, and ``output/reader``, for ``--reader``; an unfinished run there goes
    on. With ``method.refresh_every`` the encoder is one for both sides, and ``output/index`` is the index with its
    vectors, ready to be asked. Questions none of whose retrieved passages holds an answer are left out; if that leaves
    none, it is a `TrainingError`.
    """
    return train(JointJob(index, questions, output, recipe), device)


class JointJob(Job):
    """A run of encoder and reader together."""

    recipe: JointRecipe
    metric = "em"

    def __init__(self, index: str | Path, questions: str | Path, output: str | Path, recipe: JointRecipe) -> None:
        self.data, self.folder, self.recipe = [questions], TrainingFolder(output), recipe
        self._index, self._asked = index, questions
        self._snapshot = Snapshot.open(index, parts=())  # what it was made with; `load` opens it to be searched
        self._own: OwnIndex | None = None
        if recipe.method.refresh_every:
            self._own = OwnIndex(self.folder, self.folder.path / ENCODER, recipe.method.refresh_every)
            self._own.check(index)
        self._joint: Any = None
        self._tokenizer: Any = None

    def facts(self) -> dict[str, str]:
        """The vectors of the index."""
        return {"index": self._snapshot.manifest.encoder.fingerprint}

    def load(self, device: torch.device, processes: Processes) -> JointTask:
        """Both models over the index, or over the run's own copy of it."""
        recipe, own = self.recipe, self._own
        if own is None:
            self._snapshot = Snapshot.open(self._index, device=self.device)
        else:
            processes.from_first(lambda: own.begin(self._index))
            own.device = self.device
            self._snapshot = own.open()
        model, self._tokenizer = load_models(recipe, self._snapshot)
        tokenizer = PairTokenizer(self._tokenizer.backend_tokenizer, recipe.data.max_length)
        asked = [question for question in read_questions(self._asked) if question.answers and question.answerable]
        type_ids = "token_type_ids" in self._tokenizer.model_input_names
        self._joint = Joint(recipe, self._snapshot, asked, model, tokenizer, type_ids, processes.mean_count)
        return JointTask(model, self._joint)

    def plan(self, task: Any, optimizer: torch.optim.Optimizer, processes: Processes) -> Plan:
        """The questions that can be learnt from, in the order of the run."""
        joint, own, settings = self._joint, self._own, self.recipe.train
        split = joint.split if own is None else lambda: own.remembered(joint.split)
        training, held_out = processes.from_first(split)
        refreshing = () if own is None else (Refreshing(own, task.model.encoder, joint.use, processes),)
        numbers = Numbers(training, settings.steps * settings.batch_size, settings.seed)
        return Plan(
            batches=Shares(numbers, collate, settings.batch_size // settings.accumulate, processes),
            score=(lambda: {"em": joint.open_em(held_out)}) if settings.eval_every else None,
            callbacks=refreshing,
        )

    def write(self, folder: Path) -> None:
        """Both models' weights, and whose vectors they saw where passages move."""
        weights = {name: value.detach().cpu().contiguous() for name, value in self._joint.model.state_dict().items()}
        save_file(weights, str(folder / WEIGHTS), metadata={"format": "pt"})
        if self._own is not None:
            write_record(folder, self._joint.snapshot)

    def save(self) -> None:
        """Both models in their final form, and the run's own index with the vectors of the finished encoder."""
        own, model = self._own, self._joint.model
        save_models(model, self._tokenizer, None if own is not None else self._snapshot, self.folder.path)
        if own is not None:
            own.complete(model.encoder)
