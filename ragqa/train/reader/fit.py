"""Fine-tune an extractive reader.

The result is a standard `AutoModelForQuestionAnswering` checkpoint; with PEFT also its ``adapter/``. Prefix and prompt
tuning cannot be merged: they leave ``base/`` (the base with trained heads) and ``adapter/``, and the folder of both is
what ``--reader`` takes. With a relevance head there is ``relevance.safetensors`` beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModelForQuestionAnswering,
    AutoTokenizer,
    PreTrainedModel,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from ragqa.errors import ModelError
from ragqa.index.fingerprint import index_fingerprint
from ragqa.index.snapshot import Snapshot
from ragqa.models.catalog import reader_fingerprint
from ragqa.models.runtime import ADAPTER, BASE, TITLES, quietly
from ragqa.models.tokenize import PairTokenizer
from ragqa.store.atomic import sha256
from ragqa.train.checkpoints.companions import Companion, ExactWeights, RelevanceHead
from ragqa.train.engine.base import base_path
from ragqa.train.engine.precision import MasterAdamW
from ragqa.train.engine.recipe import ReaderRecipe
from ragqa.train.engine.run import RunFolder, arguments, fit, is_first, settle, use_bf16
from ragqa.train.reader.augment import Paraphrase, Rewordings, paraphrases_of, read_rewordings
from ragqa.train.reader.averaging import MovingAverage
from ragqa.train.reader.data import TrainingQuestion, hold_out, read_sources, tokenize
from ragqa.train.reader.distill import Teachers
from ragqa.train.reader.layers import parameter_groups
from ragqa.train.reader.scoring import Patience, Score, as_reader, choose, open_score, reading_score
from ragqa.train.reader.trainer import ReaderTrainer, WindowCollator
from ragqa.train.reader.tuning import PROMPTS, RankAllocation, Unfreezing, merged, save_adapter, tuned
from ragqa.train.reader.windows import TrainingWindows

HEAD = "relevance_head"


def fit_reader(
    data: Sequence[str | Path],
    output: str | Path,
    recipe: ReaderRecipe | None = None,
    *,
    paraphrase: Paraphrase | None = None,
    callbacks: Sequence[TrainerCallback] = (),
) -> Path:
    """Train on SQuAD-format or mined files and write to ``output``; a run that lies there unfinished goes on.

    ``paraphrase`` gives other wordings of a question; it is called once for each before training, and must give the
    same each time if a resumed run is to equal an uninterrupted one.
    """
    recipe = recipe or ReaderRecipe()
    folder = RunFolder(output)
    told = _arguments(recipe, folder)
    folder.begin(recipe, data, _also(recipe, paraphrase))
    set_seed(recipe.train.seed)
    model, slow_tokenizer = load_base(recipe)
    prepared = _prepare(model, recipe, told.device)
    trainer = _trainer(prepared, slow_tokenizer, told, recipe, data, paraphrase)
    for callback in callbacks:
        trainer.add_callback(callback)
    fit(trainer, folder)
    settle(trainer, prepared.optimizer, prepared.model)
    _finish(prepared, folder, recipe, slow_tokenizer)
    folder.finish()
    return folder.path


def load_base(recipe: ReaderRecipe) -> tuple[PreTrainedModel, Any]:
    """The backbone with fresh span heads and its dropout set, and its tokenizer."""
    path = base_path(recipe.base)
    try:
        config = AutoConfig.from_pretrained(path, trust_remote_code=False)
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout"):
            if hasattr(config, name):
                setattr(config, name, recipe.method.dropout)
        with quietly():
            model = AutoModelForQuestionAnswering.from_pretrained(
                path,
                config=config,
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


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A model with all that moves with it; ``frozen`` are weights that bf16 rounds although they do not move."""

    model: Any
    optimizer: torch.optim.Optimizer
    frozen: Mapping[str, Tensor]
    head: RelevanceHead | None
    companions: tuple[Companion, ...]
    callbacks: tuple[TrainerCallback, ...]


def _also(recipe: ReaderRecipe, paraphrase: Paraphrase | None) -> dict[str, str]:
    """What decides a run's outcome beside recipe and data."""
    also = {}
    if recipe.data.synonyms:
        with suppress(OSError):  # said better when it is read
            also["synonyms"] = sha256(Path(recipe.data.synonyms))
    if recipe.data.held_out_index:
        also["index"] = index_fingerprint(Snapshot.open(recipe.data.held_out_index, parts=("passages",)))
    if recipe.loss.teacher:
        also["teachers"] = ", ".join(reader_fingerprint(name) for name in recipe.loss.teacher)
    if paraphrase is not None:
        also["paraphrase"] = f"{paraphrase.__module__}.{getattr(paraphrase, '__qualname__', type(paraphrase).__name__)}"
    return also


def _arguments(recipe: ReaderRecipe, folder: RunFolder) -> TrainingArguments:
    scored = bool(recipe.train.eval_every)
    return TrainingArguments(
        **arguments(recipe.train, folder),
        train_sampling_strategy="sequential",
        remove_unused_columns=False,
        metric_for_best_model=_metric(recipe) if scored else None,
        greater_is_better=True if scored else None,
    )


def _metric(recipe: ReaderRecipe) -> str:
    return "em" if recipe.data.held_out_index else "f1"


def _prepare(base: PreTrainedModel, recipe: ReaderRecipe, device: torch.device) -> _Prepared:
    method = recipe.method
    model = tuned(base, recipe)
    head = None
    if recipe.loss.relevance:
        head = RelevanceHead(base.config.hidden_size)
        setattr(model, HEAD, head)  # inside the model its gradients are clipped, cleared and gathered with the others
        base._keys_to_ignore_on_save = [f"{HEAD}.{name}" for name in head.state_dict()]
    frozen = {}
    if method.tune != "adalora" and use_bf16(recipe.train):
        frozen = {name: value.detach().clone() for name, value in model.named_parameters() if not value.requires_grad}
        model.to(torch.bfloat16)
    model.to(device)  # before anything copies its weights
    optimizer = _optimizer(model, recipe)
    companions: list[Companion] = []
    callbacks: list[TrainerCallback] = []
    if isinstance(model, PeftModel):
        companions.append(ExactWeights(model))
    if method.tune == "adalora":
        ranks = RankAllocation(model)
        companions.append(ranks)
        callbacks.append(ranks)
    if method.ema:
        average = MovingAverage(method.ema, lambda: _unrounded(model, optimizer))
        companions.append(average)
        callbacks.append(average)
    if method.unfreeze_every:
        callbacks.append(Unfreezing(model, method.unfreeze_every))
    return _Prepared(model, optimizer, frozen, head, tuple(companions), tuple(callbacks))


def _trainer(
    prepared: _Prepared,
    slow_tokenizer: Any,
    told: TrainingArguments,
    recipe: ReaderRecipe,
    data: Sequence[str | Path],
    paraphrase: Paraphrase | None,
) -> ReaderTrainer:
    tokenizer = PairTokenizer(slow_tokenizer.backend_tokenizer, recipe.data.max_length)
    type_ids = "token_type_ids" in slow_tokenizer.model_input_names
    sources = read_sources(data, recipe.loss.places)
    training, held_out = hold_out(sources, recipe.data.held_out, recipe.train.seed)
    windows = TrainingWindows(
        tokenize(sources, training, tokenizer),
        tokenizer,
        recipe.data,
        recipe.train.steps,
        recipe.train.batch_size,
        recipe.train.seed,
        places=recipe.loss.places,
        reword=_rewordings(recipe, training, paraphrase),
    )
    teachers = None
    if recipe.loss.teacher:
        teachers = Teachers.load(
            recipe.loss.teacher, tokenizer, recipe.loss.distill_temperature, titles=recipe.data.titles > 0
        )
    score: Score | None = None
    if recipe.train.eval_every:
        chosen = choose(held_out, recipe.data.held_out_questions, recipe.train.seed)
        wrap = as_reader(tokenizer, type_ids, recipe.data.stride)
        index = recipe.data.held_out_index
        score = open_score(chosen, index, wrap) if index else reading_score(chosen, sources, wrap)
    return ReaderTrainer(
        model=prepared.model,
        optimizers=(prepared.optimizer, None),
        args=told,
        train_dataset=windows,
        eval_dataset=windows if score else None,  # never looked at: `evaluate` has its own questions
        data_collator=WindowCollator(tokenizer, type_ids, teachers),
        callbacks=[*prepared.callbacks, *([Patience(_metric(recipe), recipe.train.patience)] if score else [])],
        processing_class=slow_tokenizer,
        loss=recipe.loss,
        method=recipe.method,
        score=score,
        companions=prepared.companions,
        head=prepared.head,
    )


def _rewordings(
    recipe: ReaderRecipe, training: Sequence[TrainingQuestion], paraphrase: Paraphrase | None
) -> Rewordings | None:
    if not recipe.data.synonyms and paraphrase is None:
        return None
    synonyms = read_rewordings(recipe.data.synonyms) if recipe.data.synonyms else {}
    other = {} if paraphrase is None else paraphrases_of([asked.question for asked in training], paraphrase)
    return Rewordings(synonyms, recipe.data.synonym_share, other)


def _optimizer(model: nn.Module, recipe: ReaderRecipe) -> torch.optim.Optimizer:
    groups = parameter_groups(model, recipe.train.lr, recipe.method.layer_decay)
    options = {"lr": recipe.train.lr, "weight_decay": recipe.train.weight_decay}
    if all(parameter.dtype == torch.bfloat16 for parameter in model.parameters()):
        return MasterAdamW(groups, **options)
    return torch.optim.AdamW(groups, fused=True, **options)


def _unrounded(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The moving weights by name; under bf16 their fp32 copies."""
    copies: dict[int, Tensor] = {}
    if isinstance(optimizer, MasterAdamW):
        copies = {id(own): copy for own, copy in zip(optimizer.working, optimizer.masters, strict=True)}
    moving = copies or {id(weight) for group in optimizer.param_groups for weight in group["params"]}
    return {name: copies.get(id(own), own) for name, own in model.named_parameters() if id(own) in moving}


def _finish(prepared: _Prepared, folder: RunFolder, recipe: ReaderRecipe, tokenizer: Any) -> None:
    """Write what was trained, in its final form."""
    if not is_first():
        return
    model = prepared.model
    for companion in prepared.companions:
        if isinstance(companion, MovingAverage):
            companion.settle(model)
    for companion in prepared.companions:
        if isinstance(companion, RankAllocation):
            companion.prune()
    model.load_state_dict(prepared.frozen, strict=False)  # unrounded, so that they are still the base's
    if prepared.head is not None:
        prepared.head.save(folder.path)
        delattr(model, HEAD)
    target = folder.path / BASE if recipe.method.tune in PROMPTS else folder.path
    if isinstance(model, PeftModel):
        save_adapter(model, folder.path / ADAPTER, recipe.base)
    merged(model).save_pretrained(str(target))
    tokenizer.save_pretrained(str(target))
