"""Fine-tune an extractive reader.

The result is a standard `AutoModelForQuestionAnswering` checkpoint; with PEFT also its ``adapter/``. Prefix and prompt
tuning cannot be merged: they leave ``base/`` (the base with trained heads) and ``adapter/``, and the folder of both is
what ``--reader`` takes. With a relevance head there is ``relevance.safetensors`` beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, PreTrainedModel, TrainerCallback

from ragqa.errors import ModelError
from ragqa.index.fingerprint import index_fingerprint
from ragqa.index.snapshot import Snapshot
from ragqa.models.catalog import reader_fingerprint, resolve
from ragqa.models.quiet import quietly
from ragqa.models.runtime import ADAPTER, BASE, TITLES
from ragqa.models.tokenize import PairTokenizer
from ragqa.store.atomic import sha256
from ragqa.train.engine.base import config_of
from ragqa.train.engine.companions import Companion
from ragqa.train.engine.folder import TrainingFolder
from ragqa.train.engine.job import Job, Plan, Score, Shares, plain_step
from ragqa.train.engine.precision import unrounded
from ragqa.train.engine.processes import Processes
from ragqa.train.engine.recipe import ReaderRecipe
from ragqa.train.engine.run import train
from ragqa.train.reader.adversary import Adversary
from ragqa.train.reader.augment import Paraphrase, Rewordings, paraphrases_of, read_rewordings
from ragqa.train.reader.averaging import MovingAverage
from ragqa.train.reader.data import Sources, TrainingQuestion, hold_out, read_sources, tokenize
from ragqa.train.reader.distill import Teachers
from ragqa.train.reader.layers import parameter_groups
from ragqa.train.reader.scoring import as_reader, choose, open_score, reading_score
from ragqa.train.reader.task import ReaderTask, WindowCollator
from ragqa.train.reader.tuning import PROMPTS, RankAllocation, Unfreezing, merged, save_adapter, tuned
from ragqa.train.reader.windows import TrainingWindows


def fit_reader(
    data: Sequence[str | Path],
    output: str | Path,
    recipe: ReaderRecipe | None = None,
    *,
    paraphrase: Paraphrase | None = None,
    callbacks: Sequence[TrainerCallback] = (),
    device: str = "auto",
) -> Path:
    """Train on SQuAD-format or mined files and write to ``output``; a run that lies there unfinished goes on.

    ``paraphrase`` gives other wordings of a question; it is called once for each before training, and must give the
    same each time if a resumed run is to equal an uninterrupted one.
    """
    return train(ReaderJob(data, output, recipe or ReaderRecipe(), paraphrase, callbacks), device)


def load_base(recipe: ReaderRecipe) -> tuple[PreTrainedModel, Any]:
    """The backbone with fresh span heads and its dropout set, and its tokenizer."""
    path = resolve(recipe.base, "base").as_posix()
    try:
        with quietly():
            model = AutoModelForQuestionAnswering.from_pretrained(
                path,
                config=config_of(path, recipe.method.dropout),
                trust_remote_code=False,
                use_safetensors=True,
                attn_implementation=recipe.method.attention,
            )
        setattr(model.config, TITLES, recipe.data.titles > 0)
        tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
    except (OSError, ValueError, ImportError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"{recipe.base}: cannot be loaded as a reader ({reason})") from error
    return model, tokenizer


class ReaderJob(Job):
    """A reader's run."""

    recipe: ReaderRecipe

    def __init__(
        self,
        data: Sequence[str | Path],
        output: str | Path,
        recipe: ReaderRecipe,
        paraphrase: Paraphrase | None = None,
        callbacks: Sequence[TrainerCallback] = (),
    ) -> None:
        self.data, self.folder, self.recipe, self.callbacks = data, TrainingFolder(output), recipe, callbacks
        self.metric = "em" if recipe.data.held_out_index else "f1"
        self.rounds = recipe.method.tune != "adalora"
        self._paraphrase = paraphrase
        self._task: Any = None
        self._tokenizer: Any = None
        self._average: MovingAverage | None = None
        self._ranks: RankAllocation | None = None

    def facts(self) -> dict[str, str]:
        """The synonyms, the index that scores, the teachers and the paraphraser."""
        recipe, paraphrase, facts = self.recipe, self._paraphrase, {}
        if recipe.data.synonyms:
            with suppress(OSError):  # said better when it is read
                facts["synonyms"] = sha256(Path(recipe.data.synonyms))
        if recipe.data.held_out_index:
            facts["index"] = index_fingerprint(Snapshot.open(recipe.data.held_out_index, parts=("passages",)))
        if recipe.loss.teacher:
            facts["teachers"] = ", ".join(reader_fingerprint(name) for name in recipe.loss.teacher)
        if paraphrase is not None:
            name = getattr(paraphrase, "__qualname__", type(paraphrase).__name__)
            facts["paraphrase"] = f"{paraphrase.__module__}.{name}"
        return facts

    def load(self, device: torch.device, processes: Processes) -> ReaderTask:
        """The base with span heads, and with the recipe's adapter."""
        base, self._tokenizer = load_base(self.recipe)
        model = tuned(base, self.recipe)
        if self.recipe.method.tune == "adalora":
            assert isinstance(model, PeftModel)
            self._ranks = RankAllocation(model)
        self._task = ReaderTask(model, self.recipe.loss, base.config.hidden_size, self._ranks)
        return self._task  # type: ignore[no-any-return]

    def groups(self, task: Any) -> list[dict[str, Any]]:
        """Rates that fall with depth, where the recipe asks for that."""
        return parameter_groups(task, self.recipe.train.lr, self.recipe.method.layer_decay)

    def plan(self, task: Any, optimizer: torch.optim.Optimizer, processes: Processes) -> Plan:
        """Windows in the order of the run, and the methods that follow it step by step."""
        recipe, settings, method = self.recipe, self.recipe.train, self.recipe.method
        sources = read_sources(self.data, recipe.loss.places)
        training, held_out = hold_out(sources, recipe.data.held_out, settings.seed)
        tokenizer = PairTokenizer(self._tokenizer.backend_tokenizer, recipe.data.max_length)
        type_ids = "token_type_ids" in self._tokenizer.model_input_names
        windows = TrainingWindows(
            tokenize(sources, training, tokenizer),
            tokenizer,
            recipe.data,
            settings.steps,
            settings.batch_size,
            settings.seed,
            places=recipe.loss.places,
            reword=self._rewordings(training),
        )
        teachers = self._teachers(tokenizer)
        if method.ema:
            self._average = MovingAverage(method.ema, lambda: unrounded(task, optimizer))
        remembered: list[Companion] = [one for one in (self._ranks, self._average) if one is not None]
        followers: list[TrainerCallback] = [one for one in (self._ranks, self._average) if one is not None]
        if method.unfreeze_every:
            followers.append(Unfreezing(task, method.unfreeze_every))
        collate = WindowCollator(tokenizer, type_ids, teachers)
        return Plan(
            batches=Shares(windows, collate, settings.batch_size // settings.accumulate, processes),
            score=self._score(held_out, sources, tokenizer, type_ids) if settings.eval_every else None,
            step=plain_step if method.adversary == "none" else Adversary(method),
            companions=tuple(remembered),
            callbacks=tuple(followers),
            forks=teachers is None,  # a teacher reads with threads, or on a GPU, that a forked process has not
        )

    def write(self, folder: Path) -> None:
        """A checkpoint that can be read with; an adapter alone where there is one."""
        self._task.model.save_pretrained(str(folder))
        self._tokenizer.save_pretrained(str(folder))

    def save(self) -> None:
        """The reader in its final form."""
        recipe, folder, model = self.recipe, self.folder.path, self._task.model
        if self._average is not None:
            self._average.settle(self._task)
        if self._ranks is not None:
            self._ranks.prune()
        if self._task.head is not None:
            self._task.head.save(folder)
        target = folder / BASE if recipe.method.tune in PROMPTS else folder
        if isinstance(model, PeftModel):
            save_adapter(model, folder / ADAPTER, recipe.base)
        merged(model).save_pretrained(str(target))
        self._tokenizer.save_pretrained(str(target))

    def _rewordings(self, training: Sequence[TrainingQuestion]) -> Rewordings | None:
        data, paraphrase = self.recipe.data, self._paraphrase
        if not data.synonyms and paraphrase is None:
            return None
        synonyms = read_rewordings(data.synonyms) if data.synonyms else {}
        other = {} if paraphrase is None else paraphrases_of([asked.question for asked in training], paraphrase)
        return Rewordings(synonyms, data.synonym_share, other)

    def _teachers(self, tokenizer: PairTokenizer) -> Teachers | None:
        loss = self.recipe.loss
        if not loss.teacher:
            return None
        titles, heat = self.recipe.data.titles > 0, loss.distill_temperature
        return Teachers.load(loss.teacher, tokenizer, heat, titles=titles, device=self.device)

    def _score(
        self, held_out: Sequence[TrainingQuestion], sources: Sources, tokenizer: PairTokenizer, type_ids: bool
    ) -> Score:
        """EM and F1 on held-out questions; of the moving average, where there is one."""
        data, task, average = self.recipe.data, self._task, self._average
        chosen = choose(held_out, data.held_out_questions, self.recipe.train.seed)
        wrap, index = as_reader(tokenizer, type_ids, data.stride), data.held_out_index
        score = open_score(chosen, index, wrap, self.device) if index else reading_score(chosen, sources, wrap)

        def figures() -> dict[str, float]:
            if average is None:
                return score(task.model)
            with average.shown(task):
                return score(task.model)

        return figures
